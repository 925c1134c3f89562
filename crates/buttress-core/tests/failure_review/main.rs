//! What a failure log tells of a day.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "its own `main` is for those who run it")]
#[path = "../../../../examples/failure_review.rs"]
mod shop;

mod clocks;
mod findings;
mod log;
mod rates;
mod reading;
mod statistics;

use buttress_core::failure_log::{Analysis, Options};
use shop::{Planted, day, days, filter, midnight};
use std::time::Duration;

const ALL: Planted = Planted { periodic: true, pair: true, regression: true };

fn analysis(seed: u64, planted: Planted) -> Analysis {
    day(seed, planted).review(&filter(), &Options::default(), midnight()).analysis
}

fn findings(of: &Analysis) -> Vec<String> {
    let periodic = of.periodic.iter().map(ToString::to_string);
    let correlations = of.correlations.iter().map(ToString::to_string);
    periodic.chain(correlations).chain(of.regressions.iter().map(ToString::to_string)).collect()
}

/// How many of the three planted faults were found as what they are.
fn planted(found: &Analysis) -> usize {
    let periodic = found.periodic.iter().filter(|periodic| {
        periodic.subject.place() == "reports/export" && periodic.period == Duration::from_secs(1_800)
    });
    let pair = found
        .correlations
        .iter()
        .filter(|pair| pair.one.place() == "inventory/lookup" && pair.other.place() == "orders/reserve");
    let regression = found.regressions.iter().filter(|worse| worse.subject.place() == "catalogue/suggest");
    periodic.count() + pair.count() + regression.count()
}

#[test]
fn s0_56_s0_58_a_day_with_three_planted_faults_is_told_by_all_three_and_no_fourth() {
    let mut named = 0;
    for seed in 0..20 {
        let found = analysis(seed, ALL);
        named += planted(&found);
        assert_eq!(found.findings(), planted(&found), "{seed}: {:#?}", findings(&found));
    }
    // On one of the days the pair met other failures of its own so often that it is below the score.
    assert!(named >= 59, "{named} of 60 are named");
}

#[test]
fn s0_58_of_two_hundred_ordinary_days_none_has_a_finding() {
    let days = 1_000..1_200;
    let found: Vec<_> = days
        .flat_map(|seed| {
            findings(&analysis(seed, Planted::default())).into_iter().map(move |what| (seed, what))
        })
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn s0_58_of_ordinary_weeks_none_has_a_finding() {
    let after = |days: u32| midnight() + Duration::from_secs(86_400) * (days - 1);
    let found: Vec<_> = (0..10)
        .flat_map(|seed| {
            let week = days(7, seed, Planted::default());
            let options = Options::default();
            // The week, and its last day by itself.
            let last_day = filter().since(after(6));
            [filter(), last_day].map(|filter| findings(&week.review(&filter, &options, after(7)).analysis))
        })
        .flatten()
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn s0_66_the_example_shows_what_it_says() {
    shop::run();
}
