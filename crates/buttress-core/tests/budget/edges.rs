//! What is easily one too many.

use super::*;

const START: u64 = 1_000 * SECOND;

fn budget(ratio: f64, per_second: f64, secs: u64) -> Budget {
    let config = Config::new(ratio, per_second, Duration::from_secs(secs)).unwrap();
    Budget::new(config, Tick::from_nanos(START))
}

/// So many seconds after the start.
fn at(secs: u64) -> Tick {
    Tick::from_nanos(START + secs * SECOND)
}

fn drain(budget: &Budget, now: Tick) -> usize {
    std::iter::from_fn(|| budget.withdraw(now)).count()
}

#[test]
fn e2_by_default_a_fifth_of_the_requests_and_one_a_second() {
    let budget = Budget::new(Config::default(), at(0));
    assert_eq!(drain(&budget, at(0)), 10, "the reserve of a window");
    for expected in [1, 2, 3] {
        for _ in 0..4 {
            budget.deposit(at(0));
            assert!(budget.withdraw(at(0)).is_none(), "four fifths of the {expected}th");
        }
        budget.deposit(at(0));
        assert_eq!(drain(&budget, at(0)), 1);
    }
    let snapshot = budget.snapshot(at(0));
    assert_eq!((snapshot.balance, snapshot.deposits), (0, Some(15)));
    assert_eq!((snapshot.withdrawn, snapshot.refused, snapshot.refunded), (13, 16, 0));
}

#[test]
fn e2_decimals_are_exact() {
    for (ratio, requests) in [(0.1, 10), (0.2, 5), (0.3, 10), (0.7, 10), (0.01, 100), (0.001, 1_000)] {
        let budget = budget(ratio, 0.0, 10);
        let retries = (ratio * f64::from(requests)).round() as usize;
        for _ in 1..requests {
            budget.deposit(at(0));
        }
        assert_eq!(budget.snapshot(at(0)).balance as usize, retries - 1, "{ratio}");
        budget.deposit(at(0));
        assert_eq!(drain(&budget, at(0)), retries, "{ratio}");
    }
}

#[test]
fn e2_a_deposit_counts_for_at_most_the_window_and_a_withdrawal_for_at_least_that() {
    let nanosecond = |secs: u64, less: u64| Tick::from_nanos(START + secs * SECOND - less);
    let budget = budget(1.0, 0.1, 10);
    // The last nanosecond of its slot: its worth is gone nine seconds later.
    budget.deposit(nanosecond(1, 1));
    assert_eq!(budget.snapshot(nanosecond(10, 1)).balance, 2);
    assert_eq!(budget.snapshot(nanosecond(10, 0)).balance, 1);
    // The first nanosecond of its slot: it weighs for eleven.
    assert_eq!(drain(&budget, at(0)), 2);
    assert_eq!(budget.snapshot(nanosecond(11, 1)).balance, 0);
    assert_eq!(budget.snapshot(nanosecond(11, 0)).balance, 1);
}

#[test]
fn d8_f1_after_any_pause_there_is_one_reserve_and_no_more() {
    for pause in [11 * SECOND, 3_600 * SECOND, CENTURY, u64::MAX] {
        let budget = budget(0.2, 1.0, 10);
        for _ in 0..1_000 {
            budget.deposit(at(0));
        }
        assert_eq!(drain(&budget, at(0)), 210);
        let later = Tick::from_nanos(START.saturating_add(pause));
        assert_eq!(drain(&budget, later), 10, "{pause}");
        assert_eq!(budget.snapshot(later).deposits, Some(1_000));
    }
}

#[test]
fn f1_while_the_clock_is_behind_time_stands_still_and_requests_still_count() {
    let budget = budget(0.2, 1.0, 10);
    assert_eq!(drain(&budget, Tick::from_nanos(START + CENTURY)), 10);
    for back in [at(0), Tick::ZERO, Tick::from_nanos(START + CENTURY / 2)] {
        assert_eq!(drain(&budget, back), 0, "nothing expires");
        for _ in 0..5 {
            budget.deposit(back);
        }
        assert_eq!(drain(&budget, back), 1, "a fifth of five");
    }
}

#[test]
fn f7_a_slot_that_is_full_of_deposits_stays_full() {
    // The shortest window has the fewest bits to count with: to four millions in a hundredth of a second.
    let config = Config::new(0.5, 0.0, Duration::from_millis(100)).unwrap();
    let (budget, full) = (Budget::new(config, at(0)), 1 << 22);
    for _ in 0..full + 1_000 {
        budget.deposit(at(0));
    }
    let snapshot = budget.snapshot(at(0));
    assert_eq!((snapshot.balance, snapshot.deposits), (full / 2, Some(full + 1_000)));
    budget.deposit(at(1));
    budget.deposit(at(1));
    assert_eq!((drain(&budget, at(1)), budget.snapshot(at(1)).deposits), (1, Some(full + 1_002)));
}

#[test]
fn e9_a_refund_makes_room_for_as_long_as_the_withdrawal_took_it() {
    let budget = budget(0.0, 0.1, 10);
    let first = budget.withdraw(at(0)).unwrap();
    assert!(budget.withdraw(at(5)).is_none());
    budget.refund(first);
    let second = budget.withdraw(at(5)).unwrap();
    let third = budget.withdraw(at(17)).unwrap();
    // Its time is over, and another one has its place: that one stands.
    budget.refund(second);
    assert!(budget.withdraw(at(18)).is_none());
    budget.refund(third);
    assert!(budget.withdraw(at(18)).is_some());
    let snapshot = budget.snapshot(at(18));
    assert_eq!((snapshot.withdrawn, snapshot.refused, snapshot.refunded), (4, 2, 3));
}

#[test]
fn f7_a_budget_is_small() {
    assert!(size_of::<Budget>() <= 448, "{}", size_of::<Budget>());
}
