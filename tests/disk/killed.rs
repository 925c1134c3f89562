//! A process that is killed while it writes, fifty times in one folder.

use crate::model::{Note, State, states};
use crate::writer;
use buttress::disk::{Lines, Loaded, lines};
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;
use std::process::Stdio;

const KILLS: u64 = 50;

/// Numbers that look like dice, the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// Starts the writer, kills it while it is at work, and says what it had told to be done by then.
fn until_killed(what: &str, folder: &Path, dice: &mut Dice) -> u64 {
    let mut child = writer(what, folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut done = 0;
    for _ in 0..=dice.roll(8) {
        done = told.next().expect("it ended by itself").unwrap().parse().unwrap();
    }
    // Somewhere in what it does next.
    for _ in 0..dice.roll(300_000) {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    told.map(|line| line.unwrap().parse().unwrap()).last().unwrap_or(done)
}

#[test]
fn g5_a_state_is_the_last_or_the_one_after_whenever_the_process_is_killed() {
    let (folder, mut dice) = (tempfile::tempdir().unwrap(), Dice(0x5eed_0001));
    let file = states(folder.path());
    file.save(&State::new(0)).unwrap();
    let mut left_behind = 0;
    for round in 0..KILLS {
        let done = until_killed("states", folder.path(), &mut dice);
        left_behind += fs::read_dir(folder.path()).unwrap().count() - 1;
        match file.load::<State>() {
            // It was saved and not told yet.
            Loaded::Found(state, _) => assert!((done..=done + 1).contains(&state.number()), "round {round}"),
            other => panic!("round {round}: {other:?}"),
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "what was in the making is taken away");
    }
    assert!(left_behind > 0, "it was never killed in the middle of it");
}

#[test]
fn h20_lines_go_on_behind_the_last_whole_one_whenever_the_process_is_killed() {
    let (folder, mut dice) = (tempfile::tempdir().unwrap(), Dice(0x5eed_0002));
    let config = lines::Config::builder().read_back(100_000).build().unwrap();
    for round in 0..KILLS {
        let done = until_killed("lines", folder.path(), &mut dice);
        let torn = round % 2;
        if torn == 1 {
            tear(folder.path(), &mut dice);
        }
        let (_, before) = Lines::<Note>::open(folder.path(), "notes", config).unwrap();
        let last = before.lines.last().unwrap().number;
        assert!(last + torn >= done, "round {round}: {last} of {done}");
        // Each was there once, and as it was.
        let expected = (1..=last).map(Note::new);
        assert!(before.lines.into_iter().eq(expected), "round {round}");
        assert_eq!((before.foreign, before.unreadable), (0, 0));
    }
}

/// Takes away a part of the last line, as a power cut does.
fn tear(folder: &Path, dice: &mut Dice) {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let newest = paths.filter(|path| path.extension().is_some()).filter(|path| !is_lock(path)).max().unwrap();
    let text = fs::read(&newest).unwrap();
    let Some(whole) = text.strip_suffix(b"\n") else { return };
    let start = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let cut = start as u64 + dice.roll((text.len() - start) as u64);
    fs::OpenOptions::new().write(true).open(newest).unwrap().set_len(cut).unwrap();
}

fn is_lock(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "lock")
}

#[test]
fn h20_a_second_process_is_refused_until_the_first_one_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = writer("lines", folder.path()).stdout(Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    let open = || Lines::<Note>::open(folder.path(), "notes", lines::Config::default());
    let refused = open().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ResourceBusy);
    let lock = folder.path().join(".notes.lock");
    let said =
        format!("cannot keep `notes` in {}: {} is held by another", folder.path().display(), lock.display());
    assert_eq!(refused.to_string(), said);
    child.kill().unwrap();
    child.wait().unwrap();
    open().unwrap();
}
