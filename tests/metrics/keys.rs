//! Many keys, few series.

use crate::page::Page;
use crate::promtool;
use buttress::circuit_breaker::{Config, Keyed};
use buttress::metrics::{Builder, Exporter};
use buttress::registry::Registry;
use buttress::{Bounds, FailureKind, Outcome};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use support::AtEnd;
use support::breaker::{self, fail};

const REQUESTS: &str = "buttress_circuit_breaker_requests_total";

fn keyed<K: buttress::key::Key + ?Sized>(
    capacity: usize,
    config: Config,
    settings: impl FnOnce(Builder) -> Builder,
) -> (Keyed<K>, Exporter) {
    let keyed = Keyed::with_capacity("peers", config, NonZeroUsize::new(capacity).unwrap());
    let registry = Registry::new();
    registry.add(keyed.clone()).unwrap();
    (keyed, settings(Exporter::builder(registry)).build().unwrap())
}

/// Settings under which failures never open.
fn patient() -> Config {
    Config::builder().no_rules().failures_in_window(u32::MAX).build().unwrap()
}

fn failures(page: &Page, key: &str) -> Option<f64> {
    page.find(&format!(r#"circuit_breaker_failures_total{{name="peers",key="{key}"}}"#))
}

#[test]
fn h15_w43_a_hundred_thousand_keys_make_no_more_series_than_the_top_allows() {
    let (keyed, exporter) = keyed::<u64>(500, patient(), |settings| settings.top_keys(5).per_state(true));
    let mut counts = Vec::new();
    for round in 0..10 {
        for key in 0..10_000 {
            fail(&keyed.of(&(round * 10_000 + key)), 1);
        }
        counts.push(Page::scrape(&exporter).series.len());
    }
    assert!(counts[1..].iter().all(|count| *count == counts[1]), "{counts:?}");
    let page = Page::scrape(&exporter);
    assert_eq!(page.sum(REQUESTS, r#"result="failure""#), 100_000.0, "no call is lost with its key");
    assert_eq!(page.of("circuit_breaker_state").count(), 5 * 5);
}

#[test]
fn h15_the_keys_with_the_most_failures_have_series_of_their_own() {
    let (keyed, exporter) = keyed::<str>(100, patient(), |settings| settings.top_keys(2));
    for (key, times) in [("a", 5), ("b", 3), ("c", 1)] {
        fail(&keyed.of(key), times);
    }
    let page = Page::scrape(&exporter);
    // A series begins when the key gets it.
    assert_eq!(
        ["a", "b", "c", "other"].map(|key| failures(&page, key)),
        [Some(0.0), Some(0.0), None, Some(9.0)]
    );
    for key in ["a", "b", "c"] {
        fail(&keyed.of(key), 1);
    }
    let page = Page::scrape(&exporter);
    assert_eq!(
        ["a", "b", "c", "other"].map(|key| failures(&page, key)),
        [Some(1.0), Some(1.0), None, Some(10.0)]
    );
    // One that overtakes takes the place of another, whose series goes.
    fail(&keyed.of("c"), 5);
    let page = Page::scrape(&exporter);
    assert_eq!(
        ["a", "b", "c", "other"].map(|key| failures(&page, key)),
        [Some(1.0), None, Some(0.0), Some(15.0)]
    );
    assert_eq!(page.get(r#"circuit_breaker_state{name="peers",key="c"}"#), 0.0);
    assert_eq!(page.find(r#"circuit_breaker_state{name="peers",key="b"}"#), None);
}

#[test]
fn h15_keys_that_are_called_like_the_others_or_nothing_are_among_them() {
    let (keyed, exporter) = keyed::<str>(100, patient(), |settings| settings.per_state(true));
    for key in ["other", "", "a \"b\"\n\\"] {
        fail(&keyed.of(key), 3);
    }
    Page::scrape(&exporter);
    for key in ["other", "", "a \"b\"\n\\"] {
        fail(&keyed.of(key), 1);
    }
    let page = Page::scrape(&exporter);
    assert_eq!(failures(&page, "other"), Some(11.0));
    assert_eq!(failures(&page, r#"a \"b\"\n\\"#), Some(1.0));
    assert_eq!(promtool::check(&exporter), Ok(()));
}

#[test]
fn w43_a_key_that_was_removed_has_no_series_and_its_calls_stay_counted() {
    let (keyed, exporter) = keyed::<str>(100, breaker::config(), |settings| settings);
    fail(&keyed.of("a"), 2);
    let page = Page::scrape(&exporter);
    assert_eq!(page.get(r#"circuit_breaker_state{name="peers",key="a"}"#), 2.0);
    assert_eq!(page.get(r#"circuit_breaker_keys{name="peers",state="open"}"#), 1.0);
    drop(keyed.remove("a"));
    let page = Page::scrape(&exporter);
    assert_eq!(failures(&page, "a"), None);
    assert_eq!(failures(&page, "other"), Some(2.0));
    assert_eq!(page.get(r#"circuit_breaker_keys{name="peers",state="open"}"#), 0.0);
    assert_eq!(page.get(r#"circuit_breaker_trips_total{name="peers"}"#), 1.0);
}

#[test]
fn s2_33_durations_of_keys_are_those_of_all_together() {
    let capacity = NonZeroUsize::new(9).unwrap();
    let keyed = Keyed::<u64>::recording_durations("peers", patient(), capacity, Bounds::default());
    let registry = Registry::new();
    registry.add(keyed.clone()).unwrap();
    for key in 0..20 {
        fail(&keyed.of(&key), 1);
    }
    let page = Page::scrape(&Exporter::new(registry));
    assert_eq!(page.get(r#"circuit_breaker_request_duration_seconds_count{name="peers"}"#), 20.0);
}

/// Threads call, fail and have keys evicted while somebody scrapes.
#[test]
fn f7_no_counter_goes_down_while_keys_come_and_go() {
    let (keyed, exporter) = keyed::<u64>(16, patient(), |settings| settings.top_keys(4));
    let done = AtomicBool::new(false);
    const THREADS: u64 = 2;
    const CALLS: u64 = 30_000;
    thread::scope(|scope| {
        let callers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let keyed = &keyed;
                scope.spawn(move || {
                    for call in 0..CALLS {
                        // A few keys that stay, among many that do not.
                        let key = if call % 2 == 0 { call % 6 } else { thread * CALLS + call };
                        let outcome = if call % 3 == 0 {
                            Outcome::Success
                        } else {
                            Outcome::Failure(FailureKind::Error)
                        };
                        keyed.of(&key).acquire().unwrap().record(outcome, None);
                    }
                })
            })
            .collect();
        let (done, exporter) = (&done, &exporter);
        let scraper = scope.spawn(move || {
            let (mut before, mut grown, mut last) = (Page::default(), 0.0, false);
            loop {
                let now = Page::scrape(exporter);
                for (series, value) in now.series.iter().filter(|(series, _)| series.contains("_total")) {
                    let before = before.series.get(series).copied().unwrap_or(0.0);
                    assert!(*value >= before, "{series} went from {before} to {value}");
                    grown += if series.starts_with(REQUESTS) { value - before } else { 0.0 };
                }
                before = now;
                if last {
                    return grown;
                }
                last = done.load(Ordering::Acquire);
            }
        });
        let end = AtEnd(|| done.store(true, Ordering::Release));
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        drop(end);
        // What the series grew by, those that have gone included, is all there was.
        assert_eq!(scraper.join().unwrap(), (THREADS * CALLS) as f64);
    });
}
