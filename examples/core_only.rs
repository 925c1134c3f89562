//! The circuit breaker without tower, async or a clock: a peer-to-peer loop that asks before it calls.
//!
//! `cargo run -p buttress-examples --example core_only`

use buttress_core::circuit_breaker::{CircuitBreaker, Permit, State, presets};
use buttress_core::{FailureKind, ManualClock, Outcome};
use std::time::Duration;

/// A peer that is away between the 3rd and the 8th second.
fn ping(second: u64) -> Result<(), FailureKind> {
    if (3..8).contains(&second) { Err(FailureKind::Timeout) } else { Ok(()) }
}

fn main() {
    // Five failures within a minute without a success between them; ask again after 30 s. Here every second counts.
    let config = presets::cyberfly().to_builder().open_for(Duration::from_secs(3)).build();
    let clock = ManualClock::default();
    let breaker = CircuitBreaker::new(config.expect("3 s is a valid open time"), 7, clock.now());
    let mut states = Vec::new();

    for second in 0..14 {
        let now = clock.now();
        let (mut answered, mut failed, mut spared) = (0, 0, 0);
        for _ in 0..3 {
            match Permit::acquire(&breaker, now) {
                Ok(permit) => match ping(second) {
                    Ok(()) => {
                        answered += 1;
                        permit.record(Outcome::Success, now);
                    }
                    Err(kind) => {
                        failed += 1;
                        permit.record(Outcome::Failure(kind), now);
                    }
                },
                Err(_) => spared += 1,
            }
        }
        let state = breaker.state();
        println!("second {second:2}: {answered} answered, {failed} failed, {spared} not sent | {state}");
        states.push(state);
        clock.advance(Duration::from_secs(1));
    }

    let snapshot = breaker.snapshot(clock.now());
    println!("\n{}", breaker.explain(clock.now()));
    assert!(states.contains(&State::Open), "the outage opens the breaker");
    assert_eq!(states.last(), Some(&State::Closed), "the peer's return closes it");
    assert_eq!(snapshot.totals.rejected, 42 - snapshot.totals.successes - snapshot.totals.failures);
    assert!(snapshot.totals.rejected >= 8, "most calls of the outage are not sent");
}
