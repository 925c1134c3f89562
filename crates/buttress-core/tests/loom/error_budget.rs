//! An error budget whose level changes while calls are counted.

use super::*;
use buttress_core::ErrorBudget;
use buttress_core::Ratio;
use buttress_core::error_budget::{self, Change, Changes, Level};

/// A step of the window, and the whole of it.
const STEP: u64 = 2_000_000_000;
const WINDOW: u64 = 60_000_000_000;

const fn nanos(nanos: u64) -> Tick {
    Tick::from_nanos(nanos)
}

/// One call of two may be bad; low below a tenth, and over where it began.
fn budget() -> Arc<ErrorBudget> {
    let half = Ratio::new(0.5).expect("a half");
    let config = error_budget::Config::builder().objective(half).window(Duration::from_nanos(WINDOW));
    let config = config.alerts(&[]).hysteresis(Ratio::ZERO).minimum_calls(1).build().expect("valid");
    Arc::new(ErrorBudget::new(config, nanos(0)))
}

fn told(changes: impl IntoIterator<Item = Changes>) -> Vec<Change> {
    changes.into_iter().flatten().collect()
}

#[test]
fn d3_two_bad_calls_that_both_exhaust_a_budget_are_one_exhaustion() {
    explore_within(Some(3), "two bad calls", |[first, second], step_back| {
        let budget = budget();
        let other = thread::spawn({
            let budget = budget.clone();
            move || told(budget.record(false, nanos(1)))
        });
        step_back();
        let mine = told(budget.record(false, nanos(1)));
        let others = other.join().expect("no panic");
        first.note(!mine.is_empty());
        second.note(!others.is_empty());
        let all: Vec<_> = mine.into_iter().chain(others).collect();
        assert!(matches!(all[..], [Change::Exhausted { .. }]), "{all:?}");
        assert_eq!((budget.totals().exhausted, budget.totals().bad), (1, 2));
    });
}

#[test]
fn d3_b7_a_bad_call_beside_the_beginning_of_a_bucket_is_neither_lost_nor_left_untold() {
    explore_within(Some(3), "bad call, bucket", |[by_the_call, by_the_bucket], step_back| {
        let budget = budget();
        // One bad call that the window of the step after next does not hold any more, and the good one beside it does.
        let _ = budget.record(true, nanos(1));
        let other = thread::spawn({
            let budget = budget.clone();
            move || told(budget.record(false, nanos(STEP)))
        });
        step_back();
        let mine = told(budget.record(false, nanos(STEP)));
        let others = other.join().expect("no panic");
        by_the_call.note(!mine.is_empty());
        by_the_bucket.note(!others.is_empty());
        let exhausted = |change: &&Change| matches!(change, Change::Exhausted { .. });
        assert_eq!(mine.iter().chain(&others).filter(exhausted).count(), 1, "{mine:?} {others:?}");
        let snapshot = budget.snapshot(nanos(STEP));
        assert_eq!((snapshot.total, snapshot.bad), (3, 2));
        assert_eq!((snapshot.level, budget.level()), (Level::Spent, Level::Spent), "nothing is left untold");
    });
}

#[test]
fn d3_a_recovery_beside_a_bad_call_leaves_the_level_that_the_calls_have() {
    explore_within(Some(3), "recovery, bad call", |[recovered, stayed], step_back| {
        let budget = budget();
        let exhausted = told(budget.record(false, nanos(1)));
        assert_eq!(exhausted.len(), 1);
        let later = WINDOW + STEP;
        let other = thread::spawn({
            let budget = budget.clone();
            // Time alone has healed it.
            move || told([budget.check(nanos(later))])
        });
        step_back();
        let mine = told(budget.record(false, nanos(later)));
        let others = other.join().expect("no panic");
        let all: Vec<_> = mine.into_iter().chain(others).collect();
        recovered.note(!all.is_empty());
        stayed.note(all.is_empty());
        let count = |wanted: fn(&Change) -> bool| all.iter().filter(|change| wanted(change)).count();
        let recoveries = count(|change| matches!(change, Change::Recovered { .. }));
        let exhaustions = count(|change| matches!(change, Change::Exhausted { .. }));
        assert_eq!(recoveries, exhaustions, "it ends as it began: {all:?}");
        assert_eq!((budget.level(), budget.snapshot(nanos(later)).level), (Level::Spent, Level::Spent));
        assert_eq!(budget.snapshot(nanos(later)).bad, 1);
    });
}
