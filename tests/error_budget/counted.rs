//! Which calls count, and as what.

use crate::{FAILED, HOUR, budget, calls, config, ratio, record};
use buttress::error_budget::{Config, ErrorBudgetLayer, Handle, Quantile};
use buttress::{BoxError, BulkheadLayer, CircuitBreakerLayer, Outcome, Rejected, TimeoutLayer, bulkhead};
use std::time::Duration;
use support::{Plan, Probe, Task, breaker, ready};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

fn counting(rejections: bool) -> Handle {
    Handle::new("orders", config().to_builder().count_rejections(rejections).build().unwrap())
}

#[tokio::test]
async fn s2_06_s2_82_s2_83_a_budget_is_used_up_by_what_fails() {
    let handle = Handle::new("orders", config());
    let mut service = ErrorBudgetLayer::from_handle(handle.clone()).layer(Probe::default());
    for number in 1..=20 {
        ready(&mut service);
        let plan = if number % 10 == 0 { Plan::FAIL } else { Plan::after(number % 3) };
        let _ = Task::new(service.call(plan)).finish();
        // The tenth call is the first that may fail.
        assert_eq!(calls(&handle), (number as u64, number as u64 / 10));
    }
    assert!(handle.all_met(), "two of twenty may fail");
    ready(&mut service);
    let _ = Task::new(service.call(Plan::FAIL)).finish();
    assert!(handle.is_exhausted(), "three of twenty-one may not");
    let budget = budget(&handle);
    assert_eq!((budget.remaining, budget.consumed), (ratio(0.0), ratio(1.0)));
    assert_eq!(handle.burn_rate(HOUR).map(|rate| (rate * 1e6).round() / 1e6), Some(1.428_571));
}

#[tokio::test]
async fn s2_84_w38_a_budget_is_never_less_than_nothing() {
    let handle = Handle::new("orders", config());
    let whole = budget(&handle);
    assert_eq!(
        (whole.remaining, whole.consumed, whole.availability),
        (ratio(1.0), ratio(0.0), None),
        "nobody called"
    );
    record(&handle, FAILED, 10);
    let none = budget(&handle);
    assert_eq!(
        (none.remaining, none.consumed, none.availability),
        (ratio(0.0), ratio(1.0), Some(ratio(0.0)))
    );
    let perfect = Handle::new("orders", Config::builder().objective(ratio(1.0)).build().unwrap());
    record(&perfect, Outcome::Success, 5);
    assert_eq!(budget(&perfect).remaining, ratio(1.0));
    record(&perfect, FAILED, 1);
    assert_eq!((budget(&perfect).remaining, budget(&perfect).consumed), (ratio(0.0), ratio(1.0)));
    assert!(perfect.burn_rate(HOUR).is_some_and(f64::is_finite));
}

#[tokio::test]
async fn b2_c20_calls_that_say_nothing_do_not_count() {
    for rejections in [false, true] {
        let handle = counting(rejections);
        record(&handle, Outcome::Ignored, 3);
        record(&handle, Outcome::Cancelled, 2);
        let layer = ErrorBudgetLayer::from_handle(handle.clone());
        let mut service = layer.layer(Probe::default());
        ready(&mut service);
        drop(service.call(Plan::OK));
        let mut half = Task::new(service.call(Plan::after(2)));
        assert!(half.poll().is_pending());
        drop(half);
        assert_eq!(calls(&handle), (0, 0));
        let totals = handle.snapshot().totals;
        assert_eq!((totals.ignored, totals.cancelled, totals.panicked), (3, 4, 0));
    }
}

/// What a budget over a service that refuses everything makes of one call of it.
async fn over<S>(layer: ErrorBudgetLayer, inner: S) -> (u64, u64)
where
    S: Service<Plan, Response = &'static str, Error = BoxError, Future: Send> + Clone,
{
    let handle = layer.handle().clone();
    let error = layer.layer(inner).oneshot(Plan::OK).await.unwrap_err();
    assert!(Rejected::find(&*error).is_some());
    assert_eq!(handle.snapshot().totals.refused_beneath, 1);
    calls(&handle)
}

#[tokio::test]
async fn c20_a_call_that_was_refused_and_not_sent_is_bad_only_where_rejections_count() {
    let full = bulkhead::Handle::new("full", bulkhead::Config::builder().queue(0).build().unwrap());
    let _taken: Vec<_> = std::iter::from_fn(|| full.try_acquire().ok()).collect();
    for (rejections, counted) in [(false, (0, 0)), (true, (1, 1))] {
        let layer = || ErrorBudgetLayer::from_handle(counting(rejections));
        let open = CircuitBreakerLayer::from_handle(breaker::open()).layer(Probe::default());
        assert_eq!(over(layer(), open).await, counted);
        let full = BulkheadLayer::from_handle(full.clone()).layer(Probe::default());
        assert_eq!(over(layer(), full).await, counted);
        // A 429 is a refusal too, whoever says it.
        let handle = counting(rejections);
        record(&handle, Outcome::Throttled, 1);
        assert_eq!((calls(&handle), handle.snapshot().totals.throttled), (counted, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn c20_a_call_that_was_sent_and_given_up_is_bad_whatever_is_counted() {
    for rejections in [false, true] {
        let handle = counting(rejections);
        let service = ServiceBuilder::new()
            .layer(ErrorBudgetLayer::from_handle(handle.clone()))
            .layer(TimeoutLayer::new(Duration::from_secs(1)))
            .service(service_fn(|(): ()| std::future::pending::<Result<(), BoxError>>()));
        assert!(service.oneshot(()).await.is_err());
        assert_eq!(calls(&handle), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn s2_87_a_success_that_took_too_long_is_bad() {
    let limit = Duration::from_millis(100);
    // 95 % of the calls within 100 ms.
    let p95 = Config::latency(limit, Quantile::new(0.95).unwrap()).minimum_calls(1).build().unwrap();
    let handle = Handle::new("p95", p95);
    let wait = |time: Duration| async move {
        sleep(time).await;
        Ok::<_, BoxError>(())
    };
    let service = ErrorBudgetLayer::from_handle(handle.clone()).layer(service_fn(wait));
    for _ in 0..19 {
        service.clone().oneshot(limit).await.unwrap();
    }
    assert_eq!((calls(&handle), handle.is_exhausted()), ((19, 0), false));
    service.clone().oneshot(limit + Duration::from_millis(1)).await.unwrap();
    assert_eq!((calls(&handle), handle.is_exhausted()), ((20, 1), false), "one of twenty may");
    service.oneshot(limit * 2).await.unwrap();
    assert_eq!((calls(&handle), handle.is_exhausted()), ((21, 2), true));
    handle.record(FAILED, Duration::ZERO);
    assert_eq!(calls(&handle), (22, 3), "a failure is bad however quick it was");
}

#[tokio::test(start_paused = true)]
async fn c23_what_is_older_than_the_window_counts_no_more_and_tumbling_windows_begin_anew() {
    let tumbling = config().to_builder().tumbling(true).build().unwrap();
    let (rolling, tumbling) = (Handle::new("rolling", config()), Handle::new("tumbling", tumbling));
    let both = |outcome| [&rolling, &tumbling].map(|handle| record(handle, outcome, 1));
    advance(HOUR * 3 / 4).await;
    both(FAILED);
    advance(HOUR / 2).await;
    both(Outcome::Success);
    assert_eq!((calls(&rolling), calls(&tumbling)), ((2, 1), (1, 0)), "another hour has begun");
    advance(HOUR * 4 / 5).await;
    assert_eq!(calls(&rolling), (1, 0));
    advance(HOUR * 2).await;
    assert_eq!((calls(&rolling), calls(&tumbling)), ((0, 0), (0, 0)));
}

#[tokio::test]
async fn s2_85_a_reset_forgets_the_calls() {
    let handle = Handle::new("orders", config());
    record(&handle, FAILED, 5);
    assert!(handle.is_exhausted());
    handle.reset();
    assert_eq!((calls(&handle), handle.is_exhausted()), ((0, 0), false));
    record(&handle, Outcome::Success, 1);
    assert_eq!(calls(&handle), (1, 0));
}
