//! Names, namespaces and the two shapes.

use crate::page::Page;
use buttress::circuit_breaker::{Config, Handle, State};
use buttress::metrics::{Exporter, FAMILIES};
use buttress::registry::Registry;
use buttress::{FailureKind, Outcome};
use support::breaker::{self, fail};

pub(crate) fn with(handle: &Handle) -> Exporter {
    let registry = Registry::new();
    registry.add(handle.clone()).unwrap();
    Exporter::builder(registry).per_state(true).build().unwrap()
}

#[test]
fn s2_28_s2_29_s2_30_s2_31_s2_32_s2_34_s2_112_s4_16_a_breaker_exports_what_s2_did() {
    let handle = Handle::new("orders", breaker::config());
    let exporter = with(&handle);
    handle.acquire().unwrap().record(Outcome::Success, None);
    fail(&handle, 2);
    for _ in 0..3 {
        assert!(handle.acquire().is_err());
    }
    let page = Page::scrape(&exporter);
    for (series, value) in [
        (r#"circuit_breaker_state{name="orders"}"#, 2.0),
        (r#"circuit_breaker_requests_total{name="orders",result="success"}"#, 1.0),
        (r#"circuit_breaker_requests_total{name="orders",result="failure"}"#, 2.0),
        (r#"circuit_breaker_requests_total{name="orders",result="rejected"}"#, 3.0),
        (r#"circuit_breaker_requests_total{name="orders",result="cancelled"}"#, 0.0),
        (r#"circuit_breaker_failures_total{name="orders"}"#, 2.0),
        (r#"circuit_breaker_state_changes_total{name="orders",from_state="closed",to_state="open"}"#, 1.0),
        // There from the start, so that the first one is seen as a change.
        (r#"circuit_breaker_state_changes_total{name="orders",from_state="open",to_state="half_open"}"#, 0.0),
        (r#"circuit_breaker_trips_total{name="orders"}"#, 1.0),
    ] {
        assert_eq!(page.get(series), value, "{series}");
    }
}

#[test]
fn s4_14_each_call_has_one_result_also_where_throttling_is_a_failure() {
    for counts in [false, true] {
        let config = Config::builder().count_throttling(counts).build().unwrap();
        let handle = Handle::new("orders", config);
        let exporter = with(&handle);
        let outcomes = [
            Outcome::Success,
            Outcome::Failure(FailureKind::Error),
            Outcome::Throttled,
            Outcome::Ignored,
            Outcome::Cancelled,
        ];
        for outcome in outcomes {
            handle.acquire().unwrap().record(outcome, None);
        }
        drop(handle.acquire().unwrap());
        let page = Page::scrape(&exporter);
        let calls = |result| {
            page.get(&format!(r#"circuit_breaker_requests_total{{name="orders",result="{result}"}}"#))
        };
        let results = ["success", "failure", "throttled", "ignored", "cancelled"].map(calls);
        assert_eq!(results, [1.0, 1.0, 1.0, 1.0, 2.0]);
        let failures = page.get(r#"circuit_breaker_failures_total{name="orders"}"#);
        assert_eq!(failures, if counts { 2.0 } else { 1.0 });
    }
}

#[test]
fn s2_08_the_namespace_stands_before_every_name_but_those_of_s3() {
    let handle = Handle::new("a", breaker::config());
    let registry = Registry::new();
    registry.add(handle.clone()).unwrap();
    let named = |namespace: &str| {
        let exporter = Exporter::builder(registry.clone()).namespace(namespace).build().unwrap();
        Page::scrape(&exporter)
    };
    let page = named("dwcp");
    assert!(!page.names().is_empty() && page.names().iter().all(|name| name.starts_with("dwcp_circuit_")));
    let page = named("");
    assert!(page.names().iter().all(|name| name.starts_with("circuit_breaker_")), "{:?}", page.names());
    let page = Page::scrape(&with(&handle));
    let bare: Vec<_> = page.names().into_iter().filter(|name| !name.starts_with("buttress_")).collect();
    assert_eq!(bare, ["circuit_breaker_state", "circuit_breaker_trips_total"]);
    let unprefixed: Vec<_> =
        FAMILIES.iter().filter(|family| !family.prefixed).map(|family| family.name).collect();
    assert_eq!(unprefixed, bare);
}

#[test]
fn c09_names_that_would_clash_or_are_none_are_refused_when_it_is_built() {
    let build = |namespace: &str, per_state| {
        let exporter = Exporter::builder(Registry::new()).namespace(namespace).per_state(per_state).build();
        exporter.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(build("", false), Ok(()));
    assert_eq!(build("dwcp", true), Ok(()));
    assert!(build("", true).unwrap_err().starts_with("per_state is true without a namespace"));
    for wrong in ["9a", "a-b", "a.b", "ä", "a b", "a:b", "\n"] {
        assert!(build(wrong, false).unwrap_err().starts_with("namespace is "), "{wrong:?}");
    }
}

#[test]
fn s3_49_s3_50_w58_all_states_are_there_from_the_start_and_one_of_them_is_1() {
    let handle = Handle::new("orders", breaker::config());
    let exporter = with(&handle);
    let check = |trips: f64| {
        let page = Page::scrape(&exporter);
        for state in State::ALL {
            let series = format!(r#"circuit_breaker_state{{peer="orders",state="{state}"}}"#);
            let active = if state == handle.state() { 1.0 } else { 0.0 };
            assert_eq!(page.get(&series), active, "{series}");
        }
        assert_eq!(page.series["circuit_breaker_trips_total"], trips);
    };
    check(0.0);
    fail(&handle, 2);
    check(1.0);
    handle.force_open();
    check(1.0);
    handle.force_closed();
    check(1.0);
    handle.reset();
    check(1.0);
}
