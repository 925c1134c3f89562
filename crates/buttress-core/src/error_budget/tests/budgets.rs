//! What remains, and when that is too little.

use super::*;
use crate::{FailureKind, Outcome};

/// An hour, one call of a hundred, no alerts, and no call too early.
fn hour(change: impl FnOnce(Builder) -> Builder) -> ErrorBudget {
    budget(|to| change(to.objective(share(0.99)).window(secs(3_600)).alerts(&[]).minimum_calls(1)))
}

#[test]
fn s2_85_c22_with_too_few_calls_it_is_neither_low_nor_exhausted_and_says_what_remains() {
    let budget = hour(|to| to.minimum_calls(100));
    assert!(calls(&budget, true, 1, 1).is_empty() && calls(&budget, false, 1, 1).is_empty());
    let snapshot = budget.snapshot(at(1));
    assert_eq!((snapshot.remaining, snapshot.consumed, snapshot.met), (Ratio::ZERO, Ratio::ONE, false));
    assert_eq!((snapshot.level, snapshot.exhausted, budget.level()), (Level::Normal, false, Level::Normal));
    assert!(calls(&budget, false, 97, 1).is_empty() && budget.check(at(1)).is_empty(), "99 calls");
    assert_eq!(calls(&budget, false, 1, 1), [Change::Exhausted { bad: 99, total: 100 }]);
    // When they have left the window, it begins anew.
    let told: Vec<_> = budget.check(at(3_900)).into_iter().collect();
    assert!(matches!(told[..], [Change::Recovered { to: Level::Normal, .. }]), "{told:?}");
    assert!(calls(&budget, false, 99, 3_900).is_empty());
    // A good call makes a hundred of them: that is found with the next bucket, or when somebody looks.
    assert!(calls(&budget, true, 1, 3_900).is_empty());
    assert_eq!(budget.snapshot(at(3_900)).level, Level::Spent);
    assert!(matches!(budget.check(at(3_900)).into_iter().next(), Some(Change::Exhausted { bad: 99, .. })));
}

#[test]
fn c22_with_few_calls_left_in_the_window_it_stays_as_it_is_until_it_is_better() {
    let budget = hour(|to| to.minimum_calls(100));
    calls(&budget, true, 90, 0);
    calls(&budget, false, 8, 0);
    calls(&budget, false, 2, 1_800);
    assert_eq!(budget.level(), Level::Spent);
    assert!(budget.check(at(3_800)).is_empty());
    let snapshot = budget.snapshot(at(3_800));
    assert_eq!((snapshot.total, snapshot.level), (2, Level::Spent));
    assert!(!budget.check(at(5_600)).is_empty());
    assert_eq!(budget.level(), Level::Normal);
}

#[test]
fn c22_met_is_what_the_numbers_say_while_hysteresis_holds_the_level() {
    let budget = hour(|to| to.hysteresis(share(0.5)));
    calls(&budget, true, 98, 1);
    calls(&budget, false, 2, 1);
    assert_eq!((budget.is_met(at(1)), budget.level()), (false, Level::Spent));
    calls(&budget, true, 100, 1);
    let snapshot = budget.snapshot(at(1));
    assert_eq!((snapshot.bad, snapshot.allowed), (2, 2.0));
    assert_eq!(
        (snapshot.met, snapshot.exhausted),
        (true, true),
        "as many as may be, and not half of the budget left"
    );
    assert!(budget.is_met(at(1)));
}

#[test]
fn s2_81_s2_82_s2_84_what_remains_is_one_less_the_failed_among_those_that_may() {
    let budget = ErrorBudget::new(presets::standard(), at(0));
    assert!(calls(&budget, true, 9_996, 1).is_empty());
    calls(&budget, false, 4, 1);
    let snapshot = budget.snapshot(at(1));
    assert_eq!((snapshot.total, snapshot.bad), (10_000, 4));
    assert_eq!((snapshot.objective.get(), snapshot.window), (0.999, secs(86_400)));
    assert_eq!((snapshot.allowed, snapshot.allowed_left), (10.0, 6.0));
    assert_eq!((snapshot.remaining.get(), snapshot.consumed.get()), (0.6, 0.4));
    assert_eq!(snapshot.availability.unwrap().get(), 0.9996);
    assert_eq!((snapshot.low, snapshot.exhausted, snapshot.level), (false, false, Level::Normal));
}

#[test]
fn s2_83_it_is_exhausted_when_fewer_calls_succeed_than_the_objective_has_it() {
    let budget = hour(|to| to);
    calls(&budget, true, 99, 1);
    calls(&budget, false, 1, 1);
    let snapshot = budget.snapshot(at(1));
    assert_eq!((snapshot.remaining, snapshot.exhausted), (Ratio::ZERO, false), "exactly what may fail");
    let told = calls(&budget, false, 1, 1);
    assert_eq!(told, [Change::Exhausted { bad: 2, total: 101 }]);
    assert!(budget.snapshot(at(1)).exhausted);
}

#[test]
fn s2_85_exhausted_and_recovered_are_told_once_each_with_room_between_them() {
    let budget = hour(|to| to.hysteresis(share(0.2)));
    calls(&budget, true, 1_000, 0);
    let told = calls(&budget, false, 9, 1);
    assert!(told.is_empty(), "a tenth is left, a little more");
    assert!(matches!(calls(&budget, false, 1, 2)[..], [Change::Low { remaining }] if remaining.get() < 0.1));
    assert!(matches!(calls(&budget, false, 5, 2)[..], [Change::Exhausted { bad: 11, total: 1_011 }]));
    // Those that succeed bring it back; this is seen when a bucket begins. A fifth must be left, and of low three tenths.
    let mut told = Vec::new();
    for second in 0..10 {
        told.extend(calls(&budget, true, 100, 120 * (second + 1)));
    }
    let [Change::Recovered { from: Level::Spent, to: Level::Careful, remaining }] = told[..] else {
        panic!("{told:?}")
    };
    assert!((0.2..0.26).contains(&remaining.get()), "{remaining}");
    let told = calls(&budget, true, 1_000, 1_440);
    let told: Vec<_> = told.into_iter().chain(budget.check(at(1_441))).collect();
    assert!(
        matches!(told[..], [Change::Recovered { from: Level::Careful, to: Level::Normal, .. }]),
        "{told:?}"
    );
    let totals = budget.totals();
    assert_eq!((totals.low, totals.exhausted, totals.recovered), (1, 1, 2));
}

#[test]
fn s2_85_time_alone_heals_it_and_reset_does() {
    let budget = hour(|to| to);
    calls(&budget, false, 10, 5);
    assert!(budget.check(at(3_600)).is_empty());
    let told: Vec<_> = budget.check(at(3_600 + 120)).into_iter().collect();
    let recovered = Change::Recovered { from: Level::Spent, to: Level::Normal, remaining: Ratio::ONE };
    assert_eq!(told, [recovered]);
    calls(&budget, false, 10, 4_000);
    assert_eq!(budget.reset(at(4_000)).into_iter().collect::<Vec<_>>(), [recovered]);
    assert_eq!(budget.snapshot(at(4_000)).total, 0);
    assert_eq!(budget.totals().bad, 20, "a counter does not fall");
    assert!(budget.reset(at(4_001)).is_empty());
}

#[test]
fn c22_both_thresholds_can_be_set() {
    let budget = hour(|to| to.low(share(0.5)).exhausted(share(0.25)));
    calls(&budget, true, 10_000, 1);
    let mut told = Vec::new();
    for _ in 0..200 {
        told.extend(
            calls(&budget, false, 1, 1).into_iter().map(|change| (change, budget.snapshot(at(1)).bad)),
        );
    }
    let [(Change::Low { .. }, low), (Change::Exhausted { .. }, exhausted)] = told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((low, exhausted), (51, 76));
    // As S2 has it: low below a tenth, exhausted below nothing.
    assert_eq!((Config::default().low().get(), Config::default().exhausted()), (0.1, Ratio::ZERO));
}

#[test]
fn c23_a_rolling_window_forgets_a_failure_when_it_is_old_and_a_tumbling_one_at_its_end() {
    let look = |tumbling, second| {
        let budget = hour(|to| to.tumbling(tumbling));
        calls(&budget, false, 1, 3_000);
        budget.snapshot(at(second)).bad
    };
    assert_eq!([3_599, 3_600, 6_600, 6_720].map(|second| look(false, second)), [1, 1, 1, 0]);
    assert_eq!([3_599, 3_600, 6_600].map(|second| look(true, second)), [1, 0, 0]);
    // A reset begins a window.
    let budget = hour(|to| to.tumbling(true));
    let _ = budget.reset(at(1_000));
    calls(&budget, false, 1, 4_500);
    assert_eq!([4_599, 4_600].map(|second| budget.snapshot(at(second)).bad), [1, 0]);
}

#[test]
fn c33_w38_without_calls_all_of_it_is_left_and_no_availability_is_made_up() {
    for objective in [0.5, 0.999, 1.0] {
        let snapshot = budget(|to| to.objective(share(objective))).snapshot(at(0));
        assert_eq!((snapshot.remaining, snapshot.consumed), (Ratio::ONE, Ratio::ZERO));
        assert_eq!((snapshot.availability, snapshot.percentiles, snapshot.exhausted), (None, None, false));
    }
}

#[test]
fn w38_an_objective_of_one_is_exhausted_by_the_first_bad_call_and_nothing_is_ever_out_of_range() {
    let budget = budget(|to| to.objective(Ratio::ONE).window(secs(3_600)));
    calls(&budget, true, 1_000_000, 1);
    let snapshot = budget.snapshot(at(1));
    assert_eq!((snapshot.remaining, snapshot.allowed), (Ratio::ONE, 0.0));
    let told = calls(&budget, false, 1, 1);
    assert!(matches!(told[..], [Change::Exhausted { bad: 1, .. }, ..]), "{told:?}");
    calls(&budget, false, 9, 1);
    let snapshot = budget.snapshot(at(1));
    assert_eq!((snapshot.remaining, snapshot.consumed), (Ratio::ZERO, Ratio::ONE));
    assert!(snapshot.burn.iter().all(|burn| burn.long_rate.is_some_and(f64::is_finite)));
    // It is over only when none is left.
    assert!(budget.check(at(3_600)).into_iter().all(|change| matches!(change, Change::Cooled { .. })));
    assert!(matches!(budget.check(at(3_620)).into_iter().next(), Some(Change::Recovered { .. })));
}

#[test]
fn w38_ten_failures_at_once_are_no_less_than_nothing() {
    let budget = ErrorBudget::new(presets::best_effort(), at(0));
    calls(&budget, false, 10, 0);
    let snapshot = budget.snapshot(at(0));
    assert_eq!((snapshot.availability, snapshot.remaining), (Some(Ratio::ZERO), Ratio::ZERO));
    assert_eq!((snapshot.consumed, snapshot.allowed_left), (Ratio::ONE, 0.0));
}

#[test]
fn c20_a_refusal_is_a_bad_call_or_none_as_it_is_set() {
    let failure = Outcome::Failure(FailureKind::Response);
    for (count, refusal) in [(false, None), (true, Some(false))] {
        let config = config(|to| to.count_rejections(count));
        assert_eq!(config.judge(Outcome::Ignored, true), refusal);
        assert_eq!(config.judge(Outcome::Throttled, false), refusal);
        for (outcome, judged) in [
            (Outcome::Success, Some(true)),
            (failure, Some(false)),
            (Outcome::Ignored, None),
            (Outcome::Cancelled, None),
        ] {
            assert_eq!(config.judge(outcome, false), judged, "{outcome:?}");
        }
    }
}

#[test]
fn f1_a_clock_that_goes_back_forgets_nothing() {
    let budget = hour(|to| to);
    calls(&budget, false, 1, 100_000);
    for second in [0, 50_000, 99_999] {
        calls(&budget, true, 1, second);
        assert_eq!(budget.snapshot(at(second)).bad, 1);
    }
    let _ = budget.record(true, Tick::MAX);
    let snapshot = budget.snapshot(Tick::MAX);
    assert_eq!((snapshot.total, snapshot.bad), (1, 0));
}

#[test]
fn d8_its_size_does_not_depend_on_the_calls_and_is_what_the_pages_say() {
    let bytes = |config: Config| {
        let windows = Windows::new(&config, &Rule::new(&config));
        windows.pitches.iter().map(|pitch| pitch.bytes(2)).sum::<usize>()
    };
    let default = bytes(Config::default());
    assert!((16_000..17_000).contains(&default), "{default}");
    assert!(size_of::<ErrorBudget>() <= 1_024, "{}", size_of::<ErrorBudget>());
    // The most: windows so far apart that each has a ring of its own.
    let pair = |long, short| Pair { rate: 1.0, long: secs(long), short: secs(short) };
    let apart = [pair(13, 1), pair(170, 14), pair(30_000, 2_300), pair(2_592_000, 200_000)];
    let most = bytes(config(|to| to.alerts(&apart)));
    assert!(most <= 9 * 361 * 16, "{most}");
}
