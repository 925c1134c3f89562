//! Several objectives, judged by the same calls.

use crate::{FAILED, HOUR, config, ratio, record};
use buttress::error_budget::{Config, Handle, presets};
use buttress::presets::dwcp;
use buttress::registry::{Registry, RegistryError};
use buttress::{BoxError, Outcome, Stack};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn s2_86_each_call_is_judged_by_every_objective_and_all_are_asked_about_at_once() {
    let quick = config().to_builder().slower_than(Duration::from_millis(100)).build().unwrap();
    let handle = Handle::of("orders", [("failures", config()), ("latency", quick)]);
    record(&handle, Outcome::Success, 5);
    assert!(handle.all_met());
    for _ in 0..5 {
        handle.record(Outcome::Success, Duration::from_millis(101));
    }
    let snapshot = handle.snapshot();
    let stands: Vec<_> = snapshot
        .objectives
        .iter()
        .map(|objective| {
            (objective.name, objective.budget.total, objective.budget.bad, objective.budget.exhausted)
        })
        .collect();
    assert_eq!(stands, [("orders.failures", 10, 0, false), ("orders.latency", 10, 5, true)]);
    assert!(!handle.all_met() && !snapshot.all_met() && handle.is_exhausted());
    handle.reset();
    assert!(handle.all_met());
}

#[tokio::test]
async fn s2_86_a_registry_tracks_all_objectives_there_are() {
    let registry = Registry::new();
    let orders = registry.error_budget("orders", config()).unwrap();
    let payments = Handle::of("payments", [("a", config()), ("b", presets::standard())]);
    registry.add(payments.clone()).unwrap();
    assert!(registry.status().objectives_met(), "without calls too");
    record(&payments, Outcome::Success, 20);
    record(&payments, FAILED, 1);
    let status = registry.status();
    let met = |name: &str| status.error_budgets[name].met;
    assert_eq!((met("orders"), met("payments"), status.objectives_met()), (true, false, false));
    let objectives: Vec<_> = status.error_budgets["payments"]
        .objectives
        .iter()
        .map(|(name, objective)| (*name, objective.objective, objective.met, objective.exhausted))
        .collect();
    let (a, b) = (("payments.a", ratio(0.9), true, false), ("payments.b", ratio(0.999), false, false));
    assert_eq!(objectives, [a, b], "21 calls are too few to be exhausted");

    assert!(registry.error_budget("orders", config()).is_ok_and(|same| same.name() == orders.name()));
    let other = registry.error_budget("orders", presets::standard()).unwrap_err();
    assert!(matches!(other, RegistryError::OtherSettings { .. }), "{other}");
    let several = registry.error_budget("payments", config()).unwrap_err();
    assert!(several.to_string().contains("number of objectives is 2, not 1"), "{several}");
}

#[test]
#[should_panic(expected = "two objectives of \"orders\" are called \"orders.a\"")]
fn c18_two_objectives_of_one_name_are_refused() {
    let _ = Handle::of("orders", [("a", config()), ("a", presets::standard())]);
}

#[test]
#[should_panic(expected = "\"orders\" has no objective")]
fn a_budget_without_an_objective_is_refused() {
    let _ = Handle::of::<&str>("orders", []);
}

#[test]
fn s2_81_s2_133_s2_134_s2_135_promises_have_the_numbers_of_their_names() {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    let numbers = |config: Config| (config.objective().get(), config.window());
    assert_eq!(numbers(presets::high_availability()), (0.9999, 30 * DAY));
    assert_eq!(numbers(presets::standard()), (0.999, DAY));
    assert_eq!(numbers(presets::best_effort()), (0.99, HOUR));
}

#[tokio::test]
async fn s2_105_s2_111_the_preset_with_everything_keeps_three_budgets() {
    let registry = Registry::new();
    let stack = Stack::new("orders").preset(&dwcp::all()).operation("submit").register(&registry).unwrap();
    let fails = || async { Err::<(), BoxError>("no".into()) };
    assert!(stack.run(fails).await.is_err());
    let status = registry.status();
    let budget = &status.error_budgets["orders"];
    let numbers: Vec<_> = budget
        .objectives
        .iter()
        .map(|(name, of)| (*name, of.objective.get(), of.window, of.slower_than, of.bad))
        .collect();
    let (day, p95) = (HOUR * 24, Duration::from_millis(100));
    let expected = [
        ("orders.p95-latency", 0.95, HOUR, Some(p95), 1),
        ("orders.slo-availability", 0.999, day, None, 1),
        ("orders.slo-latency", 0.99, HOUR, numbers[2].3, 1),
    ];
    assert_eq!(numbers, expected);
}
