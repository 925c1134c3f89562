//! A bucket for each key.

use super::*;
use buttress_core::keyed::{WordState, Worth};
use buttress_core::rate_limit::{Buckets, PerKey};
use std::num::NonZeroUsize;

fn buckets(rate: &str, burst: u32, capacity: usize) -> Buckets {
    Buckets::new(config(rate, burst), NonZeroUsize::new(capacity).unwrap(), at(SECOND))
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn c2_c3_w32_the_bucket_of_a_key_does_what_exact_arithmetic_says(
        (count, per, burst) in (1..33_u64, prop_oneof![Just(SECOND), Just(DAY), 33_000..SECOND], 1..50_u32),
        start in 0..CENTURY,
        asked in prop::collection::vec((0..60_u32, 0..3_000_u64, 0..2_u64), 1..60),
    ) {
        let config = Config::new(Rate::new(count, Duration::from_nanos(per)).unwrap(), burst).unwrap();
        let buckets = Buckets::new(config, NonZeroUsize::MIN, at(start));
        let (mut oracle, mut now) = (Oracle::new(&config, start), start);
        for (cost, thousandths, less) in asked {
            let answer = buckets.try_acquire("key", cost, at(now));
            prop_assert_eq!(answer, oracle.try_acquire(cost, now));
            prop_assert_eq!(buckets.snapshot("key", at(now)).remaining, oracle.remaining(now));
            now += match answer.err().and_then(Refusal::retry_after) {
                Some(told) => told.as_nanos() as u64 - less,
                None => per / count * thousandths / 1_000,
            };
        }
    }
}

#[test]
fn w32_the_rate_of_a_key_is_kept_from_below_where_it_is_not_exact() {
    for (rate, nominal, share) in
        [("999/s", 999_u64, 32e6), ("30011/s", 30_011, 1e6), ("999983/s", 999_983, 32e3)]
    {
        let buckets = buckets(rate, 10, 8);
        buckets.try_acquire("key", 10, at(SECOND)).unwrap();
        let mut now = SECOND;
        for _ in 0..100_000 {
            let refused = buckets.try_acquire("key", 5, at(now)).unwrap_err();
            now += wait(refused).as_nanos() as u64;
            buckets.try_acquire("key", 5, at(now)).unwrap();
        }
        let exact = 500_000.0 * SECOND as f64 / nominal as f64;
        let off = ((now - SECOND) as f64 - exact) / exact;
        assert!((0.0..1.0 / share).contains(&off), "{rate}: {off:e}");
    }
}

#[test]
fn f4_full_buckets_go_first_and_empty_ones_stay() {
    let buckets = buckets("1/s", 2, 8);
    // Of eight keys, four are empty, two have a token and two are full again.
    for key in 0..8_u64 {
        let (cost, now) = if key < 4 {
            (2, 3)
        } else if key < 6 {
            (1, 3)
        } else {
            (1, 1)
        };
        buckets.try_acquire(&key, cost, at(now * SECOND)).unwrap();
    }
    let now = at(3 * SECOND);
    for key in 100..2_000_u64 {
        let _ = buckets.try_acquire(&key, 1, now);
    }
    for key in 0..4_u64 {
        assert_eq!(wait(buckets.try_acquire(&key, 1, now).unwrap_err()), Duration::from_secs(1), "{key}");
    }
    assert_eq!((buckets.words().len(), buckets.words().capacity()), (8, 8));
    assert!(buckets.words().evicted() >= 4);
    // W50: a look makes nothing, nor does a call that is too large.
    assert_eq!(buckets.snapshot(&9_999_u64, now).remaining, 2);
}

#[test]
fn f4_a_flood_of_a_million_keys_lifts_no_penalty() {
    let buckets = buckets("1/m", 1, 1_000);
    let now = at(SECOND);
    for key in 0..300_u64 {
        buckets.try_acquire(&key, 1, now).unwrap();
    }
    for key in 1_000..1_001_000_u64 {
        let _ = buckets.try_acquire(&key, 1, now);
    }
    let penalised = (0..300_u64).filter(|key| buckets.try_acquire(key, 1, now).is_err()).count();
    assert_eq!((penalised, buckets.words().capacity()), (300, 1_000));
}

#[test]
fn f1_a_century_fills_the_bucket_of_a_key_once_and_a_late_thread_gives_nothing_away() {
    let rule = PerKey::new(config("10/s", 5), at(SECOND));
    let take = |state, cost, now| rule.take(state, cost, at(now));
    let empty = take(PerKey::FRESH, 5, SECOND).unwrap();
    assert_eq!(rule.worth(empty, at(SECOND)), Worth::Penalty);
    assert_eq!(rule.worth(empty, at(SECOND + 100_000_000)), Worth::Memory);
    assert_eq!(rule.worth(empty, at(SECOND + 500_000_000)), Worth::Nothing);
    // Half a minute behind, in a thread that was held up.
    let later = take(PerKey::FRESH, 5, 31 * SECOND).unwrap();
    assert_eq!(wait(take(later, 1, SECOND).unwrap_err()), Duration::from_millis(30_100));
    // Also beside tokens that were taken a minute ahead.
    let longest = Duration::from_secs(90);
    let mut ahead = later;
    while let Ok((state, _)) = rule.reserve(ahead, 5, longest, at(31 * SECOND)) {
        ahead = state;
    }
    assert_eq!(wait(take(ahead, 5, 31 * SECOND).unwrap_err()), Duration::from_millis(60_500));
    assert_eq!(wait(take(ahead, 5, SECOND).unwrap_err()), Duration::from_millis(90_500));
    for idle in [SECOND, DAY, 400 * DAY, CENTURY, 3 * CENTURY] {
        let again = take(empty, 5, SECOND + idle).unwrap();
        assert!(take(again, 1, SECOND + idle).is_err(), "{idle}");
    }
    // Where the count begins again there are two numbers that are not times.
    for before in [5 * SECOND / 10, 5 * SECOND / 10 + 1] {
        let now = SECOND + (1 << 56) - before;
        let state = take(PerKey::FRESH, 5, now).unwrap();
        assert!(take(state, 1, now).is_err(), "{state} is full");
        assert_eq!(state, 1);
    }
    assert_eq!(take(PerKey::FRESH, 6, 0), Err(Refusal::new(Reason::TooLarge)));
    assert_eq!(rule.refund(empty, 5, at(SECOND)), PerKey::FRESH);
    let one = rule.refund(empty, 1, at(SECOND));
    assert_eq!(rule.snapshot(one, at(SECOND)).remaining, 1);
}

#[test]
fn f4_a_key_without_room_stands_as_the_word_that_it_shares() {
    let buckets = buckets("1/h", 3, 8);
    for key in 0..8_u64 {
        buckets.try_acquire(&key, 3, at(SECOND)).unwrap();
    }
    assert_eq!(buckets.snapshot(&8_u64, at(SECOND)).remaining, 3);
    buckets.try_acquire(&8_u64, 3, at(SECOND)).unwrap();
    assert!(buckets.try_acquire(&9_u64, 1, at(SECOND)).is_err());
    let standing = buckets.snapshot(&9_u64, at(SECOND));
    assert_eq!((standing.remaining, standing.next_in), (0, Duration::from_secs(3_600)));
}
