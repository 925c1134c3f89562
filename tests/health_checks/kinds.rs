//! What there is to look at, and what is made of it.

use crate::script::{Act, Target};
use buttress::circuit_breaker::Handle;
use buttress::health::{Advice, Check, Config, Monitor, Status, presets};
use buttress::{BoxError, CircuitBreakerLayer};
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::breaker::{OPEN_FOR, config as breaker_config, fail};
use tokio::time::advance;
use tower::{Layer, ServiceExt, service_fn};

/// A monitor whose status is what was found last, with one check.
fn monitor(check: Check) -> Monitor {
    let monitor = Monitor::new("backends", presets::dwcp());
    monitor.register(check).unwrap();
    monitor
}

/// What a look finds: the status and the reason.
async fn found(monitor: &Monitor) -> (Status, Option<String>) {
    let (_, status) = monitor.check_now().await.pop_first().unwrap();
    (status.status, status.reason)
}

fn because(status: Status, why: &str) -> (Status, Option<String>) {
    (status, Some(why.to_owned()))
}

#[tokio::test(start_paused = true)]
async fn s2_50_a_ping_is_healthy_when_it_succeeds_and_says_why_when_not() {
    let well = monitor(Check::ping("db", || async { Ok::<_, BoxError>(()) }));
    assert_eq!(found(&well).await, (Status::Healthy, None));
    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused).to_string();
    let down = monitor(Check::ping("db", move || {
        let refused = refused.clone();
        async move { Err(std::io::Error::other(refused)) }
    }));
    assert_eq!(found(&down).await, because(Status::Unhealthy, "connection refused"));
}

#[tokio::test(start_paused = true)]
async fn w67_a_ping_through_a_breaker_tells_open_from_failed() {
    let handle = Handle::new("orders", breaker_config());
    let stack = CircuitBreakerLayer::from_handle(handle.clone())
        .layer(service_fn(async |(): ()| Err::<(), _>(BoxError::from("down"))));
    let monitor = monitor(Check::ping("orders", move || stack.clone().oneshot(())));
    assert_eq!(found(&monitor).await, because(Status::Unhealthy, "down"));
    fail(&handle, 1);
    let (status, why) = found(&monitor).await;
    assert_eq!(status, Status::Unhealthy, "nothing new is known");
    assert!(why.unwrap().starts_with("circuit_breaker \"orders\": "));
    let status = monitor.status("orders").unwrap();
    assert_eq!((status.failures, status.unknown), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn s2_51_a_threshold_has_inclusive_bounds() {
    let value = Arc::new(AtomicI64::new(0));
    let read = Arc::clone(&value);
    // A thousandth each, so that there is something between.
    let cpu = move || read.load(SeqCst) as f64 / 1_000.0;
    let monitor = monitor(Check::threshold("cpu", cpu, 0.0..=80.0).unwrap());
    for (thousandths, status) in [
        (0, Status::Healthy),
        (80_000, Status::Healthy),
        (80_001, Status::Unhealthy),
        (42_000, Status::Healthy),
        (-1, Status::Unhealthy),
    ] {
        value.store(thousandths, SeqCst);
        assert_eq!(found(&monitor).await.0, status, "{thousandths}");
    }
    assert_eq!(found(&monitor).await, because(Status::Unhealthy, "-0.001 is not within 0.0 to 80.0"));
    for wrong in [80.0..=0.0, f64::NAN..=1.0, 0.0..=f64::NAN] {
        assert_eq!(Check::threshold("cpu", || 1.0, wrong).unwrap_err().knob(), "bounds");
    }
    let broken = Monitor::new("backends", presets::dwcp());
    broken.register(Check::threshold("cpu", || f64::NAN, f64::MIN..=f64::MAX).unwrap()).unwrap();
    assert_eq!(
        found(&broken).await,
        because(Status::Unhealthy, "NaN is not within -1.7976931348623157e308 to 1.7976931348623157e308")
    );
}

#[tokio::test(start_paused = true)]
async fn s2_52_the_first_part_that_is_worst_names_itself() {
    let parts: [(_, Target); 4] =
        ["cache", "queue", "database", "disk"].map(|name| (name, Target::new(Act::Answer)));
    let monitor = monitor(Check::all("storage", parts.iter().map(|(name, target)| target.check(name))));
    assert_eq!(found(&monitor).await, (Status::Healthy, None));
    let set = |acts: [Act; 4]| parts.iter().zip(acts).for_each(|((_, target), act)| target.set(act));
    set([Act::Answer, Act::CannotAsk, Act::Answer, Act::Answer]);
    assert_eq!(found(&monitor).await, because(Status::Healthy, "queue: open"), "nothing new is known");
    set([Act::Limp, Act::CannotAsk, Act::Limp, Act::Answer]);
    assert_eq!(found(&monitor).await, because(Status::Degraded, "cache: one of two"));
    set([Act::Limp, Act::Answer, Act::Fail, Act::Panic]);
    assert_eq!(found(&monitor).await, because(Status::Unhealthy, "database: down"));
    set([Act::Answer, Act::Hang, Act::AnswerAfter(Duration::from_secs(4)), Act::Answer]);
    assert_eq!(found(&monitor).await, because(Status::Unhealthy, "queue: no answer within 5s"));
    assert_eq!(monitor.status("storage").unwrap().timed_out, 0, "it answered itself");
    set([Act::Panic; 4]);
    assert_eq!(
        found(&monitor).await,
        because(Status::Unhealthy, "cache: the check panicked: a bug of the check")
    );
    let parts_looked_at = parts.iter().map(|(_, target)| target.looks().len());
    assert!(parts_looked_at.into_iter().all(|looks| looks == 6));
}

#[tokio::test(start_paused = true)]
async fn b3_a_check_that_panics_is_a_failure_and_is_looked_at_again() {
    let target = Target::new(Act::Panic);
    let watched = monitor(target.check("one"));
    watched.start();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let status = watched.status("one").unwrap();
    assert_eq!((status.status, status.panicked, status.failures), (Status::Unhealthy, 1, 1));
    assert_eq!(status.reason.as_deref(), Some("the check panicked: a bug of the check"));
    target.set(Act::Answer);
    tokio::time::sleep(Duration::from_secs(12)).await;
    assert_eq!(watched.status("one").unwrap().status, Status::Healthy);
    // Also one that does not even come to a future.
    let broken = monitor(Check::threshold("cpu", || panic!("no sensor"), 0.0..=1.0).unwrap());
    assert_eq!(found(&broken).await, because(Status::Unhealthy, "the check panicked: no sensor"));
}

#[tokio::test(start_paused = true)]
async fn c24_a_breaker_that_is_half_open_is_degraded() {
    let handle = Handle::new("orders", breaker_config());
    let monitor = monitor(Check::breaker(&handle));
    assert_eq!(found(&monitor).await, (Status::Healthy, None));
    fail(&handle, 2);
    assert_eq!(found(&monitor).await, because(Status::Unhealthy, "the breaker is open"));
    advance(OPEN_FOR).await;
    assert_eq!(found(&monitor).await.0, Status::Degraded, "due for a probe");
    let probe = handle.acquire().unwrap();
    assert_eq!(found(&monitor).await, because(Status::Degraded, "the breaker is half_open"));
    probe.record(buttress::Outcome::Success, None);
    assert_eq!(found(&monitor).await, (Status::Healthy, None));
}

#[tokio::test(start_paused = true)]
async fn c24_an_answer_over_the_limit_is_degraded_and_says_how_long_it_took() {
    let config = presets::dwcp().to_builder().degraded_over(Duration::from_millis(500)).build().unwrap();
    let (monitor, target) = (Monitor::new("backends", config), Target::new(Act::Answer));
    monitor.register(target.check("one")).unwrap();
    for (millis, expected) in [
        (500, (Status::Healthy, None)),
        (501, because(Status::Degraded, "it took 501.0ms")),
        (0, (Status::Healthy, None)),
    ] {
        target.set(Act::AnswerAfter(Duration::from_millis(millis)));
        assert_eq!(found(&monitor).await, expected, "{millis}");
    }
}

#[tokio::test(start_paused = true)]
async fn s2_59_changes_are_told_once_each_with_the_reason() {
    let monitor = Monitor::new("backends", Config::default());
    let (one, two) = (Target::new(Act::Answer), Target::new(Act::Answer));
    monitor.register(one.check("one")).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    monitor.on_change(|_| panic!("a bug of a watcher"));
    monitor.on_change({
        let told = Arc::clone(&told);
        move |change| {
            let why = change.why.as_deref().unwrap_or("-").to_owned();
            told.lock().unwrap().push(format!("{} {} -> {}: {why}", change.check, change.from, change.to));
        }
    });
    let told = || std::mem::take(&mut *told.lock().unwrap());
    monitor.check_now().await;
    assert_eq!(told(), ["one unknown -> healthy: -"]);
    monitor.register(two.check("two")).unwrap();
    one.set(Act::Fail);
    for expected in [&["two unknown -> healthy: -"][..], &[], &["one healthy -> unhealthy: down"], &[], &[]] {
        monitor.check_now().await;
        assert_eq!(told(), expected);
    }
    one.set(Act::Answer);
    for expected in [&["one unhealthy -> healthy: -"][..], &[]] {
        monitor.check_now().await;
        assert_eq!(told(), expected);
    }
    assert_eq!(monitor.listener_panics(), 4, "each was contained");
}

#[tokio::test(start_paused = true)]
async fn s0_03_s0_41_advice_follows_the_worst_of_all_checks() {
    let monitor = Monitor::new("network", Config::default());
    let (one, two) = (Target::new(Act::Answer), Target::new(Act::Answer));
    monitor.register(one.check("one")).unwrap();
    monitor.register(two.check("two")).unwrap();
    let advice = || {
        let Advice { batch_size, concurrency, retries } = Advice::default().under(monitor.conditions());
        (batch_size.get(), concurrency.get(), retries)
    };
    assert_eq!(advice(), (10, 3, 3), "nothing is known");
    two.set(Act::AnswerAfter(Duration::from_millis(300)));
    monitor.check_now().await;
    assert_eq!(advice(), (7, 2, 3));
    one.set(Act::Fail);
    for _ in 0..3 {
        monitor.check_now().await;
    }
    assert_eq!(advice(), (2, 1, 5));
}
