//! A process that writes until it is killed, or until its disk is full.

#![allow(clippy::unwrap_used, reason = "it fails by panicking")]

mod model;

use buttress::Tick;
use buttress::disk::{Lines, Loaded, StateFile, lines};
use model::{Note, State, states};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let folder = Path::new(&arguments[2]);
    match arguments[1].as_str() {
        "states" => save_states(folder),
        "lines" => write_lines(folder),
        "full" => fill(folder),
        "read-only" => find_read_only(folder),
        other => panic!("what is `{other}`?"),
    }
}

/// Says what is done, at once.
fn tell(number: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{number}").unwrap();
    out.flush().unwrap();
}

fn save_states(folder: &Path) {
    let file = states(folder);
    let mut number = match file.load::<State>() {
        Loaded::Found(state, _) => state.number(),
        other => panic!("{other:?}"),
    };
    loop {
        number += 1;
        file.save(&State::new(number)).unwrap();
        tell(number);
    }
}

fn write_lines(folder: &Path) {
    let config = lines::Config::builder().unlimited().segment_bytes(256 << 10).build().unwrap();
    let (lines, before) = Lines::<Note>::open(folder, "notes", config).unwrap();
    let mut number = before.lines.last().map_or(0, |note| note.number);
    loop {
        for _ in 0..20 {
            number += 1;
            assert_eq!(lines.push(Note::new(number), Tick::ZERO), lines::Pushed::Queued);
        }
        assert!(lines.flush(LONG));
        tell(number);
    }
}

/// On a disk that has room for little: it gets full, and somebody makes room.
fn fill(folder: &Path) {
    let ballast = folder.join("ballast");
    fs::write(&ballast, vec![0; 24 << 10]).unwrap();
    let file = states(folder);
    file.save(&State::new(1)).unwrap();

    let config = lines::Config::builder().unlimited().build().unwrap();
    let (lines, _) = Lines::<Note>::open(folder, "notes", config).unwrap();
    let mut number = 0;
    // A disk that is not full takes what there is within that time.
    while lines.snapshot().trouble.is_none() && lines.flush(Duration::from_millis(100)) {
        number += 1;
        assert_eq!(lines.push(Note::new(number), Tick::ZERO), lines::Pushed::Queued);
        assert!(number < 1_000, "it is never full");
    }
    let trouble = lines.snapshot();
    assert!(trouble.errors > 0 && trouble.written > 0, "{trouble:?}");
    let full = file.save(&State::new(2)).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    assert!(matches!(file.load::<State>(), Loaded::Found(state, _) if state.number() == 1));

    fs::remove_file(ballast).unwrap();
    assert!(lines.flush(LONG), "{:?}", lines.snapshot());
    file.save(&State::new(2)).unwrap();
    drop(lines);
    let (_, after) = Lines::<Note>::open(folder, "notes", config).unwrap();
    assert!(after.lines.iter().map(|note| note.number).eq(1..=number), "{after:?}");
    assert_eq!(after.foreign, 0);
    println!("{number} lines, {} errors: {}", trouble.errors, trouble.trouble.unwrap());
}

/// Where nothing can be written, and the state that is there is of no use.
fn find_read_only(folder: &Path) {
    let file = StateFile::new(folder.join("state"), "state", 1);
    for _ in 0..2 {
        let Loaded::Unusable { why, put_aside: None } = file.load::<State>() else {
            panic!("it was put aside")
        };
        assert_eq!(why.to_string(), "it is not a state file");
    }
    assert_eq!(file.save(&State::new(1)).unwrap_err().kind(), ErrorKind::ReadOnlyFilesystem);
    let refused = Lines::<Note>::open(folder, "notes", lines::Config::default()).unwrap_err();
    println!("{refused}");
}
