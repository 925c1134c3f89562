//! A process that is killed while it saves.

use crate::calls;
use crate::kept::folder;
use buttress::Outcome;
use buttress::error_budget::persist::{Found, Kept};
use buttress::error_budget::presets;
use std::path::Path;
use std::time::Duration;
use support::killed::{self, EVERY, ROUND};

fn open(path: &Path) -> Kept {
    // Nothing leaves its window while the test runs.
    Kept::open(path, "orders", presets::high_availability()).every(EVERY)
}

/// Calls without end, and says how many its budget has.
#[test]
fn the_child_of_the_next_test() {
    let Some(path) = killed::place() else { return };
    let kept = open(&path);
    let handle = kept.handle();
    loop {
        (0..ROUND).for_each(|_| handle.record(Outcome::Success, Duration::ZERO));
        if !killed::say(calls(handle).0, kept.saves().saved) {
            return;
        }
    }
}

#[test]
fn g5_killed_at_50_random_moments_the_next_start_has_a_recent_state_or_none() {
    let (_folder, path) = folder();
    killed::fifty_times("killed::the_child_of_the_next_test", &path, |round| {
        let kept = open(&path);
        match kept.found() {
            Found::State { .. } => Some(calls(kept.handle()).0),
            Found::Nothing => None,
            lost => panic!("round {round}: {lost:?}"),
        }
    });
}
