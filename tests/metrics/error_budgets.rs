//! Error budgets as metrics.

use crate::page::Page;
use buttress::bulkhead::Priority;
use buttress::error_budget::persist::Kept;
use buttress::error_budget::{Config, ErrorBudgetLayer, presets};
use buttress::metrics::Exporter;
use buttress::registry::Registry;
use buttress::{BoxError, FailureKind, Outcome, Ratio};
use std::time::Duration;
use tokio::time::advance;
use tower::{Layer, ServiceExt, service_fn};

const FAILED: Outcome = Outcome::Failure(FailureKind::Error);

/// Nine of ten within 100 ms, over the last 30 days.
fn config() -> Config {
    let quick = Config::builder().objective(Ratio::new(0.9).unwrap());
    quick.slower_than(Duration::from_millis(100)).build().unwrap()
}

/// Moves every family of a budget.
pub(crate) async fn move_all(registry: &Registry, mut look: impl FnMut()) {
    let folder = tempfile::tempdir().unwrap();
    let kept = Kept::open(folder.path().join("budget.json"), "checkout", config());
    let handle = kept.handle().clone();
    registry.add(handle.clone()).unwrap();
    look();
    kept.save().unwrap();
    look();
    let layer = ErrorBudgetLayer::from_handle(handle.clone()).shed_low_priority_by(|(): &()| Priority::Low);
    let service = layer.layer(service_fn(|(): ()| async { Ok::<_, BoxError>(()) }));
    for millis in [10, 20, 150] {
        look();
        for _ in 0..100 {
            handle.record(Outcome::Success, Duration::from_millis(millis));
        }
    }
    look();
    (0..200).for_each(|_| handle.record(FAILED, Duration::ZERO));
    // What burns is looked at when a bucket begins.
    advance(Duration::from_secs(60)).await;
    handle.record(FAILED, Duration::ZERO);
    look();
    assert!(service.oneshot(()).await.is_err());
    look();
}

#[tokio::test(start_paused = true)]
async fn s2_88_s2_89_s2_90_a_budget_is_exported_as_it_stands() {
    let registry = Registry::new();
    let config = presets::standard().to_builder().objective(Ratio::new(0.9).unwrap()).build().unwrap();
    let handle = registry.error_budget("checkout", config).unwrap();
    let exporter = Exporter::new(registry);
    let value = |series: &str| Page::scrape(&exporter).series.get(series).copied();
    let of = |family: &str| value(&format!("buttress_error_budget_{family}{{budget=\"checkout\"}}"));
    assert_eq!((of("remaining"), of("consumed")), (Some(1.0), Some(0.0)));
    assert_eq!(of("exhausted_total"), Some(0.0), "from the start");
    (0..95).for_each(|_| handle.record(Outcome::Success, Duration::ZERO));
    (0..5).for_each(|_| handle.record(FAILED, Duration::ZERO));
    assert_eq!((of("remaining"), of("consumed")), (Some(0.5), Some(0.5)));
    (0..20).for_each(|_| handle.record(FAILED, Duration::ZERO));
    assert_eq!((of("remaining"), of("consumed"), of("exhausted_total")), (Some(0.0), Some(1.0), Some(1.0)));
    let requests = |result: &str| {
        value(&format!("buttress_error_budget_requests_total{{budget=\"checkout\",result=\"{result}\"}}"))
    };
    assert_eq!((requests("good"), requests("bad")), (Some(95.0), Some(25.0)));
    handle.reset();
    assert_eq!((of("remaining"), of("exhausted_total"), requests("bad")), (Some(1.0), Some(1.0), Some(25.0)));
    assert_eq!(value("buttress_latency_budget_violations_total{budget=\"checkout\"}"), None);
}

#[test]
fn g5_s2_88_how_often_a_budget_was_saved_and_could_not_be_is_exported_and_in_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budget.json");
    let open = || Kept::open(&path, "checkout", config());
    let (first, second) = (open(), open());
    let registry = Registry::new();
    registry.add(second.handle().clone()).unwrap();
    registry.error_budget("in memory", config()).unwrap();
    let exporter = Exporter::new(registry.clone());
    let times = |result: &str| {
        let series = format!("buttress_error_budget_saves_total{{budget=\"checkout\",result=\"{result}\"}}");
        Page::scrape(&exporter).series.get(&series).copied()
    };
    assert_eq!((times("saved"), times("failed")), (Some(0.0), Some(0.0)), "from the start");
    assert!(second.save().is_err(), "the first has the file");
    assert_eq!((times("saved"), times("failed")), (Some(0.0), Some(1.0)));
    drop(first);
    second.save().unwrap();
    assert_eq!((times("saved"), times("failed")), (Some(1.0), Some(1.0)));
    let json = serde_json::to_value(registry.status()).unwrap();
    let saves = &json["error_budgets"]["checkout"]["saves"];
    assert_eq!((&saves["saved"], &saves["failed"], &saves["trouble"]), (&1.into(), &1.into(), &().into()));
    assert!(saves["last"].as_str().is_some_and(|last| last.ends_with('Z')), "{saves}");
    assert!(json["error_budgets"]["in memory"]["saves"].is_null());
}

#[tokio::test(start_paused = true)]
async fn s2_91_a_latency_budget_shows_its_percentiles_and_what_broke_it() {
    let registry = Registry::new();
    let handle = registry.error_budget("checkout", config()).unwrap();
    let exporter = Exporter::new(registry);
    let value = |family: &str| {
        let series = format!("buttress_latency_budget_{family}{{budget=\"checkout\"}}");
        Page::scrape(&exporter).series.get(&series).copied()
    };
    assert_eq!((value("p50_seconds"), value("violations_total")), (None, Some(0.0)), "nobody called");
    for millis in 1..=100 {
        handle.record(Outcome::Success, Duration::from_millis(2 * millis));
    }
    for (percentile, seconds) in [("p50", 0.1), ("p95", 0.19), ("p99", 0.198)] {
        let told = value(&format!("{percentile}_seconds")).unwrap();
        assert!((told / seconds - 1.0).abs() <= 1.0 / 32.0, "{percentile} is {told}");
    }
    assert_eq!(value("violations_total"), Some(50.0));
}

#[tokio::test(start_paused = true)]
async fn alerts_are_exported_by_their_times() {
    let registry = Registry::new();
    let handle = registry.error_budget("checkout", Config::default()).unwrap();
    let exporter = Exporter::new(registry);
    let series = || Page::scrape(&exporter).series;
    let burning = |pair: &str| {
        series()[&format!("buttress_error_budget_burning{{budget=\"checkout\",pair=\"{pair}\"}}")]
    };
    let rate = |window: &str| {
        series()
            .get(&format!("buttress_error_budget_burn_rate{{budget=\"checkout\",window=\"{window}\"}}"))
            .copied()
    };
    for pair in ["1h/5m", "6h/30m", "1d/2h", "3d/6h"] {
        assert_eq!(burning(pair), 0.0, "{pair}");
    }
    assert_eq!(rate("1h"), None);
    (0..980).for_each(|_| handle.record(Outcome::Success, Duration::ZERO));
    (0..20).for_each(|_| handle.record(FAILED, Duration::ZERO));
    for window in ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] {
        assert!((rate(window).unwrap() - 20.0).abs() < 1e-9, "{window}");
    }
    assert_eq!(burning("1h/5m"), 1.0);
    advance(Duration::from_secs(600)).await;
    handle.record(Outcome::Success, Duration::ZERO);
    assert_eq!((burning("1h/5m"), rate("5m")), (0.0, Some(0.0)), "it is over");
}
