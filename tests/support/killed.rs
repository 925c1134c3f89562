//! A process that saves while it works, and is killed at fifty random moments.
//!
//! It is this very program, run for one test that never ends: that one works where [`place`] is set and is over at once elsewhere.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{env, thread};

/// Set for the process that is to be killed.
const PLACE: &str = "BUTTRESS_TEST_PLACE";

/// How often it is to save.
pub const EVERY: Duration = Duration::from_millis(5);

/// How much it is to do between two times that it says how much it did.
pub const ROUND: u64 = 100;

/// Where the process that is to be killed keeps what it did; `None` in any other.
#[must_use]
pub fn place() -> Option<PathBuf> {
    env::var_os(PLACE).map(PathBuf::from)
}

/// Says how much was done, and how often that was saved. Whether anybody heard it.
#[must_use]
pub fn say(done: u64, saved: u64) -> bool {
    writeln!(io::stdout().lock(), "done {done} saved {saved}").is_ok()
}

/// Has the test `child` work at `path`, kills it, and asks `left` how much of what it did is there, and that fifty times.
///
/// # Panics
/// When anything is lost that was saved, or there is more than was done.
pub fn fifty_times(child: &str, path: &Path, left: impl Fn(u32) -> Option<u64>) {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut known = 0;
    for round in 0..50 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let life = Duration::from_micros(1_000 + (random >> 33) % 60_000);
        // Most live until they have saved some times, so that something is known of what they left; others die at any moment.
        let after = if round % 5 == 0 { 0 } else { 4 };
        let (saved, said) = live_and_die(child, path, after, life);
        assert!(after == 0 || saved > known, "round {round}: it said nothing between two times it saved");
        let total = left(round).unwrap_or_else(|| {
            assert_eq!(known, 0, "round {round}: it was there before");
            0
        });
        // All that was saved before the last word, and at most one round more than it said.
        assert!(total >= saved.max(known), "round {round}: {total} are left of {saved}, {known} before");
        assert!(total <= said.max(known) + ROUND, "round {round}: {total}, it said {said}");
        known = total;
    }
}

/// Lets the child live for so long after it had saved so often; what it had when it had saved last before its last word, and what it
/// said last.
fn live_and_die(child: &str, path: &Path, after: usize, life: Duration) -> (u64, u64) {
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", child, "--nocapture", "--test-threads=1"])
        .env(PLACE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs once more");
    let words = BufReader::new(child.stdout.take().expect("it is piped"));
    let (sender, receiver) = channel();
    let reader = thread::spawn(move || {
        // What it said last, and for each number of times saved what it said last by then.
        let (mut said, mut by_times) = (0, Vec::<u64>::new());
        // The last line may be half a line.
        for (done, times) in words.lines().map_while(Result::ok).filter_map(|line| heard(&line)) {
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
    receiver.recv().expect("it works");
    let deadline = thread::spawn(move || {
        // The wait itself is the random moment.
        let (_held, never) = channel::<()>();
        assert_eq!(never.recv_timeout(life), Err(RecvTimeoutError::Timeout));
    });
    deadline.join().expect("nobody else ends the wait");
    child.kill().expect("it is there");
    child.wait().expect("it was killed");
    reader.join().expect("it reads what there is")
}

/// What was done and how often it was saved, where a line says so: the first one has the name of the test before it.
fn heard(line: &str) -> Option<(u64, usize)> {
    let (_, rest) = line.rsplit_once("done ")?;
    let (done, times) = rest.split_once(" saved ")?;
    Some((done.parse().ok()?, times.parse().ok()?))
}
