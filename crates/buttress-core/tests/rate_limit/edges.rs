//! The ends of what a bucket can be asked, and what has gone wrong in such buckets before.

use super::*;

#[test]
fn c3_refused_a_nanosecond_before_the_told_time_and_admitted_at_it() {
    for (rate, burst) in
        [("3/s", 1), ("7/s", 2), ("1/d", 1), ("1000/s", 100), ("999983/s", 5), ("4294967296/s", 1)]
    {
        let bucket = bucket(rate, burst);
        bucket.try_acquire(burst, Tick::ZERO).unwrap();
        let told = wait(bucket.try_acquire(1, Tick::ZERO).unwrap_err()).as_nanos() as u64;
        assert_eq!(wait(bucket.try_acquire(1, at(told - 1)).unwrap_err()), Duration::from_nanos(1), "{rate}");
        assert_eq!(bucket.try_acquire(1, at(told)), Ok(()), "{rate}");
    }
}

#[test]
fn c4_w55_c27_more_than_the_burst_is_never_and_not_in_a_while() {
    let bucket = bucket("10/s", 3);
    for now in [0, SECOND, CENTURY] {
        assert_eq!(bucket.try_acquire(4, at(now)), Err(Refusal::new(Reason::TooLarge)));
        assert_eq!(bucket.reserve(4, Duration::MAX, at(now)), Err(Refusal::new(Reason::TooLarge)));
        assert_eq!(bucket.wait(4, at(now)), Err(Refusal::new(Reason::TooLarge)));
        assert_eq!(bucket.try_acquire(3, at(now)), Ok(()));
    }
    // Or taken as a debt, for what cannot be cut.
    assert_eq!(bucket.debit(40, at(2 * CENTURY)), Duration::from_millis(3_700));
    assert_eq!(wait(bucket.try_acquire(1, at(2 * CENTURY)).unwrap_err()), Duration::from_millis(3_800));
}

#[test]
fn c27_w34_a_burst_is_at_least_one_and_what_cannot_be_kept_is_refused_by_name() {
    let rate = Rate::per_second(10).unwrap();
    let refused = |burst| Config::new(rate, burst).unwrap_err().to_string();
    assert_eq!(refused(0), "burst is 0, allowed is at least 1");
    assert_eq!(
        refused(u32::MAX),
        "burst is 4294967295 at 10/s, allowed is what the rate brings back within 208 days"
    );
    let odd = Rate::per_second(999_999_970).unwrap();
    assert!(Config::new(odd, 10_000_000).is_ok());
    assert_eq!(
        Config::new(odd, 999_999_970).unwrap_err().to_string(),
        "burst is 999999970 at 999999970/s, allowed is up to 10000000 at so odd a rate"
    );
    assert!(Config::new(Rate::per_second(1_000_000_000).unwrap(), 1_000_000_000).is_ok());
    assert_eq!(Config::of(Rate::per_day(1).unwrap()).unwrap().burst(), 1);
    assert_eq!(Config::of(Rate::per_second(1_000).unwrap()).unwrap().burst(), 100);
    assert_eq!(Config::of(Rate::per_second(1 << 32).unwrap()).unwrap().burst(), 429_496_729);
}

#[test]
fn s2_64_s2_108_the_numbers_of_dwcp() {
    use buttress_core::rate_limit::presets;
    assert_eq!(presets::dwcp(), config("1000/s", 100));
    assert_eq!(presets::outbound_messages(), presets::dwcp());
    assert_eq!(Config::default(), presets::dwcp());
}

#[test]
fn s2_65_s2_66_s2_70_a_hundred_at_once_then_one_a_millisecond() {
    let bucket = TokenBucket::new(Config::default(), Tick::ZERO);
    assert!((0..100).all(|_| bucket.try_acquire(1, Tick::ZERO).is_ok()));
    assert_eq!(wait(bucket.try_acquire(1, Tick::ZERO).unwrap_err()), Duration::from_millis(1));
    assert_eq!(wait(bucket.try_acquire(30, Tick::ZERO).unwrap_err()), Duration::from_millis(30));
    assert_eq!(bucket.try_acquire(30, at(30_000_000)), Ok(()));
}

#[test]
fn s2_67_tokens_of_the_future_come_in_the_order_of_asking() {
    let bucket = bucket("10/s", 1);
    let reserve = |longest| bucket.reserve(1, Duration::from_millis(longest), Tick::ZERO);
    let waits: Vec<_> = (0..4).map(|_| reserve(250).map_err(wait).map(|wait| wait.as_millis())).collect();
    assert_eq!(waits, [Ok(0), Ok(100), Ok(200), Err(Duration::from_millis(300))]);
    // Who gives up gives back, and who comes next gets it.
    bucket.refund(1);
    assert_eq!(reserve(250), Ok(Duration::from_millis(200)));
    assert!(bucket.try_acquire(1, at(299_999_999)).is_err());
    assert_eq!(bucket.try_acquire(1, at(300_000_000)), Ok(()));
}

#[test]
fn w32_nothing_is_lost_however_often_the_bucket_is_asked() {
    // 100 a second polled every 7 ms, as a bucket that drops fractions gives 68.8.
    for (rate, nominal, steps) in [
        ("100/s", 100_u64, 7_000_000_u64),
        ("7/s", 7, 60_000_000),
        ("30000/s", 30_000, 33_333),
        ("999983/s", 999_983, 1_001),
    ] {
        let bucket = bucket(rate, 1_000);
        bucket.try_acquire(1_000, Tick::ZERO).unwrap();
        let mut admitted = 0;
        for now in (0..=5_000_000 / nominal * SECOND / 100).step_by(steps as usize) {
            while bucket.try_acquire(1, at(now)).is_ok() {
                admitted += 1;
            }
            let came = u128::from(now) * u128::from(nominal) / u128::from(SECOND);
            assert_eq!(admitted, came, "{rate} after {now} ns");
        }
        assert!(admitted > 1_000, "{rate}: {admitted}");
    }
}

/// Takes `cost` as soon as it is there, so often, from an empty bucket that never fills; answers when the last was there.
fn take_in_turn(config: Config, cost: u32, times: u64) -> u64 {
    assert!(cost < config.burst());
    let bucket = TokenBucket::new(config, Tick::ZERO);
    bucket.try_acquire(config.burst(), Tick::ZERO).unwrap();
    let mut now = 0;
    for _ in 0..times {
        now += wait(bucket.try_acquire(cost, at(now)).unwrap_err()).as_nanos() as u64;
        bucket.try_acquire(cost, at(now)).unwrap();
    }
    now
}

#[test]
fn c2_after_a_billion_grants_the_rate_is_to_the_nanosecond_what_it_was() {
    let granted = 1_000_000_000_u64;
    for count in [7_u64, 997, 30_000, 999_983] {
        let rate = Rate::per_second(count).unwrap();
        let last = take_in_turn(Config::new(rate, 1_001).unwrap(), 1_000, granted / 1_000);
        assert_eq!(
            u128::from(last),
            (u128::from(granted) * u128::from(SECOND)).div_ceil(count.into()),
            "{rate}"
        );
    }
}

#[test]
fn c2_rates_that_cannot_be_written_exactly_are_off_by_less_than_a_billionth() {
    for count in [(1 << 32) - 1, (1 << 32) - 5, 4_000_000_007, 999_999_937, 16_777_259, 8_388_617] {
        let rate = Rate::per_second(count).unwrap();
        for burst in [1 << 10, 1 << 20, 1 << 24, 40_000_000] {
            let Ok(config) = Config::new(rate, burst) else { panic!("{rate} with {burst}") };
            let (cost, times) = (burst / 2, 200_000);
            let exact = (u128::from(cost) * times * u128::from(SECOND)).div_ceil(count.into());
            let off = u128::from(take_in_turn(config, cost, times as u64)).abs_diff(exact);
            assert!(off <= 1 + exact / 1_000_000_000, "{rate} with {burst}: {off} of {exact}");
        }
    }
}

#[test]
fn f1_a_clock_that_goes_back_stands_still_and_a_century_fills_the_bucket_once() {
    let bucket = bucket("10/s", 5);
    bucket.try_acquire(5, at(SECOND)).unwrap();
    assert_eq!(wait(bucket.try_acquire(1, Tick::ZERO).unwrap_err()), Duration::from_millis(1_100));
    assert_eq!(bucket.snapshot(Tick::ZERO).remaining, 0);
    assert_eq!(bucket.try_acquire(5, at(SECOND + CENTURY)), Ok(()));
    assert!(bucket.try_acquire(1, at(SECOND + CENTURY)).is_err());
    assert_eq!(bucket.try_acquire(5, Tick::MAX), Ok(()));
    assert!(bucket.try_acquire(1, Tick::ZERO).is_err());
    bucket.set(config("10/s", 7), Tick::ZERO);
    bucket.refund(u32::MAX);
    assert_eq!(bucket.snapshot(Tick::MAX).remaining, 7);
}

#[test]
fn s2_69_a_change_keeps_the_tokens_and_the_debt_and_gives_nothing_away() {
    let bucket = bucket("10/s", 10);
    bucket.try_acquire(4, Tick::ZERO).unwrap();
    let remaining = |now| bucket.snapshot(at(now)).remaining;
    bucket.set(config("1000/s", 100), Tick::ZERO);
    assert_eq!((remaining(0), remaining(5_000_000)), (6, 11));
    bucket.set(config("3/s", 2), Tick::ZERO);
    assert_eq!(remaining(0), 2);
    bucket.set(config("1000/s", 100), Tick::ZERO);
    assert_eq!((remaining(0), remaining(SECOND)), (2, 100));
    // A debt of 30 tokens is one of 30 tokens at another rate.
    assert_eq!(bucket.debit(130, at(SECOND)), Duration::from_millis(30));
    bucket.set(config("10/s", 5), at(SECOND));
    assert_eq!(bucket.wait(0, at(SECOND)), Ok(Duration::from_secs(3)));
    assert_eq!(bucket.wait(1, at(SECOND)), Ok(Duration::from_millis(3_100)));
    assert_eq!(bucket.config(), config("10/s", 5));
    assert_eq!(config("10/s", 5).difference(&config("10/s", 6)).unwrap().to_string(), "burst is 5, not 6");
}

#[test]
fn a_pause_that_a_peer_asked_for_holds_and_the_longer_one_stays() {
    let bucket = bucket("10/s", 5);
    bucket.pause_until(at(2 * SECOND));
    bucket.pause_until(at(SECOND));
    assert_eq!(wait(bucket.try_acquire(1, at(SECOND)).unwrap_err()), Duration::from_secs(1));
    assert_eq!(bucket.try_acquire(6, at(SECOND)), Err(Refusal::new(Reason::TooLarge)));
    let paused = bucket.snapshot(at(SECOND));
    assert_eq!(
        (paused.remaining, paused.next_in, paused.paused_for),
        (0, Duration::from_secs(1), Duration::from_secs(1))
    );
    assert_eq!(bucket.reserve(1, Duration::from_secs(1), at(SECOND)), Ok(Duration::from_secs(1)));
    assert_eq!(bucket.try_acquire(5, at(2 * SECOND)), Ok(()));
    bucket.pause_until(at(9 * SECOND));
    bucket.resume();
    assert_eq!(bucket.try_acquire(1, at(3 * SECOND)), Ok(()));
}

#[test]
fn rates_are_written_as_they_are_read() {
    for text in ["100/s", "5/m", "1/h", "7/d", "250/100ms", "3/2s", "9/1us", "4294967296/s"] {
        let rate: Rate = text.parse().unwrap();
        assert_eq!(rate.to_string(), text);
        assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
    }
    assert_eq!(" 10 / 1 m ".parse::<Rate>(), Rate::per_minute(10));
    for wrong in [
        "",
        "5",
        "/s",
        "5/",
        "0/s",
        "-1/s",
        "1/0s",
        "1/y",
        "1.5/s",
        "1/2d",
        "4294967297/s",
        "1/99999999999999999999s",
    ] {
        let refused = wrong.parse::<Rate>().unwrap_err();
        assert_eq!(refused.knob(), "rate", "{wrong:?}");
    }
    assert_eq!(
        "1/2d".parse::<Rate>().unwrap_err().to_string(),
        "rate is 1 in 172800s, allowed is one a day to 2^32 a second, in 1 ns to 366 days"
    );
}
