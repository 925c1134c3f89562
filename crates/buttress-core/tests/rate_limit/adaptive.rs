//! The rate that follows how long calls take.

use buttress_core::rate_limit::adaptive::Config;
use buttress_core::rate_limit::{AdaptiveRate, Rate, presets};
use std::num::NonZeroU16;
use std::time::Duration;

fn rate(per_second: u64) -> Rate {
    Rate::per_second(per_second).unwrap()
}

fn adaptive() -> AdaptiveRate {
    AdaptiveRate::new(presets::dwcp_adaptive())
}

/// So many calls that all take as long; the rates that came of them.
fn record(adaptive: &AdaptiveRate, calls: usize, millis: u64) -> Vec<f64> {
    let took = Duration::from_millis(millis);
    (0..calls).filter_map(|_| adaptive.record(took)).map(Rate::per_second_f64).collect()
}

#[test]
fn s2_68_the_numbers_of_dwcp() {
    let config = Config::between(rate(100), rate(1_000), rate(5_000)).unwrap();
    assert_eq!(presets::dwcp_adaptive(), config);
    assert_eq!(config.target(Duration::from_millis(100)).unwrap(), config);
    assert_eq!(config.window(NonZeroU16::new(100).unwrap()), config);
    assert_eq!(Config::default(), config);
    assert_eq!(adaptive().rate().per_second_f64(), 1_000.0);
}

#[test]
fn s2_69_half_a_window_of_slow_calls_lowers_the_rate_by_a_tenth_and_of_quick_ones_raises_it_by_a_twentieth() {
    let slow = adaptive();
    assert_eq!(record(&slow, 49, 121), []);
    assert_eq!(record(&slow, 1, 121), [900.0]);
    assert_eq!(record(&slow, 100, 121), [810.0, 729.0]);
    let quick = adaptive();
    assert_eq!(record(&quick, 49, 79), []);
    assert_eq!(record(&quick, 51, 79), [1_050.0, 1_102.5]);
}

#[test]
fn s2_69_between_the_two_nothing_changes() {
    let steady = adaptive();
    assert_eq!(record(&steady, 200, 120), []);
    assert_eq!(record(&adaptive(), 200, 80), []);
    // A window that slides on: 6 slow ones of 100 are more than 5 %.
    assert_eq!(record(&steady, 5, 121), []);
    assert_eq!(record(&steady, 1, 121), [900.0]);
}

#[test]
fn s2_68_the_rate_stays_between_its_ends() {
    let (slow, quick) = (adaptive(), adaptive());
    assert_eq!(record(&slow, 5_000, 1_000).last(), Some(&100.0));
    assert_eq!(record(&quick, 5_000, 1).last(), Some(&5_000.0));
    assert_eq!((record(&slow, 200, 1_000), record(&quick, 200, 1)), (vec![], vec![]));
    slow.reset();
    assert_eq!(slow.rate().per_second_f64(), 1_000.0);
}

#[test]
fn w34_a_rate_below_one_a_second_still_has_a_burst() {
    let minute = |count| Rate::per_minute(count).unwrap();
    let config = Config::between(minute(1), minute(30), minute(60)).unwrap();
    let slow = AdaptiveRate::new(config);
    record(&slow, 5_000, 1_000);
    let least = slow.rate();
    assert!((least.per_second_f64() * 60.0 - 1.0).abs() < 0.07, "{least}");
    assert_eq!(buttress_core::rate_limit::Config::of(least).unwrap().burst(), 1);
    // And is found again from there.
    assert!(record(&slow, 10_000, 1).last().is_some_and(|rate| *rate == 1.0));
}

#[test]
fn w34_ends_that_make_no_sense_are_refused_by_name() {
    let knob =
        |least, initial, most| Config::between(rate(least), rate(initial), rate(most)).unwrap_err().knob();
    assert_eq!(knob(5, 5, 4), "least");
    assert_eq!(knob(1, 9, 8), "initial");
    assert_eq!(knob(1, 9, 1_000_000_001), "most");
    let hour = |count| Rate::per_hour(count).unwrap();
    assert_eq!(Config::between(hour(1), hour(3), hour(3)).unwrap_err().knob(), "least");
    let slowest = Rate::new(1, Duration::from_secs(1_000)).unwrap();
    let slowest = AdaptiveRate::new(Config::between(slowest, slowest, slowest).unwrap());
    assert_eq!(slowest.rate().per(), Duration::from_secs(1_000));
    assert_eq!(Config::default().target(Duration::ZERO).unwrap_err().knob(), "target");
}
