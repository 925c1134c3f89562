//! A process that is killed while it saves.

use crate::{HOUR, folder};
use buttress_reputation::Config;
use buttress_reputation::persist::{Found, Kept};
use std::path::Path;
use std::time::Duration;
use support::killed::{self, EVERY, ROUND};

fn open(path: &Path) -> Kept {
    Kept::open(path, "swarm", Config::default()).every(EVERY)
}

/// What all of them did.
fn done(kept: &Kept) -> u64 {
    kept.ledger().peers().iter().map(|(_, peer)| peer.successful_syncs).sum()
}

/// Has its peers do well without end, each once in a round, and says how much they did.
#[test]
fn the_child_of_the_next_test() {
    let Some(path) = killed::place() else { return };
    let kept = open(&path);
    assert!(kept.ledger().ban("mallory", "spam", 100 * HOUR));
    let names: Vec<_> = (0..ROUND).map(|peer| peer.to_string()).collect();
    let mut total = done(&kept);
    loop {
        names.iter().for_each(|name| kept.ledger().record_success(name, Duration::from_millis(1)));
        total += ROUND;
        if !killed::say(total, kept.saves().saved) {
            return;
        }
    }
}

#[test]
fn g5_w60_killed_at_50_random_moments_the_next_start_has_a_recent_state_or_none() {
    let (_folder, path) = folder();
    killed::fifty_times("killed::the_child_of_the_next_test", &path, |round| {
        let kept = open(&path);
        match kept.found() {
            Found::State { .. } => {
                assert!(kept.ledger().is_banned("mallory"), "round {round}");
                Some(done(&kept))
            }
            Found::Nothing => None,
            lost => panic!("round {round}: {lost:?}"),
        }
    });
}
