//! What a server's hint does to a wait.

use super::*;
use proptest::prelude::*;

#[test]
fn a_hint_makes_a_wait_longer_and_never_shorter() {
    let config = Config::default();
    let wait = |backoff, hint| config.wait(millis(backoff), hint);
    assert_eq!(wait(80, None), Some(millis(80)));
    assert_eq!(wait(80, Some(Duration::ZERO)), Some(millis(80)));
    assert_eq!(wait(80, Some(millis(79))), Some(millis(80)));
    assert_eq!(wait(80, Some(secs(3))), Some(secs(3)));
    assert_eq!(wait(80, Some(secs(10))), Some(secs(10)), "the longest that is waited for");
}

#[test]
fn a_hint_beyond_the_longest_ends_the_call_and_is_not_cut() {
    let config = Config::default();
    for hint in [Duration::new(10, 1), secs(1_000_000_000), secs(u64::MAX), Duration::MAX] {
        assert_eq!(config.wait(millis(80), Some(hint)), None, "{hint:?}");
    }
    let none = with(|b| b.max_hint(Duration::ZERO));
    assert_eq!(none.wait(millis(80), Some(Duration::ZERO)), Some(millis(80)));
    assert_eq!(none.wait(millis(80), Some(Duration::from_nanos(1))), None);
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0..=20_000_000_000_u64).prop_map(Duration::from_nanos),
        1 => (0..=u64::MAX).prop_map(Duration::from_secs),
        1 => Just(secs(1_000_000_000)),
        1 => Just(secs(u64::MAX)),
        1 => Just(Duration::MAX),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn e5_no_hint_makes_a_wait_early_or_longer_than_is_acceptable(
        max in time(), backoff in time(), hint in time(),
    ) {
        let config = with(|b| b.max_hint(max));
        match config.wait(backoff, Some(hint)) {
            Some(wait) => {
                prop_assert!(wait >= hint && wait >= backoff, "early");
                prop_assert!(wait == backoff || wait <= max, "the hint alone is longer than is acceptable");
            }
            None => prop_assert!(hint > max, "an acceptable hint"),
        }
        prop_assert_eq!(config.wait(backoff, None), Some(backoff));
    }
}
