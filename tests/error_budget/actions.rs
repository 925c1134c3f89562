//! What is done while a budget is low.

use crate::{FAILED, HOUR, calls, config, ratio, record, refusal};
use buttress::bulkhead::Priority;
use buttress::error_budget::{ErrorBudgetLayer, Handle, Level};
use buttress::{BoxError, Outcome, Ratio, Reason, RetryLayer, retry};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt, service_fn};

/// A service that always has an answer, shedding requests of low priority.
fn shedding(
    handle: &Handle,
) -> impl Service<Priority, Response = (), Error = BoxError, Future: Send> + Clone + use<> {
    let layer =
        ErrorBudgetLayer::from_handle(handle.clone()).shed_low_priority_by(|priority: &Priority| *priority);
    layer.layer(service_fn(|_: Priority| async { Ok::<_, BoxError>(()) }))
}

/// Leaves less than a tenth of the budget: 200 calls may have 20 bad ones, and 19 are.
fn make_low(handle: &Handle) {
    record(handle, Outcome::Success, 181);
    record(handle, FAILED, 19);
    assert_eq!(handle.level(), Level::Careful);
}

#[tokio::test(start_paused = true)]
async fn a_low_budget_sheds_what_matters_less_and_nothing_else() {
    let handle = Handle::new("orders", config());
    let service = shedding(&handle);
    for priority in Priority::ALL {
        service.clone().oneshot(priority).await.unwrap();
    }
    handle.reset();
    make_low(&handle);
    for priority in [Priority::Normal, Priority::High] {
        service.clone().oneshot(priority).await.unwrap();
    }
    let before = calls(&handle);
    let error = service.clone().oneshot(Priority::Low).await.unwrap_err();
    // A thousandth of the hour.
    assert_eq!(refusal(&error), (Reason::Shed, Some(Duration::from_millis(3_600))));
    assert_eq!(calls(&handle), before, "what it sheds itself is no call");
    assert_eq!(handle.snapshot().totals.shed, 1);
    record(&handle, FAILED, 10);
    assert_eq!(handle.level(), Level::Spent);
    for (priority, passes) in [(Priority::Low, false), (Priority::Normal, true), (Priority::High, true)] {
        assert_eq!(service.clone().oneshot(priority).await.is_ok(), passes, "{priority:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_being_asked_for_it_a_budget_sheds_nothing() {
    let handle = Handle::new("orders", config());
    record(&handle, FAILED, 100);
    assert_eq!(handle.level(), Level::Spent);
    let layer = ErrorBudgetLayer::from_handle(handle.clone());
    let service = layer.layer(service_fn(|_: Priority| async { Ok::<_, BoxError>(()) }));
    service.oneshot(Priority::Low).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn d5_time_alone_ends_the_shedding_also_where_all_calls_are_shed() {
    let handle = Handle::new("orders", config());
    record(&handle, FAILED, 3);
    let service = shedding(&handle);
    let mut refused = 0;
    while service.clone().oneshot(Priority::Low).await.is_err() {
        refused += 1;
        advance(Duration::from_secs(60)).await;
    }
    // The window and no more than one bucket of it beyond.
    assert!((60..=68).contains(&refused), "{refused} minutes");
    assert_eq!((handle.level(), handle.snapshot().totals.shed), (Level::Normal, refused));
}

#[tokio::test(start_paused = true)]
async fn c22_shedding_ends_by_hysteresis_and_not_with_the_first_good_call() {
    let handle = Handle::new("orders", config());
    make_low(&handle);
    // Right at the threshold: 10 % is left of what 212 calls allow.
    record(&handle, Outcome::Success, 12);
    advance(Duration::from_secs(2)).await;
    assert_eq!(handle.level(), Level::Careful);
    record(&handle, Outcome::Success, 400);
    advance(Duration::from_secs(2)).await;
    assert_eq!(handle.level(), Level::Normal);
}

/// Retries that a policy with this budget makes of one call that always fails.
async fn retries(budget: &retry::Budget) -> usize {
    let config = retry::Config::builder().attempts(1_000).fixed(Duration::from_nanos(1)).build().unwrap();
    let handle = retry::Handle::with_budget("orders", config, budget.clone());
    let attempts = Arc::new(AtomicUsize::new(0));
    let count = attempts.clone();
    let service = RetryLayer::from_handle(handle).layer(service_fn(move |(): ()| {
        count.fetch_add(1, SeqCst);
        async { Err::<(), BoxError>("no".into()) }
    }));
    assert!(service.oneshot(()).await.is_err());
    attempts.load(SeqCst) - 1
}

#[tokio::test(start_paused = true)]
async fn a_low_budget_shrinks_retries_and_gives_back_exactly_what_there_was() {
    // 100 retries and no more, all at once.
    let hundred =
        || retry::Budget::new(retry::budget::Config::new(0.0, 10.0, Duration::from_secs(10)).unwrap());
    let left = |budget: &retry::Budget| budget.snapshot().balance;
    let (retries_of, handle) = (hundred(), Handle::new("orders", config()));
    handle.shrink_retries(&retries_of, ratio(0.5), ratio(0.1));
    assert_eq!(left(&retries_of), 100);
    make_low(&handle);
    assert_eq!(left(&retries_of), 50);
    record(&handle, FAILED, 10);
    assert_eq!(left(&retries_of), 10);
    assert_eq!(retries(&retries_of).await, 10);
    handle.reset();
    assert_eq!(left(&retries_of), 90, "less what was spent");

    // Somebody who is asked when it is low already.
    let (late, none) = (hundred(), hundred());
    make_low(&handle);
    handle.shrink_retries(&late, ratio(0.25), Ratio::ZERO);
    handle.shrink_retries(&none, Ratio::ZERO, Ratio::ZERO);
    assert_eq!((left(&late), left(&none), retries(&none).await), (25, 0, 0));

    // Two who share one: the smallest share holds, until both are well.
    let other = Handle::new("other", config());
    other.shrink_retries(&late, ratio(0.75), Ratio::ZERO);
    make_low(&other);
    assert_eq!(left(&late), 25);
    handle.reset();
    assert_eq!(left(&late), 75);
    // Nobody is left who could give it back.
    drop(other);
    assert_eq!(left(&late), 100);
}

#[tokio::test(start_paused = true)]
async fn f1_time_gives_the_retries_back_to_one_client_though_the_budget_of_another_has_no_calls_any_more() {
    let (retries_of, handle) = (retry::Budget::default(), Handle::new("orders", config()));
    handle.shrink_retries(&retries_of, Ratio::ZERO, Ratio::ZERO);
    record(&handle, FAILED, 3);
    assert_eq!(retries(&retries_of).await, 0);
    advance(HOUR * 2).await;
    assert_eq!(retries(&retries_of).await, 10, "nobody else has looked");
    assert_eq!(handle.snapshot().objectives[0].budget.totals.recovered, 1);
    // Also for who only looks.
    record(&handle, FAILED, 3);
    assert_eq!(retries_of.snapshot().balance, 0);
    advance(HOUR * 2).await;
    assert_eq!(retries_of.snapshot().balance, 10);
}

#[tokio::test(start_paused = true)]
async fn one_who_limits_the_same_retries_twice_grants_the_smallest_share() {
    let hundred = retry::budget::Config::new(0.0, 10.0, Duration::from_secs(10)).unwrap();
    let (retries_of, handle) = (retry::Budget::new(hundred), Handle::new("orders", config()));
    handle.shrink_retries(&retries_of, ratio(0.25), ratio(0.2));
    handle.shrink_retries(&retries_of, ratio(0.5), ratio(0.1));
    make_low(&handle);
    assert_eq!(retries_of.snapshot().balance, 25);
    record(&handle, FAILED, 10);
    assert_eq!(retries_of.snapshot().balance, 10);
    handle.reset();
    assert_eq!(retries_of.snapshot().balance, 100);
}

#[tokio::test(start_paused = true)]
async fn f1_time_alone_gives_the_retries_back() {
    let (retries_of, handle) = (retry::Budget::default(), Handle::new("orders", config()));
    handle.shrink_retries(&retries_of, Ratio::ZERO, Ratio::ZERO);
    record(&handle, FAILED, 3);
    assert_eq!(retries_of.snapshot().balance, 0);
    advance(HOUR * 2).await;
    // The next call brings it to light.
    record(&handle, Outcome::Success, 1);
    assert_eq!(retries_of.snapshot().balance, 10);
}
