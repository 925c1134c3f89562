//! A value that cannot work is refused by the name of its knob.

use super::*;
use crate::retry::budget;

fn refused(built: Result<Config, InvalidConfig>) -> String {
    built.expect_err("this cannot work").to_string()
}

#[test]
fn e3_a_factor_is_finite_and_at_least_one() {
    for factor in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -2.0, -0.0, 0.0, 0.5, 1.0 - f64::EPSILON] {
        let error = refused(Config::builder().exponential(millis(50), factor).build());
        let expected = format!("exponential factor is {factor}, allowed is a finite number of at least 1");
        assert_eq!(error, expected);
    }
    for factor in [1.0, f64::MAX] {
        assert!(Config::builder().exponential(millis(50), factor).build().is_ok());
    }
}

#[test]
fn e3_a_call_has_at_least_its_first_attempt() {
    let error = refused(Config::builder().attempts(0).build());
    assert_eq!(error, "attempts is 0, allowed is at least 1, the first one");
    assert_eq!(with(|b| b.attempts(1)).max_attempts().get(), 1);
    assert_eq!(with(|b| b.retries(u32::MAX)).max_attempts().get(), u32::MAX);
}

#[test]
fn e3_the_cap_is_at_least_the_first_delay() {
    let error = refused(Config::builder().fixed(secs(5)).cap(millis(4_999)).build());
    assert_eq!(error, "cap is 4.999s, allowed is at least the first delay");
    assert_eq!(with(|b| b.fixed(secs(5))).cap(), secs(5), "the cap rises with the delay");
    assert_eq!(with(|b| b.cap(secs(7)).fixed(secs(5))).cap(), secs(7));
}

#[test]
fn e3_a_budget_is_a_share_a_floor_and_a_window() {
    let knob = |ratio, per_second, window| budget::Config::new(ratio, per_second, window).unwrap_err().knob();
    for ratio in [-0.1, 10.1, 20.0, f64::NAN, f64::INFINITY] {
        assert_eq!(knob(ratio, 1.0, secs(10)), "budget ratio", "{ratio}");
        assert_eq!(budget::Config::token_bucket(10, ratio).unwrap_err().knob(), "budget ratio");
    }
    for per_second in [-1.0, 1e6 + 1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(knob(0.2, per_second, secs(10)), "budget per_second", "{per_second}");
    }
    for window in [Duration::ZERO, millis(99), secs(367 * 24 * 3_600), Duration::MAX] {
        assert_eq!(knob(0.2, 1.0, window), "budget window", "{window:?}");
    }
    // A budget that never grants anything is a mistake.
    assert_eq!(knob(0.0, 0.0, secs(10)), "budget per_second");
    assert_eq!(knob(0.0, 0.099, secs(10)), "budget per_second");
    assert!(
        budget::Config::new(0.0, 0.1, secs(10)).is_ok() && budget::Config::new(1e-9, 0.0, secs(10)).is_ok()
    );
    for max in [0, 1_000_000_001] {
        assert_eq!(budget::Config::token_bucket(max, 0.1).unwrap_err().knob(), "budget max");
    }
}

#[test]
fn c18_the_knob_that_differs_is_named_with_both_values() {
    let one = Config::default();
    assert_eq!(one.difference(&one), None);
    for (other, expected) in [
        (one.to_builder().attempts(4), "attempts is 3, not 4"),
        (
            one.to_builder().fixed(secs(1)),
            "backoff is Exponential { base: 50ms, factor: 2.0 }, not Fixed(1s)",
        ),
        (one.to_builder().jitter(Jitter::Symmetric(share(0.1))), "jitter is Full, not Symmetric(Ratio(0.1))"),
        (one.to_builder().cap(secs(9)), "cap is 2s, not 9s"),
        (one.to_builder().cap_before_jitter(), "cap_before_jitter is false, not true"),
        (one.to_builder().max_hint(Duration::ZERO), "max_hint is 10s, not 0ns"),
    ] {
        let difference = one.difference(&other.build().unwrap()).expect("they differ");
        assert_eq!(difference.to_string(), expected);
    }
}
