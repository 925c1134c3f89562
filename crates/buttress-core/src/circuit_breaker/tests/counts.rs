//! How often each change happened.

use super::*;
use State::{Closed, ForcedOpen, HalfOpen, Open};

#[test]
fn s2_32_w58_each_change_is_counted_by_the_states_before_and_after() {
    let rig = Rig::with(|builder| builder.consecutive_failures(2).half_open_successes(1)).due();
    assert_eq!(rig.snapshot().transition_counts.len(), 1);
    // The peer is not back, so the breaker opens again; then it is.
    rig.fail();
    rig.pass(secs(1));
    rig.succeed();
    for _ in 0..40 {
        rig.breaker.force_open(rig.now());
        rig.breaker.reset(rig.now());
    }
    let snapshot = rig.snapshot();
    let counts: Vec<_> =
        snapshot.transition_counts.iter().map(|change| (change.from, change.to, change.count)).collect();
    assert_eq!(
        counts,
        [
            (Closed, Open, 1),
            (Closed, ForcedOpen, 40),
            (HalfOpen, Closed, 1),
            (HalfOpen, Open, 1),
            (Open, HalfOpen, 2),
            (ForcedOpen, Closed, 40),
        ]
    );
    assert_eq!(counts.iter().map(|change| change.2).sum::<u64>(), snapshot.transitions);
    assert_eq!(snapshot.opened, 2, "opening again counts");
}

#[test]
fn s2_32_a_breaker_that_never_changed_counts_no_change() {
    assert!(Rig::new(Config::default()).snapshot().transition_counts.is_empty());
}
