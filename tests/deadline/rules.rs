//! When a call is over.

use buttress::deadline::Handle;
use buttress::registry::Registry;
use buttress::{
    BoxError, CircuitBreakerLayer, Config, Deadline, DeadlineLayer, EventKind, Reason, Rejected, RetryLayer,
    Tick, TimeoutLayer, circuit_breaker, clock, retry,
};
use http::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Plan, Probe, Task, ready};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

const LIMIT: Duration = Duration::from_secs(2);
const MS: Duration = Duration::from_millis(1);

fn reason(error: &BoxError) -> Reason {
    Rejected::find(&**error).expect("a rejection").reason()
}

#[tokio::test(start_paused = true)]
async fn b4_everything_beneath_is_dropped_at_the_deadline_and_not_before() {
    let probe = Probe::default();
    let mut service = DeadlineLayer::new(LIMIT).named("orders").layer(probe.clone());
    ready(&mut service);
    let start = clock::now();
    let mut task = Box::pin(service.call(Plan::HANG));
    assert!(tokio::time::timeout(LIMIT - 2 * MS, &mut task).await.is_err());
    assert_eq!(probe.live(), 1);
    let error = (&mut task).await.unwrap_err();
    let late = clock::now().since(start).saturating_sub(LIMIT);
    assert!(late <= MS, "{late:?} late");
    assert_eq!(error.to_string(), "deadline \"orders\": no answer within 2s");
    assert!(Rejected::find(&*error).unwrap().was_sent());
    // The finished future is still there; what it called is not.
    assert_eq!(probe.live(), 0);
}

#[tokio::test(start_paused = true)]
async fn b4_a_call_that_uses_up_its_tasks_budget_is_over_all_the_same() {
    let clock = tokio::spawn(async {
        loop {
            advance(100 * MS).await;
        }
    });
    let mut service = DeadlineLayer::new(LIMIT).layer(service_fn(|()| async {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..1_000_000 {
            sender.send(()).expect("the receiver is here");
            receiver.recv().await;
        }
        Ok::<_, Infallible>(())
    }));
    assert_eq!(reason(&service.ready().await.unwrap().call(()).await.unwrap_err()), Reason::TimedOut);
    clock.abort();
}

#[test]
fn w40_a_call_that_is_done_at_once_makes_no_timer() {
    // Outside a runtime, where making one panics.
    let mut service = DeadlineLayer::new(LIMIT).layer(Probe::default());
    ready(&mut service);
    assert_eq!(Task::new(service.call(Plan::OK)).finish().unwrap(), "ok");
}

#[tokio::test(start_paused = true)]
async fn c8_a_call_whose_deadline_is_over_is_not_sent() {
    let probe = Probe::default();
    let handle = Handle::new("orders", LIMIT);
    let layer = DeadlineLayer::from_handle(handle.clone()).incoming(buttress::deadline::Headers::default());
    let mut service = layer.respond().layer(service_fn({
        let probe = probe.clone();
        move |_: Request<()>| {
            let mut probe = probe.clone();
            async move {
                ready(&mut probe);
                probe.call(Plan::OK).await.map(|_| Response::new(String::new()))
            }
        }
    }));
    let mut request = Request::new(());
    request.extensions_mut().insert(Deadline::within(100 * MS));
    advance(100 * MS).await;
    let response = service.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!((response.status(), probe.calls()), (StatusCode::GATEWAY_TIMEOUT, 0));
    let rejected = response.extensions().get::<Rejected>().unwrap();
    assert_eq!((rejected.reason(), rejected.was_sent()), (Reason::Expired, false));
    assert_eq!(rejected.to_string(), "deadline \"orders\": its deadline was over before it was sent");
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.expired, snapshot.timed_out), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_keeps_what_was_reserved_for_the_next_one() {
    let probe = Probe::default();
    let mut service = TimeoutLayer::new(LIMIT).layer(probe.clone());
    ready(&mut service);
    let mut refusing = DeadlineLayer::new(Duration::ZERO).layer(service);
    ready(&mut refusing);
    assert_eq!(reason(&refusing.call(Plan::OK).await.unwrap_err()), Reason::Expired);
    assert_eq!((probe.calls(), probe.reserved()), (0, 1));
    drop(refusing);
    assert_eq!(probe.reserved(), 0);
}

/// Waits between attempts, and makes none that cannot end in time: what a retry does.
async fn attempts(log: Arc<Mutex<Vec<Duration>>>, wait: Duration) -> Result<(), BoxError> {
    let deadline = Deadline::current().expect("there is one");
    loop {
        log.lock().unwrap().push(deadline.remaining());
        sleep(300 * MS).await;
        if deadline.remaining() <= wait {
            return Err("no time for another".into());
        }
        sleep(wait).await;
    }
}

#[tokio::test(start_paused = true)]
async fn e1_who_waits_beneath_knows_how_much_is_left_and_never_sleeps_past_it() {
    let log = Arc::<Mutex<Vec<Duration>>>::default();
    let (attempts_log, start) = (Arc::clone(&log), clock::now());
    let mut service =
        DeadlineLayer::new(LIMIT).layer(service_fn(move |()| attempts(Arc::clone(&attempts_log), 500 * MS)));
    let error = service.ready().await.unwrap().call(()).await.unwrap_err();
    assert_eq!(error.to_string(), "no time for another");
    assert_eq!(*log.lock().unwrap(), [2_000 * MS, 1_200 * MS, 400 * MS]);
    assert_eq!(clock::now().since(start), 1_900 * MS);
    assert_eq!(Deadline::current(), None, "the scope has ended");
}

#[tokio::test(start_paused = true)]
async fn e1_a_retry_beneath_makes_no_attempt_that_it_has_no_time_for() {
    let probe = Probe::default();
    let config = retry::Config::builder().attempts(10).fixed(600 * MS).jitter(retry::Jitter::None);
    let mut service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(LIMIT))
        .layer(RetryLayer::new(config.build().unwrap()))
        .layer(TimeoutLayer::new(300 * MS))
        .service(probe.clone());
    let start = clock::now();
    let error = service.ready().await.unwrap().call(Plan::HANG).await.unwrap_err();
    // Sent at 0, 900 and 1,800 ms; the last one has the 200 ms that are left.
    assert_eq!((probe.calls(), probe.live()), (3, 0));
    assert_eq!(Rejected::find(&*error).unwrap().time_limit(), Some(200 * MS));
    assert_eq!(clock::now().since(start), LIMIT);
    // With a wait that is too long for what is left, it ends with the last result and does not wait.
    let start = clock::now();
    assert_eq!(
        service.ready().await.unwrap().call(Plan::FAIL).await.unwrap_err().to_string(),
        "the probe failed in call"
    );
    assert_eq!((probe.calls(), clock::now().since(start)), (7, 1_800 * MS));
}

#[tokio::test(start_paused = true)]
async fn c19_the_total_deadline_and_the_limit_per_attempt_are_two_layers() {
    let attempt = TimeoutLayer::new(800 * MS).layer(service_fn(|()| async {
        sleep(Duration::from_secs(3600)).await;
        Ok::<_, Infallible>(())
    }));
    let limits = Arc::<Mutex<Vec<Duration>>>::default();
    let seen = Arc::clone(&limits);
    let mut service = DeadlineLayer::new(LIMIT).layer(service_fn(move |()| {
        let (mut attempt, seen) = (attempt.clone(), Arc::clone(&seen));
        async move {
            loop {
                let error = attempt.ready().await?.call(()).await.expect_err("it hangs");
                let rejected = Rejected::find(&*error).expect("a timeout");
                seen.lock().unwrap().push(rejected.time_limit().expect("a limit"));
            }
            #[expect(unreachable_code, reason = "names the type of what never comes")]
            Ok::<(), BoxError>(())
        }
    }));
    let start = clock::now();
    let error = service.ready().await.unwrap().call(()).await.unwrap_err();
    // Two attempts with all their time, one with what was left; then the deadline ends it all.
    assert_eq!(*limits.lock().unwrap(), [800 * MS, 800 * MS, 400 * MS]);
    assert_eq!(Rejected::find(&*error).map(|rejected| rejected.layer()), Some("deadline"));
    assert_eq!(clock::now().since(start), LIMIT);
}

#[tokio::test(start_paused = true)]
async fn s2_25_a_peer_that_a_deadline_gives_up_on_counts_as_failing_beneath() {
    let breaker = circuit_breaker::Handle::new("orders", Config::default());
    let mut service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(LIMIT))
        .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
        .layer(TimeoutLayer::new(Duration::from_secs(30)))
        .service(Probe::default());
    for _ in 0..5 {
        assert_eq!(
            reason(&service.ready().await.unwrap().call(Plan::HANG).await.unwrap_err()),
            Reason::TimedOut
        );
    }
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.failures, totals.cancelled), (5, 0));
    assert_eq!(breaker.state(), circuit_breaker::State::Open);
}

/// Which reason a call has, and what breakers above and beneath the deadline make of it, when `header` came with each of ten.
async fn told(header: Option<&'static str>) -> (Reason, circuit_breaker::Handle, circuit_breaker::Handle) {
    let breaker = |name| circuit_breaker::Handle::new(name, Config::default());
    let (above, beneath) = (breaker("above"), breaker("beneath"));
    let handle = Handle::new("orders", LIMIT);
    let mut service = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::from_handle(above.clone()))
        .layer(DeadlineLayer::from_handle(handle.clone()).incoming(buttress::deadline::Headers::default()))
        .layer(CircuitBreakerLayer::from_handle(beneath.clone()))
        .layer(TimeoutLayer::new(None))
        .layer(TimeoutLayer::new(2 * LIMIT))
        .service(service_fn(|_: Request<()>| async {
            sleep(if Deadline::current().unwrap().remaining() < LIMIT { 50 * MS } else { 2 * LIMIT }).await;
            Ok::<_, BoxError>(())
        }));
    let mut last = Reason::Open;
    for _ in 0..5 {
        let mut request = Request::new(());
        if let Some(left) = header {
            request.headers_mut().insert("buttress-timeout-ms", left.parse().unwrap());
        }
        last = reason(&service.ready().await.unwrap().call(request).await.unwrap_err());
    }
    let snapshot = handle.snapshot();
    // With a timeout beneath, that one is the first to say it.
    assert_eq!((snapshot.timed_out, snapshot.expired), (0, 0));
    (last, above, beneath)
}

#[tokio::test(start_paused = true)]
async fn c8_a_deadline_that_a_stranger_sends_is_no_word_about_the_peer() {
    let (last, above, beneath) = told(Some("1")).await;
    assert_eq!(last, Reason::DeadlineExceeded);
    for breaker in [above, beneath] {
        let totals = breaker.snapshot().totals;
        assert_eq!((totals.failures, breaker.state()), (0, circuit_breaker::State::Closed));
    }
    // One that asks for more than the limit changes nothing: the owner's own limit is a word about the peer.
    for header in [None, Some("60000")] {
        let (last, above, beneath) = told(header).await;
        assert_eq!(last, Reason::TimedOut);
        for breaker in [above, beneath] {
            assert_eq!(breaker.snapshot().totals.failures, 5);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn c8_a_deadline_layer_says_itself_whose_deadline_cut_the_call() {
    for (left, expected, by_deadline) in [
        (Some(LIMIT - MS), Reason::DeadlineExceeded, 1),
        (Some(LIMIT), Reason::TimedOut, 0),
        (None, Reason::TimedOut, 0),
    ] {
        let handle = Handle::new("orders", LIMIT);
        let layer = DeadlineLayer::from_handle(handle.clone());
        let never = service_fn(|_: Request<()>| std::future::pending::<Result<(), BoxError>>());
        let mut request = Request::new(());
        if let Some(left) = left {
            request.extensions_mut().insert(Deadline::within(left));
        }
        let service = layer.incoming(buttress::deadline::Headers::none()).layer(never);
        let error = service.oneshot(request).await.unwrap_err();
        let rejected = Rejected::find(&*error).unwrap();
        assert_eq!((rejected.reason(), rejected.was_sent()), (expected, true));
        let snapshot = handle.snapshot();
        assert_eq!((snapshot.timed_out, snapshot.by_deadline), (1, by_deadline));
    }
}

#[tokio::test(start_paused = true)]
async fn s2_25_an_attempt_with_the_rest_of_the_time_is_no_word_about_the_peer() {
    let breaker = circuit_breaker::Handle::new("orders", Config::default());
    let config = retry::Config::builder().attempts(10).fixed(600 * MS).jitter(retry::Jitter::None);
    let mut service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(LIMIT))
        .layer(RetryLayer::new(config.build().unwrap()))
        .layer(CircuitBreakerLayer::from_handle(breaker.clone()))
        .layer(TimeoutLayer::new(300 * MS))
        .service(Probe::default());
    let error = service.ready().await.unwrap().call(Plan::HANG).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "timeout: no answer within the 200ms that its deadline left",
        "the third of three"
    );
    let totals = breaker.snapshot().totals;
    assert_eq!((totals.failures, totals.ignored), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn s2_93_a_deadline_is_a_point_a_duration_and_what_is_left() {
    let deadline = Deadline::within(LIMIT);
    assert_eq!((deadline.remaining(), deadline.is_over()), (LIMIT, false));
    assert_eq!(deadline.tick(), clock::now() + LIMIT);
    advance(LIMIT - MS).await;
    assert_eq!((deadline.remaining(), deadline.is_over()), (MS, false));
    advance(MS).await;
    assert_eq!((deadline.remaining(), deadline.is_over()), (Duration::ZERO, true));
    assert!(Deadline::at(Tick::ZERO) < deadline);
    assert_eq!(deadline.earlier(Deadline::at(Tick::ZERO)), Deadline::at(Tick::ZERO));
}

#[tokio::test(start_paused = true)]
async fn of_nested_deadlines_the_earlier_holds() {
    let seen = || service_fn(|()| async { Ok::<_, Infallible>(Deadline::current().unwrap().remaining()) });
    for (outer, inner) in [(LIMIT, 5 * LIMIT), (5 * LIMIT, LIMIT)] {
        let service = DeadlineLayer::new(outer).layer(DeadlineLayer::new(inner).layer(seen()));
        assert_eq!(service.oneshot(()).await.unwrap(), LIMIT);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_off_sets_none_and_takes_none_away() {
    let seen =
        || service_fn(|()| async { Ok::<_, Infallible>(Deadline::current().map(Deadline::remaining)) });
    assert_eq!(DeadlineLayer::new(None).layer(seen()).oneshot(()).await.unwrap(), None);
    let nested = DeadlineLayer::new(LIMIT).layer(DeadlineLayer::from_handle(None::<Handle>).layer(seen()));
    assert_eq!(nested.oneshot(()).await.unwrap(), Some(LIMIT));
    // A timeout that is off does not look at it either: the layer above ends the call.
    let nested =
        DeadlineLayer::new(LIMIT).named("total").layer(TimeoutLayer::new(None).layer(Probe::default()));
    assert_eq!(
        nested.oneshot(Plan::HANG).await.unwrap_err().to_string(),
        "deadline \"total\": no answer within 2s"
    );
}

#[tokio::test(start_paused = true)]
async fn f1_limits_beyond_all_clocks_are_no_limits() {
    let hour = service_fn(|()| async {
        sleep(Duration::from_secs(86_400 * 365)).await;
        Ok::<_, io::Error>(())
    });
    assert!(DeadlineLayer::new(Duration::MAX).layer(hour).oneshot(()).await.is_ok());
    // A clock that jumped over the deadline and far beyond it.
    let deadline = Deadline::within(LIMIT);
    assert_eq!(deadline.remaining_at(Tick::MAX), Duration::ZERO);
    assert_eq!(deadline.remaining_at(Tick::ZERO), deadline.tick().since(Tick::ZERO));
}

#[tokio::test(start_paused = true)]
async fn w26_two_hundred_calls_that_are_given_up_leave_no_task_and_no_call() {
    let metrics = tokio::runtime::Handle::current().metrics();
    let probe = Probe::default();
    for given_up in 0..200 {
        let timeout = TimeoutLayer::new((given_up % 2 == 0).then_some(LIMIT)).layer(probe.clone());
        let error = DeadlineLayer::new(2 * LIMIT).layer(timeout).oneshot(Plan::HANG).await.unwrap_err();
        assert_eq!(reason(&error), Reason::TimedOut);
    }
    assert_eq!((probe.calls(), probe.live(), probe.reserved()), (200, 0, 0));
    assert_eq!(metrics.num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_deadline_gives_up_is_told_and_counted() {
    let registry = Registry::new();
    let handle = Handle::new("orders", LIMIT);
    registry.add(handle.clone()).unwrap();
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let ears = Arc::clone(&heard);
    handle.on_event(move |event| {
        assert!(matches!(event.kind, EventKind::Rejected(_)));
        ears.lock().unwrap().push(event.to_string());
        panic!("a listener's own mistake");
    });
    let layer = DeadlineLayer::from_handle(handle.clone());
    assert!(layer.layer(Probe::default()).oneshot(Plan::HANG).await.is_err());
    let over = Deadline::within(Duration::ZERO);
    let mut request = Request::new(());
    request.extensions_mut().insert(over);
    let http = layer.incoming(buttress::deadline::Headers::default());
    let never = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(()) });
    assert!(http.layer(never).oneshot(request).await.is_err());
    assert_eq!(
        *heard.lock().unwrap(),
        [
            "deadline orders: rejected: no answer within 2s",
            "deadline orders: rejected: its deadline was over before it was sent",
        ]
    );
    let status = &registry.status().deadlines["orders"];
    assert_eq!((status.limit, status.timed_out, status.expired), (LIMIT, 1, 1));
}
