//! The numbers of the sources' stacks, by name.

use buttress::presets::{self, Preset, network_recovery};
use std::time::Duration;

#[test]
fn each_preset_has_the_name_that_finds_it() {
    for name in presets::names() {
        assert_eq!(presets::by_name(name).unwrap().name, name);
    }
    let names: std::collections::BTreeSet<_> = presets::names().collect();
    assert_eq!(names.len(), presets::names().count());
}

#[test]
fn a_name_with_a_slip_in_it_is_told_what_was_meant() {
    let unknown = presets::by_name("walgit/siu").unwrap_err();
    let text = unknown.to_string();
    assert!(text.starts_with(r#"there is no preset "walgit/siu", did you mean "walgit/sui"?"#), "{text}");
    assert_eq!(presets::by_name("").unwrap_err().closest(), None);
}

#[test]
fn s1_29_s1_33_s1_40_network_operations_have_their_breaker_and_their_retries() {
    let numbers = |preset: Preset| {
        let (breaker, retry) = (preset.circuit_breaker.unwrap(), preset.retry.unwrap());
        let opens = (breaker.failures_in_window().unwrap(), breaker.open_for().as_secs());
        (opens, retry.max_attempts().get(), retry.backoff().base().as_millis(), preset.timeout)
    };
    assert_eq!(numbers(network_recovery::default()), ((3, 60), 3, 1_000, None));
    assert_eq!(numbers(network_recovery::api_client()), ((5, 120), 3, 2_000, None));
    let pull = Some(Duration::from_secs(300));
    assert_eq!(numbers(network_recovery::registry()), ((3, 180), 5, 1_000, pull));
}
