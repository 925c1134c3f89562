//! Where answers come from.

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle};
use buttress::fallback::{self, Answers, AnyError, FallbackLayer, KeepOf, LastGood};
use buttress::{BoxError, Trigger};
use std::convert::Infallible;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::{Plan, Probe, ProbeError, Task, caught, ready};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

/// A breaker that opens at the second failure in a row.
pub(crate) fn breaker() -> Handle {
    Handle::new("orders", Config::builder().consecutive_failures(2).jitter(0.0).build().unwrap())
}

#[test]
fn s0_94_s1_08_while_it_is_open_the_fallback_answers_and_the_primary_is_not_touched() {
    let (probe, breaker) = (Probe::default(), breaker());
    breaker.force_open();
    let layer = FallbackLayer::value("fallen back");
    let handle = layer.handle().unwrap().clone();
    let mut service = ServiceBuilder::new()
        .layer(layer)
        .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
        .service(probe.clone());
    for _ in 0..3 {
        ready(&mut service);
        assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "fallen back");
    }
    assert_eq!((probe.calls(), handle.totals().rejected.answered), (0, 3));
    breaker.reset();
    ready(&mut service);
    assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "ok");
    assert_eq!((probe.calls(), handle.totals().answered()), (1, 3));
}

#[test]
fn s1_06_without_a_handle_it_is_off_and_the_types_are_the_same() {
    let breaker = breaker();
    breaker.force_open();
    let mut answers = Vec::new();
    for handle in [None, Some(fallback::Handle::new("prices"))] {
        let layer = FallbackLayer::value("fallen back").with_handle(handle);
        let layers = (layer, CircuitBreakerLayer::from_handle(breaker.clone()));
        let mut service = layers.layer(Probe::default());
        ready(&mut service);
        answers.push(Task::new(service.call(Plan::OK)).finish().map_err(|error| error.to_string()));
    }
    assert_eq!(answers, [Err(r#"circuit_breaker "orders": forced open"#.to_owned()), Ok("fallen back")]);
}

#[tokio::test(start_paused = true)]
async fn s1_16_s1_50_a_function_is_async_and_knows_the_cause_and_when_to_ask_again() {
    let breaker = breaker();
    let layer = FallbackLayer::function(|cause| {
        let (text, wait, trigger) = (cause.to_string(), cause.retry_after(), cause.trigger());
        async move {
            sleep(Duration::from_millis(30)).await;
            Ok::<_, Infallible>(format!("{trigger}, again in {wait:?}: {text}"))
        }
    });
    let mut service = ServiceBuilder::new()
        .layer(layer)
        .layer(CircuitBreakerLayer::from_handle(breaker))
        .service(service_fn(async |(): ()| Err::<String, _>(io::Error::other("no route"))));
    for _ in 0..2 {
        assert_eq!(service.ready().await.unwrap().call(()).await.unwrap_err().to_string(), "no route");
    }
    let answer = service.ready().await.unwrap().call(()).await.unwrap();
    let told = r#"rejected, again in Some(1s): circuit_breaker "orders": open for another 1.0s"#;
    assert_eq!(answer, told);
}

#[tokio::test]
async fn a_function_looks_at_the_error_itself_and_at_the_request() {
    let primary =
        service_fn(async |id: u32| Err::<u32, _>(io::Error::from_raw_os_error(i32::try_from(id).unwrap())));
    let layer = FallbackLayer::function_of_request(|id: u32, cause| {
        let error: Option<&io::Error> = cause.error();
        let same = error.and_then(io::Error::raw_os_error) == Some(i32::try_from(id).unwrap());
        let odd = cause.response().is_some() || cause.rejected().is_some();
        async move { if same && !odd { Ok(id + 1000) } else { Err("another error") } }
    });
    let mut service = layer.when(AnyError).layer(primary);
    assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), 1007);
}

#[test]
fn a1_another_service_is_called_only_when_it_was_ready() {
    let [primary, other] = [(); 2].map(|()| Probe::default());
    let layer = FallbackLayer::service(other.clone()).when(AnyError);
    let mut service = layer.layer(primary.clone());
    for (plan, calls) in [(Plan::OK, 0), (Plan::FAIL, 1), (Plan::FAIL, 2)] {
        ready(&mut service);
        let _ = Task::new(service.call(plan)).finish();
        assert_eq!((other.calls(), other.breaches(), primary.breaches()), (calls, 0, 0));
    }
}

#[tokio::test]
async fn s1_49_another_service_gets_the_request_and_answers_from_what_is_local() {
    let remote = service_fn(async |id: u32| Err::<String, BoxError>(format!("{id}: gone").into()));
    let local = service_fn(async |id: u32| Ok::<_, BoxError>(format!("local copy of {id}")));
    let mut service = FallbackLayer::service(local).when(AnyError).layer(remote);
    assert_eq!(service.ready().await.unwrap().call(7).await.unwrap(), "local copy of 7");
}

#[test]
fn b1_b2_a_call_dropped_while_it_falls_back_counts_once_and_leaves_nothing() {
    const POLLS: usize = 3;
    let other = Probe::default();
    let layer = FallbackLayer::service(other.clone()).when(AnyError);
    let handle = layer.handle().unwrap().clone();
    let fails_after = Plan { pending: POLLS, ..Plan::FAIL };
    let mut service = layer.layer(Probe::default());
    for k in 0..=2 * POLLS {
        ready(&mut service);
        let mut task = Task::new(service.call(fails_after));
        (0..k).for_each(|_| assert!(task.poll().is_pending()));
        let began = usize::from(k > POLLS);
        assert_eq!(other.live(), began, "after poll {k}");
        drop(task);
        assert_eq!((other.live(), handle.totals().failed()), (0, 0));
    }
    assert_eq!(handle.totals().error.cancelled, POLLS as u64);
    assert_eq!(handle.totals().panicked, 0);
}

#[test]
fn b3_a_fallback_that_panics_costs_one_call() {
    let at_once = FallbackLayer::function(|cause| {
        assert!(cause.error().is_none(), "planned");
        std::future::ready(Ok::<_, Infallible>("ok"))
    });
    a_panic_costs_one_call(at_once);
    let later = FallbackLayer::function(|cause| {
        let fails = cause.error().is_some();
        async move {
            assert!(!fails, "planned");
            Ok::<_, Infallible>("ok")
        }
    });
    a_panic_costs_one_call(later);
}

fn a_panic_costs_one_call<A>(layer: FallbackLayer<A>)
where
    A: Answers<Plan, &'static str, ProbeError, Response = &'static str>
        + KeepOf<Plan, Attempt = Plan>
        + Clone,
{
    let handle = layer.handle().unwrap().clone();
    let mut service = layer.when(AnyError).layer(Probe::default());
    for panicked in 1..4 {
        ready(&mut service);
        let ended = caught(|| Task::new(service.call(Plan::FAIL)).finish().is_ok());
        assert!(ended.is_err_and(|text| text.contains("planned")), "the panic is swallowed");
        assert_eq!((handle.totals().error.cancelled, handle.totals().panicked), (panicked, panicked));
        ready(&mut service);
        assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "ok", "the next call");
    }
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn s1_46_the_last_good_answer_per_key_stands_in_until_it_is_too_old() {
    let down = Arc::new(AtomicBool::new(false));
    let kept = LastGood::new(HOUR, NonZeroUsize::new(10).unwrap(), |id: &u32| (*id != 0).then_some(*id));
    let layer = FallbackLayer::last_good(kept.clone()).when(AnyError);
    let handle = layer.handle().unwrap().clone();
    let primary = {
        let down = Arc::clone(&down);
        service_fn(move |id: u32| {
            let down = down.load(Ordering::Relaxed);
            async move { if down { Err(io::Error::other("down")) } else { Ok(format!("price of {id}")) } }
        })
    };
    let mut service = layer.layer(primary);
    let mut ask = async |id| service.ready().await.unwrap().call(id).await.map_err(|error| error.to_string());
    for id in [1, 0] {
        assert!(ask(id).await.is_ok());
    }
    assert_eq!(kept.len(), 1, "a request without a key leaves nothing");
    down.store(true, Ordering::Relaxed);
    advance(HOUR).await;
    assert_eq!(ask(1).await.unwrap(), "price of 1");
    let none = "down; its fallback failed too: no answer is kept for this call";
    assert_eq!([ask(0).await, ask(2).await], [(); 2].map(|()| Err(none.to_owned())));
    advance(Duration::from_secs(1)).await;
    let too_old = "down; its fallback failed too: the answer that is kept for this call is too old: 3601.0s";
    assert_eq!(ask(1).await, Err(too_old.to_owned()));
    assert_eq!((handle.totals().error.answered, handle.totals().of(Trigger::Error).failed), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn f4_no_more_answers_are_kept_than_somebody_chose() {
    let kept = LastGood::new(HOUR, NonZeroUsize::new(10).unwrap(), |id: &u32| Some(*id));
    let layer = FallbackLayer::last_good(kept.clone());
    let mut service = layer.layer(service_fn(async |id: u32| Ok::<_, BoxError>(id)));
    for id in 0..10_000 {
        service.ready().await.unwrap().call(id).await.unwrap();
    }
    assert_eq!(kept.len(), 10);
}
