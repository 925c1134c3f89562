//! The alerting rules that are shipped: Prometheus takes them, they fire when they should, and what they ask for is exported.

use crate::promtool;
use buttress::error_budget;
use buttress::health::{Check, Config, Found, Monitor};
use buttress::metrics::{Exporter, FAMILIES};
use buttress::registry::Registry;
use std::fs;
use std::path::{Path, PathBuf};
use support::breaker;

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn rules() -> String {
    fs::read_to_string(at("docs/alerts.yml")).unwrap()
}

/// What stands in the rules for a metric: its name, and the matchers of its labels.
fn selectors(text: &str) -> Vec<(String, Vec<String>)> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let code = code.collect::<Vec<_>>().join("\n");
    let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let mut found = Vec::new();
    for (start, _) in code.match_indices("buttress_") {
        let (name, rest) = code[start..].split_at(code[start..].find(|char| !is_name(char)).unwrap());
        let matchers =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |found| found.0);
        let matchers = matchers.split(',').filter(|matcher| !matcher.is_empty()).map(str::to_owned);
        found.push((name.to_owned(), matchers.collect()));
    }
    // A group is called so too.
    found.retain(|(name, _)| name != "buttress_error_budgets");
    found
}

#[test]
fn s2_136_s2_137_s2_138_s2_139_c21_the_alerts_fire_as_they_are_meant_to_and_end() {
    assert_eq!(promtool::run(&["check", "rules"], &at("docs/alerts.yml")), Ok(()));
    assert_eq!(promtool::run(&["test", "rules"], &at("tests/alerts/rules.yml")), Ok(()));
    let tested = fs::read_to_string(at("tests/alerts/rules.yml")).unwrap();
    for alert in rules().lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(tested.contains(&format!("alertname: {alert}\n")), "{alert} is not tested");
    }
}

#[test]
fn s2_139_every_metric_that_an_alert_asks_for_is_exported_with_the_labels_it_asks_by() {
    let registry = Registry::new();
    registry.circuit_breaker("orders", breaker::config()).unwrap();
    let monitor = Monitor::new("backends", Config::default());
    monitor.register(Check::new("database", || std::future::ready(Found::Healthy))).unwrap();
    registry.add(monitor).unwrap();
    registry.add(error_budget::Handle::new("checkout", error_budget::presets::high_availability())).unwrap();
    let page = Exporter::new(registry).render();
    let asked = selectors(&rules());
    assert!(asked.len() > 5, "{asked:?}");
    for (name, matchers) in asked {
        assert!(FAMILIES.iter().any(|family| family.full_name("buttress") == name), "there is no {name}");
        let mut series = page.lines().filter(|line| line.starts_with(&format!("{name}{{")));
        let of_one_value = matchers.iter().filter(|matcher| !matcher.contains('~'));
        let of_one_value: Vec<_> = of_one_value.collect();
        let is_there = series.any(|line| of_one_value.iter().all(|matcher| line.contains(matcher.as_str())));
        assert!(is_there, "no series of {name} has {of_one_value:?}");
    }
}
