//! Every metric there is moves.

use crate::page::Page;
use crate::rate_limits;
use buttress::bandwidth::{self, Direction};
use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, Keyed, State};
use buttress::fallback::{self, FallbackLayer};
use buttress::metrics::{Exporter, FAMILIES};
use buttress::operation::{self, OperationLayer};
use buttress::registry::Registry;
use buttress::{Bounds, DeadlineLayer, FailureKind, Outcome, TimeoutLayer, deadline, retry, timeout};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use support::Task;
use support::breaker::fail;
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

/// What the service beneath does with a call.
#[derive(Clone, Copy)]
enum Call {
    Answer,
    AnswerAfter(Duration),
    Fail,
    Throttle,
    Ignore,
    Panic,
}

/// Every value that every series has had, and the kinds of the families.
#[derive(Default)]
struct Seen {
    values: BTreeMap<String, BTreeSet<u64>>,
    kinds: BTreeMap<String, String>,
}

impl Seen {
    fn look(&mut self, exporter: &Exporter) {
        let page = Page::scrape(exporter);
        self.kinds.extend(page.kinds);
        for (series, value) in page.series {
            self.values.entry(series).or_default().insert(value.to_bits());
        }
    }

    /// Whether a series of a family has shown two values; of a histogram, its count.
    fn family_moved(&self, name: &str) -> bool {
        let one = self.values.get(name).is_some_and(|values| values.len() > 1);
        one || self.moved(&format!("{name}{{")) || self.moved(&format!("{name}_count{{"))
    }

    /// Whether a series with this beginning has shown two values.
    fn moved(&self, beginning: &str) -> bool {
        self.values.iter().any(|(series, values)| series.starts_with(beginning) && values.len() > 1)
    }
}

fn config() -> Config {
    let rules =
        Config::builder().consecutive_failures(3).slow_call_rate_threshold(1.0, Duration::from_secs(1));
    let rules = rules.open_for(Duration::from_secs(5)).jitter(0.0).half_open_probes(1).half_open_successes(1);
    rules.probe_lease(Duration::from_secs(2)).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn w42_every_metric_of_the_table_moves() {
    let handle = Handle::recording_durations("orders", config(), Bounds::default());
    let peers = Keyed::<str>::with_capacity("peers", config(), NonZeroUsize::new(2).unwrap());
    let registry = Registry::new();
    registry.add(handle.clone()).unwrap();
    registry.add(peers.clone()).unwrap();
    let exporter = Exporter::builder(registry.clone()).per_state(true).build().unwrap();
    let mut seen = Seen::default();
    seen.look(&exporter);

    let classify = |result: Result<&Outcome, &tower::BoxError>| {
        result.map_or(Outcome::Failure(FailureKind::Error), |outcome| *outcome)
    };
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify);
    let mut service = layer.layer(service_fn(async |call: Call| {
        match call {
            Call::Answer => {}
            Call::AnswerAfter(time) => sleep(time).await,
            Call::Fail => return Err(tower::BoxError::from("down")),
            Call::Throttle => return Ok(Outcome::Throttled),
            Call::Ignore => return Ok(Outcome::Ignored),
            Call::Panic => panic!("a bug of the service beneath"),
        }
        Ok(Outcome::Success)
    }));
    for call in [
        Call::Answer,
        Call::Fail,
        Call::AnswerAfter(Duration::from_secs(2)),
        Call::Throttle,
        Call::Ignore,
        Call::Fail,
    ] {
        let _ = service.ready().await.unwrap().call(call).await;
        seen.look(&exporter);
    }
    assert!(panics(async { service.ready().await.unwrap().call(Call::Panic).await }).await);
    seen.look(&exporter);
    // Opens, and rejects.
    for _ in 0..4 {
        let _ = service.ready().await.unwrap().call(Call::Fail).await;
    }
    assert_eq!(handle.state(), State::Open);
    seen.look(&exporter);
    // A probe that never ends loses its lease to the next; that one closes.
    advance(Duration::from_secs(5)).await;
    let mut lost = Task::new(service.clone().oneshot(Call::AnswerAfter(Duration::from_secs(3600))));
    assert!(lost.poll().is_pending());
    seen.look(&exporter);
    advance(Duration::from_secs(2)).await;
    service.ready().await.unwrap().call(Call::Answer).await.unwrap();
    assert_eq!(handle.state(), State::Closed);
    drop(lost);
    seen.look(&exporter);
    // In shadow it would reject.
    handle.set_shadow(true);
    for _ in 0..4 {
        let _ = service.ready().await.unwrap().call(Call::Fail).await;
    }
    seen.look(&exporter);

    // Keys: one opens, others come and go, until there is no room.
    for key in ["a", "b", "c", "d"] {
        fail(&peers.of(key), 1);
        seen.look(&exporter);
    }
    fail(&peers.of("d"), 2);
    let second = ["a", "b", "c"].into_iter().find(|key| peers.get(key).is_some()).unwrap();
    fail(&peers.of(second), 2);
    fail(&peers.of("e"), 1);
    seen.look(&exporter);
    registry.replace(Keyed::<str>::with_capacity("peers", config(), NonZeroUsize::new(7).unwrap())).unwrap();
    seen.look(&exporter);

    // An operation: one call ends, one goes on, one panics.
    let charge = operation::Handle::new("charge", "payments");
    registry.add(charge.clone()).unwrap();
    seen.look(&exporter);
    charge.begin().record(Outcome::Success);
    let under_way = charge.begin();
    let layer = OperationLayer::from_handle(charge);
    let mut operation = layer.layer(service_fn(async |(): ()| -> Result<(), Infallible> { panic!("a bug") }));
    assert!(panics(async { operation.ready().await.unwrap().call(()).await }).await);
    seen.look(&exporter);
    drop(under_way);

    // A deadline and a timeout: calls that take too long, and calls that are too late.
    let total = deadline::Handle::new("orders", Duration::from_secs(2));
    let attempt = timeout::Handle::adaptive("orders", timeout::Config::default());
    registry.add(total.clone()).unwrap();
    registry.add(attempt.clone()).unwrap();
    seen.look(&exporter);
    let within = |limit| DeadlineLayer::new(Duration::from_secs(limit));
    let attempt = TimeoutLayer::from_handle(attempt).layer(service_fn(async |took: u64| {
        sleep(Duration::from_secs(took)).await;
        Ok::<_, Infallible>(())
    }));
    for _ in 0..10 {
        let _ = attempt.clone().oneshot(1).await;
    }
    let _ = attempt.clone().oneshot(31).await;
    let _ = within(1).layer(attempt.clone()).oneshot(31).await;
    let late = service_fn(|took| {
        let (attempt, total) = (attempt.clone(), DeadlineLayer::from_handle(total.clone()));
        async move {
            advance(Duration::from_secs(1)).await;
            total.layer(attempt).oneshot(took).await
        }
    });
    assert!(within(1).layer(late).oneshot(0).await.is_err());
    let plain = service_fn(async |(): ()| std::future::pending::<Result<(), Infallible>>().await);
    assert!(DeadlineLayer::from_handle(total.clone()).layer(plain).oneshot(()).await.is_err());
    seen.look(&exporter);

    // A retry: one call succeeds at last, one fails, one is dropped by a panic.
    let patient = retry::Handle::new("orders", retry::Config::default());
    registry.add(patient.clone()).unwrap();
    seen.look(&exporter);
    let done = patient.run(async |attempt| if attempt < 3 { Err("busy") } else { Ok(()) }).await;
    assert!(done.is_success());
    seen.look(&exporter);
    assert!(!patient.run(async |_| Err::<(), _>("busy")).await.is_success());
    assert!(panics(patient.run(async |_| -> Result<(), ()> { panic!("a bug") })).await);
    seen.look(&exporter);

    rate_limits::move_all(&registry, || seen.look(&exporter)).await;

    // Limits on bytes: some pass, some do not, and peers come until there is no room, and go.
    let limits = bandwidth::Config::builder().upload(100).per_peer_upload(10).build().unwrap();
    let line = bandwidth::Handle::with_capacity("line", limits, NonZeroUsize::MIN);
    registry.add(line.clone()).unwrap();
    seen.look(&exporter);
    assert!(line.peer("a").try_consume(Direction::Upload, 10));
    let _b = line.peer("b");
    seen.look(&exporter);
    assert!(!line.try_consume(Direction::Upload, 95));
    advance(Duration::from_secs(1)).await;
    let _c = line.peer("c");
    line.set(bandwidth::Config::default().to_builder().upload(200).build().unwrap());
    seen.look(&exporter);

    // A fallback: one answer, and one panic.
    let prices = fallback::Handle::new("prices");
    registry.add(prices.clone()).unwrap();
    seen.look(&exporter);
    let when = fallback::AnyError;
    let layer = FallbackLayer::value(7).when(when).with_handle(prices.clone());
    let down = service_fn(async |(): ()| Err::<u32, _>(tower::BoxError::from("down")));
    layer.layer(down).oneshot(()).await.unwrap();
    let bug = FallbackLayer::function(|_| async { panic!("a bug") as Result<u32, Infallible> });
    let bug = bug.when(when).with_handle(prices);
    assert!(panics(async { bug.layer(down).oneshot(()).await }).await);
    seen.look(&exporter);

    crate::failure_logs::move_all(&registry, || seen.look(&exporter));
    crate::bulkheads::move_all(&registry, || seen.look(&exporter)).await;
    crate::health_checks::move_all(&registry, || seen.look(&exporter)).await;
    crate::error_budgets::move_all(&registry, || seen.look(&exporter)).await;
    crate::peers::move_all(&registry, || seen.look(&exporter));

    let still: Vec<_> = FAMILIES
        .iter()
        .map(|family| family.full_name("buttress"))
        .filter(|name| !seen.family_moved(name))
        .collect();
    assert!(still.is_empty(), "these never moved: {still:?}");
    let kinds = FAMILIES
        .iter()
        .map(|family| (family.full_name("buttress"), family.kind.as_str().to_owned()))
        .collect::<BTreeMap<_, _>>();
    assert_eq!(seen.kinds, kinds, "the text announces the families of the table, and no others");
    for result in ["success", "failure", "rejected", "throttled", "ignored", "cancelled"] {
        let series = format!(r#"buttress_circuit_breaker_requests_total{{name="orders",result="{result}""#);
        assert!(seen.moved(&series), "{result} never moved");
    }
    for reason in ["rate_limited", "too_large", "queue_timed_out", "expired"] {
        let series = format!(r#"buttress_rate_limiter_rejected_total{{limiter="limit",reason="{reason}""#);
        assert!(seen.moved(&series), "{reason} never moved");
    }
    for result in ["success", "failure", "cancelled"] {
        let series = format!(
            r#"buttress_failure_log_calls_total{{name="shop",component="payments",operation="charge",result="{result}""#
        );
        assert!(seen.moved(&series), "{result} never moved");
    }
    for result in ["answered", "cancelled"] {
        let series = format!(r#"buttress_fallback_total{{name="prices",trigger="error",result="{result}""#);
        assert!(seen.moved(&series), "{result} never moved");
    }
}

/// Whether a future panics.
async fn panics<F: Future>(future: F) -> bool {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| match std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Err(_) => std::task::Poll::Ready(true),
        Ok(poll) => poll.map(|_| false),
    })
    .await
}
