//! The default settings against traffic, in simulated time.

use super::liveness::Dice;
use super::*;

const EACH: Duration = millis(10);

#[test]
fn c35_thirty_percent_random_failures_keep_the_default_breaker_closed() {
    for seed in 1..=5 {
        let rig = Rig::new(Config::default());
        let dice = &mut Dice::new(seed);
        let calls = 360_000;
        let mut not_closed = 0;
        for _ in 0..calls {
            if let Ok(ticket) = rig.breaker.try_acquire(rig.now()) {
                rig.end(ticket, if dice.roll(100) < 30 { FAILURE } else { Outcome::Success });
            }
            not_closed += u64::from(rig.state() != State::Closed);
            rig.pass(EACH);
        }
        let failed = rig.snapshot().totals.failures;
        assert!((100_000..116_000).contains(&failed), "the dice are loaded: {failed} failures");
        assert!(not_closed <= calls / 100, "not closed for {not_closed} of {calls} calls, seed {seed}");
    }
}

#[test]
fn s4_13_a_total_outage_opens_the_default_breaker_within_half_a_second() {
    for seed in 1..=20 {
        let rig = Rig::new(Config::default());
        let dice = &mut Dice::new(seed);
        for _ in 0..6_000 + dice.roll(1_000) {
            rig.call(if dice.roll(100) == 0 { FAILURE } else { Outcome::Success });
            rig.pass(EACH);
        }
        let began = rig.now();
        while rig.state() == State::Closed {
            rig.fail();
            rig.pass(EACH);
        }
        let took = rig.now().since(began);
        assert!(took <= millis(500), "{took:?}, seed {seed}");
    }
}

#[test]
fn c02_half_of_the_calls_failing_open_the_default_breaker() {
    let rig = Rig::new(Config::default());
    let calls = (1..=1_000).find(|call| {
        rig.pass(EACH);
        rig.call(if call % 2 == 0 { FAILURE } else { Outcome::Success }).is_some()
    });
    assert_eq!(calls, Some(10));
}
