//! The bucket of tokens.

use super::*;

const START: Tick = Tick::from_nanos(SECOND);

fn bucket(max: u32, ratio: f64) -> Budget {
    Budget::new(Config::token_bucket(max, ratio).unwrap(), START)
}

#[test]
fn e2_a_bucket_is_full_at_first_and_fills_with_requests() {
    let budget = bucket(3, 0.2);
    let taken: Vec<_> = std::iter::from_fn(|| budget.withdraw(START)).collect();
    assert_eq!(taken.len(), 3);
    for _ in 0..4 {
        budget.deposit(START);
    }
    assert!(budget.withdraw(Tick::MAX).is_none(), "four fifths are no token, however long it takes");
    budget.deposit(START);
    assert!(budget.withdraw(START).is_some());
    assert!(budget.withdraw(START).is_none());
    for _ in 0..1_000 {
        budget.deposit(START);
    }
    let snapshot = budget.snapshot(START);
    assert_eq!((snapshot.balance, snapshot.deposits), (3, None), "it overflows");
    assert_eq!((snapshot.withdrawn, snapshot.refused, snapshot.refunded), (4, 3, 0));
}

#[test]
fn e2_e9_a_refund_to_a_bucket_is_a_whole_token_and_never_one_more_than_it_holds() {
    let budget = bucket(2, 0.1);
    let first = budget.withdraw(START).unwrap();
    budget.refund(first);
    assert_eq!(budget.snapshot(START).balance, 2);
    let second = budget.withdraw(START).unwrap();
    for _ in 0..10 {
        budget.deposit(START);
    }
    budget.refund(second);
    let snapshot = budget.snapshot(START);
    assert_eq!((snapshot.balance, snapshot.withdrawn, snapshot.refunded), (2, 2, 2));
}

proptest! {
    #![proptest_config(Settings { cases: 2_000, failure_persistence: None, ..Settings::default() })]

    #[test]
    fn e2_a_bucket_grants_what_it_held_and_its_share_and_no_more(
        max in 1..=20_u32, ratio in 0..=2_000_u64, ops in proptest::collection::vec(0..3_u8, 0..300),
    ) {
        let budget = bucket(max, ratio as f64 / 1_000.0);
        let (full, mut tokens, mut out) = (u64::from(max) * 1_000, u64::from(max) * 1_000, Vec::new());
        let (mut deposits, mut standing) = (0, 0);
        for op in ops {
            match op {
                0 => {
                    budget.deposit(START);
                    deposits += 1;
                    tokens = full.min(tokens + ratio);
                }
                1 => {
                    let granted = budget.withdraw(START);
                    prop_assert_eq!(granted.is_some(), tokens >= 1_000);
                    tokens -= if granted.is_some() { 1_000 } else { 0 };
                    standing += u64::from(granted.is_some());
                    out.extend(granted);
                }
                _ => {
                    if let Some(withdrawal) = out.pop() {
                        budget.refund(withdrawal);
                        standing -= 1;
                        tokens = full.min(tokens + 1_000);
                    }
                }
            }
            prop_assert_eq!(budget.snapshot(START).balance, tokens / 1_000);
            prop_assert!(standing * 1_000 <= full + deposits * ratio);
        }
    }
}
