//! What is taken along to the next process.

use super::*;
use buttress_core::ErrorBudget;
use buttress_core::error_budget::{Change, Config, Level, Pair};

/// Traffic of three days with failures in it, the last of them half an hour ago.
fn lived() -> (ErrorBudget, u64) {
    let config = Config::builder().slower_than(secs(1)).build().unwrap();
    let budget = ErrorBudget::new(config, at(500));
    let mut dice = Dice(3);
    let end = 3 * DAY + 17 * MINUTE + 3;
    for second in (500..500 + end).step_by(2) {
        let failing = if second % DAY < 600 { 60_000 } else { 10 };
        let took = Duration::from_millis(dice.below(1_100));
        let _ = budget.record_lasting(!dice.falls(failing), took, at(second));
    }
    (budget, 500 + end)
}

#[test]
fn s2_84_a_budget_goes_on_where_it_was_if_no_time_has_passed() {
    let (budget, now) = lived();
    let state = budget.export(at(now));
    // The clock of the new process shows something else altogether.
    let restored = ErrorBudget::restore(*budget.config(), &state, Duration::ZERO, at(7));
    let [before, after] = [budget.snapshot(at(now)), restored.snapshot(at(7))];
    assert_eq!((after.total, after.bad), (before.total, before.bad));
    assert_eq!((&after.burn, after.level), (&before.burn, before.level));
    assert_eq!((after.percentiles, after.remaining), (before.percentiles, before.remaining));
    assert_eq!((after.totals.good, after.totals.bad), (0, 0), "what it counts for others begins anew");
    assert!(restored.check(at(7)).is_empty(), "nothing is told twice");
    // And so it does from then on, bucket by bucket.
    for later in (0..40 * DAY).step_by(4_321) {
        let [before, after] = [budget.snapshot(at(now + later)), restored.snapshot(at(7 + later))];
        assert_eq!(
            (&after.burn, after.bad, after.total),
            (&before.burn, before.bad, before.total),
            "{later} s"
        );
        assert_eq!(after.percentiles, before.percentiles, "{later} s");
    }
}

#[test]
fn s2_84_what_is_older_than_the_window_when_it_comes_back_is_forgotten() {
    let (budget, now) = lived();
    let state = budget.export(at(now));
    for away in [1, 600, HOUR, DAY, 29 * DAY, 31 * DAY, 365 * DAY, 500 * 365 * DAY] {
        let restored = ErrorBudget::restore(*budget.config(), &state, secs(away), at(9));
        let after = restored.snapshot(at(9));
        if away < 100 * 365 * DAY {
            let before = budget.snapshot(at(now + away));
            assert_eq!(
                (after.total, after.bad, &after.burn),
                (before.total, before.bad, &before.burn),
                "{away} s"
            );
        }
        assert_eq!(after.total == 0, away >= 31 * DAY, "{away} s");
        if away >= 31 * DAY {
            assert_eq!((after.remaining, after.level), (Ratio::ONE, Level::Normal));
        }
        // A call counts, whenever it comes back.
        let _ = restored.record(false, at(10));
        assert_eq!(restored.snapshot(at(10)).bad, after.bad + 1);
    }
    let restored = ErrorBudget::restore(*budget.config(), &state, Duration::MAX, Tick::MAX);
    assert_eq!(restored.snapshot(Tick::MAX).total, 0);
}

#[test]
fn s2_85_a_recovery_during_the_absence_is_told_once_and_an_exhaustion_not_again() {
    let config = Config::builder().window(secs(3_600)).minimum_calls(1).build().unwrap();
    let budget = ErrorBudget::new(config, at(0));
    let told: Vec<_> = (0..10).flat_map(|_| budget.record(false, at(0))).flatten().collect();
    let [hour, ..] = Pair::STANDARD;
    assert_eq!(told, [Change::Exhausted { bad: 1, total: 1 }, Change::Burning { pair: hour }]);
    let _ = budget.check(at(60));
    let state = budget.export(at(60));
    let soon = ErrorBudget::restore(config, &state, secs(5), at(0));
    assert_eq!(soon.level(), Level::Spent);
    assert_eq!(soon.record(false, at(1)), None);
    let late = ErrorBudget::restore(config, &state, secs(DAY), at(0));
    let told: Vec<_> = late.check(at(0)).into_iter().collect();
    let recovered = Change::Recovered { from: Level::Spent, to: Level::Normal, remaining: Ratio::ONE };
    assert_eq!(told, [recovered, Change::Cooled { pair: hour }]);
    assert!(late.check(at(1)).is_empty());
}

#[test]
fn s2_84_other_settings_take_over_what_their_marks_can_tell() {
    let (budget, now) = lived();
    let state = budget.export(at(now));
    let before = budget.snapshot(at(now));
    for window in [60, 600, 3_600, 7 * DAY] {
        let config = Config::builder().window(secs(window)).objective(share(0.9)).build().unwrap();
        let restored = ErrorBudget::restore(config, &state, Duration::ZERO, at(7));
        let total = restored.snapshot(at(7)).total;
        let expected = (window.min(now - 500)) / 2;
        assert!(total >= expected && total <= expected * 11 / 10 + 10, "{total} in {window} s, {expected}");
        assert!(total <= before.total);
    }
}

#[cfg(feature = "serde")]
mod read {
    use super::*;
    use buttress_core::error_budget::{Quantile, State};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn s2_84_a_state_is_the_same_when_it_was_written_and_read() {
        let (budget, now) = lived();
        let text = serde_json::to_string(&budget.export(at(now))).unwrap();
        assert!(text.len() < 100_000, "{} bytes", text.len());
        let state: State = serde_json::from_str(&text).unwrap();
        assert_eq!(state, budget.export(at(now)));
    }

    #[test]
    fn s2_84_what_comes_after_a_count_that_is_nonsense_is_counted_and_taken_along() {
        let config = Config::builder().window(secs(3_600)).tumbling(true).build().unwrap();
        let most = u64::MAX;
        let state = json!({
            "position": 3_600 * SECOND - 1,
            "marks": [[most, most, 0]],
            "durations": [],
            "level": "normal",
            "burning": [],
        });
        let state: State = serde_json::from_value(state).unwrap();
        let mut budget = ErrorBudget::restore(config, &state, Duration::ZERO, at(0));
        // The next window begins, and holds only what comes in it, however often it is taken along.
        for calls in 1..4 {
            let _ = budget.record(true, at(1));
            let _ = budget.record(false, at(1));
            let counts = |budget: &ErrorBudget| (budget.snapshot(at(1)).total, budget.snapshot(at(1)).bad);
            assert_eq!(counts(&budget), (2 * calls, calls));
            budget = ErrorBudget::restore(config, &budget.export(at(1)), Duration::ZERO, at(1));
            assert_eq!(counts(&budget), (2 * calls, calls));
        }
    }

    /// Small numbers, those of a month in nanoseconds, and the largest there are.
    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![0..20_u64, 0..30 * DAY * SECOND, Just(u64::MAX), Just(u64::MAX / 2), any::<u64>()]
    }

    /// Whatever a file can hold: times in no order and in the future, counts that fall, and buckets there are none of.
    fn state() -> impl Strategy<Value = Value> {
        let mark = (number(), number(), number());
        let bucket = prop_oneof![0..400_u16, any::<u16>()];
        let durations = (number(), prop::collection::vec((bucket, number()), 0..6));
        (
            number(),
            prop::collection::vec(mark, 0..8),
            prop::collection::vec(durations, 0..6),
            prop::sample::select(vec!["normal", "careful", "spent"]),
            prop::collection::vec(
                (any::<f64>().prop_filter("JSON has it", |rate| rate.is_finite()), number()),
                0..6,
            ),
        )
            .prop_map(|(position, marks, durations, level, burning)| {
                let time = |secs: u64| json!({ "secs": secs, "nanos": 0 });
                let pair =
                    |(rate, secs): (f64, u64)| json!({ "rate": rate, "long": time(secs), "short": time(9) });
                json!({
                    "position": position,
                    "marks": marks,
                    "durations": durations,
                    "level": level,
                    "burning": burning.into_iter().map(pair).collect::<Vec<_>>(),
                })
            })
    }

    fn settings() -> impl Strategy<Value = Config> {
        let windows = prop::sample::select(vec![60, 3_600, 30 * DAY]);
        (windows, any::<bool>(), prop::sample::select(vec![0.5, 0.95, 0.999])).prop_map(
            |(window, tumbling, quantile)| {
                let quick = Config::latency(Duration::from_millis(100), Quantile::new(quantile).unwrap());
                quick.window(secs(window)).tumbling(tumbling).build().unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn s2_84_any_state_that_can_be_read_makes_a_budget(
            state in state(),
            config in settings(),
            elapsed in number(),
            now in number(),
        ) {
            let state: State = serde_json::from_value(state).unwrap();
            let tick = Tick::from_nanos(now);
            let budget = ErrorBudget::restore(config, &state, Duration::from_nanos(elapsed), tick);
            for look in [tick, tick + secs(1), tick + secs(DAY)] {
                let _ = budget.check(look);
                let before = budget.snapshot(look);
                prop_assert!(before.remaining <= Ratio::ONE && before.allowed.is_finite());
                prop_assert!(before.bad <= before.total);
                let rate = budget.burn_rate(config.window(), look);
                prop_assert!(rate.is_none_or(|rate| rate.is_finite() && rate >= 0.0));
                let _ = budget.record_lasting(true, Duration::ZERO, look);
                let _ = budget.record_lasting(false, secs(1), look);
                let after = budget.snapshot(look);
                prop_assert!(after.percentiles.is_some());
                if look == tick {
                    prop_assert_eq!((after.total, after.bad), (before.total + 2, before.bad + 1));
                }
                // What it knows makes another.
                let again = ErrorBudget::restore(config, &budget.export(look), Duration::ZERO, look).snapshot(look);
                if after.total < u64::MAX / 4 {
                    prop_assert_eq!((again.total, again.bad), (after.total, after.bad));
                }
            }
        }
    }
}
