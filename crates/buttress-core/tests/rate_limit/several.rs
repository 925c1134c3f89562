//! Several limits at once.

use super::*;
use buttress_core::rate_limit::{Limiter, Rule, WindowConfig, reserve_all, try_acquire_all};

fn limiter(rate: &str, burst: u32) -> Limiter {
    Limiter::new(config(rate, burst), Tick::ZERO)
}

fn left(limit: &Limiter) -> u32 {
    limit.snapshot(Tick::ZERO).remaining
}

#[test]
fn w56_a_hundred_denials_by_one_limit_take_nothing_from_the_other() {
    let minute = WindowConfig::log("3/m".parse().unwrap()).unwrap();
    let limits = [limiter("1000/s", 1_000), Limiter::new(minute, Tick::ZERO), limiter("1/s", 2)];
    assert_eq!(try_acquire_all(&limits, 2, Tick::ZERO), Ok(()));
    for _ in 0..100 {
        assert_eq!(wait(try_acquire_all(&limits, 1, Tick::ZERO).unwrap_err()), Duration::from_secs(1));
    }
    assert_eq!([0, 1, 2].map(|index| left(&limits[index])), [998, 1, 0]);
}

#[test]
fn w56_the_longest_wait_is_told_and_never_before_not_yet() {
    let limits = [limiter("10/s", 5), limiter("1/s", 2), limiter("5/s", 3)];
    for limit in &limits {
        limit.try_acquire(limit.snapshot(Tick::ZERO).burst, Tick::ZERO).unwrap();
    }
    assert_eq!(wait(try_acquire_all(&limits, 1, Tick::ZERO).unwrap_err()), Duration::from_secs(1));
    assert_eq!(try_acquire_all(&limits, 3, Tick::ZERO), Err(Refusal::new(Reason::TooLarge)));
    // C3: it is exact for all of them together.
    assert!(try_acquire_all(&limits, 1, at(SECOND - 1)).is_err());
    assert_eq!(try_acquire_all(&limits, 1, at(SECOND)), Ok(()));
}

#[test]
fn s2_67_a_wait_is_for_the_last_of_them_and_too_long_a_one_takes_nothing() {
    let limits = [limiter("10/s", 1), limiter("1/s", 1)];
    assert_eq!(try_acquire_all(&limits, 1, Tick::ZERO), Ok(()));
    let reserve = |longest| reserve_all(&limits, 1, Duration::from_millis(longest), Tick::ZERO);
    assert_eq!(wait(reserve(999).unwrap_err()), Duration::from_secs(1));
    assert_eq!(reserve(1_000), Ok(Duration::from_secs(1)));
    assert_eq!(limits[0].wait(1, Tick::ZERO), Ok(Duration::from_millis(200)));
    for limit in &limits {
        limit.refund(1, at(SECOND));
    }
    assert_eq!(limits[0].wait(1, Tick::ZERO), Ok(Duration::from_millis(100)));
}

#[test]
fn a_limit_changes_its_numbers_and_not_its_kind() {
    let minute = WindowConfig::log("3/m".parse().unwrap()).unwrap();
    let bucket = limiter("10/s", 5);
    assert_eq!(bucket.set(config("20/s", 7), Tick::ZERO), Ok(()));
    assert_eq!(bucket.rule(), Rule::Bucket(config("20/s", 7)));
    assert_eq!(bucket.set(minute, Tick::ZERO).unwrap_err().knob(), "rule");
    let window = Limiter::new(minute, Tick::ZERO);
    assert_eq!((window.rule(), window.rule().rate().to_string()), (Rule::Window(minute), "3/m".to_owned()));
    for limit in [bucket, window] {
        limit.pause_until(at(SECOND));
        assert_eq!(wait(limit.try_acquire(1, Tick::ZERO).unwrap_err()), Duration::from_secs(1));
        limit.resume();
        assert_eq!(limit.try_acquire(1, Tick::ZERO), Ok(()));
    }
}
