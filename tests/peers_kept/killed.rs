//! A process that is killed while it saves.

use crate::{HOUR, folder};
use buttress_reputation::Config;
use buttress_reputation::persist::{Found, Kept};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{env, thread};

/// Set for the process that is to be killed: where its peers are.
const PATH: &str = "BUTTRESS_TEST_PEERS";

/// How often it saves, in milliseconds.
const EVERY: u64 = 5;

/// Peers that each do one thing between two times that it says how much they did.
const PEERS: u64 = 100;

fn open(path: &Path) -> Kept {
    Kept::open(path, "swarm", Config::default()).every(Duration::from_millis(EVERY))
}

/// What all of them did.
fn done(kept: &Kept) -> u64 {
    kept.ledger().peers().iter().map(|(_, peer)| peer.successful_syncs).sum()
}

/// What the process does that is killed: has its peers do well without end, and says how much they did.
#[test]
fn the_child_of_the_next_test() {
    let Some(path) = env::var_os(PATH) else { return };
    let kept = open(Path::new(&path));
    assert!(kept.ledger().ban("mallory", "spam", 100 * HOUR));
    let names: Vec<_> = (0..PEERS).map(|peer| peer.to_string()).collect();
    let mut said = std::io::stdout().lock();
    let mut total = done(&kept);
    loop {
        names.iter().for_each(|name| kept.ledger().record_success(name, Duration::from_millis(1)));
        total += PEERS;
        // Who is gone need not hear it.
        if writeln!(said, "done {total} saved {}", kept.saves().saved).is_err() {
            return;
        }
    }
}

#[test]
fn g5_w60_killed_at_50_random_moments_the_next_start_has_a_recent_state_or_none() {
    let (_folder, path) = folder();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut known = 0;
    for round in 0..50 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let life = Duration::from_micros(1_000 + (random >> 33) % 60_000);
        // Most live until they have saved some times, so that something is known of what they left; others die at any moment.
        let after = if round % 5 == 0 { 0 } else { 4 };
        let (saved, said) = live_and_die(&path, after, life);
        assert!(after == 0 || saved > known, "round {round}: it said nothing between two times it saved");
        let kept = open(&path);
        let total = done(&kept);
        match kept.found() {
            Found::State { .. } => assert!(kept.ledger().is_banned("mallory"), "round {round}"),
            Found::Nothing => assert_eq!(known, 0, "round {round}: it was there before"),
            lost => panic!("round {round}: {lost:?}"),
        }
        // All that was saved before the last word, and at most one round more than it said.
        assert!(total >= saved.max(known), "round {round}: {total} are left of {saved}, {known} before");
        assert!(total <= said.max(known) + PEERS, "round {round}: {total}, it said {said}");
        known = total;
    }
}

/// Lets the child live for so long after it had saved so often; what it had when it had saved last before its last word, and what it
/// said last.
fn live_and_die(path: &Path, after: usize, life: Duration) -> (u64, u64) {
    let child = env::current_exe().unwrap();
    let mut child = Command::new(child)
        .args(["--exact", "killed::the_child_of_the_next_test", "--nocapture", "--test-threads=1"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let words = BufReader::new(child.stdout.take().unwrap());
    let (sender, receiver) = channel();
    let reader = thread::spawn(move || {
        // What it said last, and for each number of times saved what it said last by then.
        let (mut said, mut by_times) = (0, Vec::<u64>::new());
        for line in words.lines() {
            // The last line may be half a line.
            let Ok(line) = line else { break };
            let Some(rest) = line.rsplit_once("done ").map(|(_, rest)| rest) else { continue };
            let Some((done, times)) = rest.split_once(" saved ") else { continue };
            let (Ok(done), Ok(times)) = (done.parse::<u64>(), times.parse::<usize>()) else { continue };
            by_times.resize(by_times.len().max(times + 1), said);
            (by_times[times], said) = (done, done);
            if times >= after {
                let _ = sender.send(());
            }
        }
        // While it had saved so many times less two, the last time had not begun.
        let saved = by_times.len().checked_sub(3).map_or(0, |times| by_times[times]);
        (saved, said)
    });
    receiver.recv().expect("it records");
    let deadline = thread::spawn(move || {
        // The wait itself is the random moment.
        let (_held, never) = channel::<()>();
        assert_eq!(never.recv_timeout(life), Err(RecvTimeoutError::Timeout));
    });
    deadline.join().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}
