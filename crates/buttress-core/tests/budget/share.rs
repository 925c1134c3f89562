//! A share of a budget.

use super::*;
use buttress_core::Ratio;

const START: Tick = Tick::from_nanos(SECOND);

fn granted(budget: &Budget) -> usize {
    std::iter::from_fn(|| budget.withdraw(START)).count()
}

#[test]
fn e2_a_share_of_a_budget_grants_that_share_and_all_of_it_is_there_again() {
    let config = Config::new(0.2, 1.0, Duration::from_secs(10)).unwrap();
    let budget = |share: f64| {
        let budget = Budget::new(config, START);
        budget.limit_to(Ratio::new(share).unwrap());
        (0..100).for_each(|_| budget.deposit(START));
        budget
    };
    for (share, retries) in [(1.0, 30), (0.5, 15), (0.1, 3), (0.01, 0), (0.0, 0)] {
        let budget = budget(share);
        assert_eq!(budget.snapshot(START).balance, retries, "{share}");
        assert_eq!(granted(&budget) as u64, retries, "{share}");
        budget.limit_to(Ratio::ONE);
        assert_eq!(granted(&budget) as u64, 30 - retries, "the rest, and no more: {share}");
    }
    let overdrawn = budget(1.0);
    assert_eq!(granted(&overdrawn), 30);
    overdrawn.limit_to(Ratio::new(0.5).unwrap());
    assert_eq!((granted(&overdrawn), overdrawn.snapshot(START).balance), (0, 0));
}

#[test]
fn e2_a_share_of_a_bucket_makes_retries_dear_and_a_refund_gives_back_what_one_cost() {
    let budget = Budget::new(Config::token_bucket(10, 0.1).unwrap(), START);
    budget.limit_to(Ratio::new(0.25).unwrap());
    assert_eq!(budget.snapshot(START).balance, 2);
    let dear = budget.withdraw(START).unwrap();
    budget.limit_to(Ratio::ONE);
    assert_eq!(budget.snapshot(START).balance, 6);
    budget.refund(dear);
    assert_eq!(budget.snapshot(START).balance, 10);
    budget.limit_to(Ratio::ZERO);
    assert_eq!((granted(&budget), budget.snapshot(START).balance), (0, 0));
    budget.limit_to(Ratio::new(f64::MIN_POSITIVE).unwrap());
    assert_eq!(granted(&budget), 0, "a price nobody can pay");
    budget.limit_to(Ratio::ONE);
    assert_eq!(granted(&budget), 10);
}

proptest! {
    #![proptest_config(Settings { cases: 2_000, failure_persistence: None, ..Settings::default() })]

    #[test]
    fn e2_with_any_share_a_budget_grants_what_the_share_of_it_is_and_remembers_all(
        ratio in 0..=2_000_000_000_u64, share in 0..=1_000_u64, deposits in 0..500_u64,
    ) {
        let config = Config::new(ratio as f64 / 1e9, 1.0, Duration::from_secs(10)).unwrap();
        let (limited, whole) = (Budget::new(config, START), Budget::new(config, START));
        limited.limit_to(Ratio::new(share as f64 / 1_000.0).unwrap());
        for _ in 0..deposits {
            limited.deposit(START);
            whole.deposit(START);
        }
        let earned = u128::from(deposits) * u128::from(ratio) + 10 * BILLION;
        prop_assert_eq!(granted(&limited) as u128, earned * u128::from(share) / 1_000 / BILLION);
        limited.limit_to(Ratio::ONE);
        let all = granted(&whole) as u64;
        granted(&limited);
        prop_assert_eq!(limited.snapshot(START).withdrawn, all);
    }
}
