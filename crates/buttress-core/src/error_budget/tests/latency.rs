//! Objectives about time.

use super::*;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn within(exact: Duration, shown: Duration) -> bool {
    (exact.as_secs_f64() / shown.as_secs_f64() - 1.0).abs() <= 1.0 / 30.0
}

#[test]
fn c34_w30_only_shares_of_one_are_quantiles_and_a_percentage_is_told_what_to_write() {
    for share in [0.5, 0.95, 0.999, 1e-9] {
        assert_eq!(Quantile::new(share).unwrap().get(), share);
    }
    for wrong in [0.0, -0.5, 1.0, 50.0, 95.0, f64::NAN, f64::INFINITY] {
        let error = Quantile::new(wrong).unwrap_err().to_string();
        assert!(
            error.ends_with("allowed is above 0 and below 1, such as 0.95 for the 95th percentile"),
            "{error}"
        );
    }
    assert_eq!(Quantile::new(0.999).unwrap().to_string(), "p99.9");
    // 95 of 100 and not 0.95 of them.
    assert_eq!(Quantile::P95.rank(100), 95);
    assert_eq!([1, 2, 20, 21].map(|calls| Quantile::P95.rank(calls)), [1, 2, 19, 20]);
}

#[test]
fn s2_87_w30_ninety_eight_calls_of_a_hundred_that_are_slow_exhaust_a_latency_budget() {
    let budget = ErrorBudget::new(presets::p95_latency(), at(0));
    for call in 0..100 {
        let took = if call < 2 { millis(1) } else { secs(1) };
        let _ = budget.record_lasting(true, took, at(1));
    }
    let snapshot = budget.snapshot(at(1));
    assert_eq!((snapshot.bad, snapshot.exhausted), (98, true));
    assert_eq!(snapshot.availability.unwrap().get(), 0.02, "so many keep to it");
    let percentiles = snapshot.percentiles.unwrap();
    assert!(within(secs(1), percentiles.of_objective) && within(secs(1), percentiles.p95));
    assert_eq!((snapshot.totals.slow, snapshot.totals.bad), (98, 98));
}

#[test]
fn s2_87_a_call_at_the_limit_keeps_to_it_and_a_failure_does_not_however_quick() {
    let budget = ErrorBudget::new(presets::p95_latency(), at(0));
    let _ = budget.record_lasting(true, millis(100), at(1));
    assert_eq!(budget.snapshot(at(1)).bad, 0);
    let _ = budget.record_lasting(true, millis(100) + Duration::from_nanos(1), at(1));
    let _ = budget.record_lasting(false, millis(1), at(1));
    assert_eq!((budget.snapshot(at(1)).bad, budget.totals().slow), (2, 1));
    // Where time does not matter, it is not asked for.
    let other = ErrorBudget::new(presets::standard(), at(0));
    let _ = other.record_lasting(true, secs(3_600), at(1));
    assert_eq!((other.snapshot(at(1)).bad, other.snapshot(at(1)).percentiles), (0, None));
}

#[test]
fn s2_87_w39_percentiles_are_those_of_a_sorted_list_within_a_thirtieth() {
    let budget = budget(|to| to.slower_than(secs(10)).window(secs(3_600)));
    let mut all = Vec::new();
    let mut roll = 9_u64;
    for call in 0..20_000 {
        roll = roll.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // From 20 microseconds to some seconds, each order as often.
        let took = 20_000 << ((roll >> 33) % 18);
        let took = Duration::from_nanos(took + (roll >> 40) % took);
        all.push(took);
        let _ = budget.record_lasting(true, took, at(call / 6));
    }
    all.sort_unstable();
    let percentiles = budget.snapshot(at(3_333)).percentiles.unwrap();
    for (exact, shown) in [
        (all[9_999], percentiles.p50),
        (all[18_999], percentiles.p95),
        (all[19_799], percentiles.p99),
        (all[19_979], percentiles.of_objective),
    ] {
        assert!(within(exact, shown), "{exact:?} shown as {shown:?}");
    }
}

#[test]
fn s2_87_durations_leave_with_their_window() {
    for tumbling in [false, true] {
        let budget = budget(|to| to.slower_than(secs(1)).window(secs(600)).tumbling(tumbling));
        for _ in 0..10 {
            let _ = budget.record_lasting(true, secs(5), at(30));
        }
        let _ = budget.record_lasting(true, millis(1), at(599));
        assert!(within(secs(5), budget.snapshot(at(599)).percentiles.unwrap().p50));
        let later = budget.snapshot(at(if tumbling { 600 } else { 661 })).percentiles;
        assert_eq!(later.map(|later| within(millis(1), later.p99)), (!tumbling).then_some(true));
        let _ = budget.reset(at(700));
        assert_eq!(budget.snapshot(at(700)).percentiles, None);
    }
}
