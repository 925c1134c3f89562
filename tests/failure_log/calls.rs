//! What a layer writes down of calls without a body.

use crate::{log, only, records};
use buttress::failure_log::{Category, Counts, Details, FailureLogLayer, Handle, Severity};
use buttress::retry::{self, RetryLayer};
use buttress::{
    BoxError, CircuitBreakerLayer, FailureKind, Outcome, Stack, TimeoutLayer, circuit_breaker, failure_log,
};
use std::error::Error;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use support::{PanicAt, Plan, Probe, Task, breaker, ready};
use tokio::time::{advance, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

fn charge(log: &Handle) -> FailureLogLayer {
    FailureLogLayer::new(log, "charge", "payments")
}

fn counts(log: &Handle) -> Counts {
    log.operation("charge", "payments").counts()
}

/// An error with a cause.
#[derive(Debug)]
struct NoReceipt(io::Error);

impl fmt::Display for NoReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no receipt was printed")
    }
}

impl Error for NoReceipt {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn no_receipt() -> NoReceipt {
    NoReceipt(io::Error::new(io::ErrorKind::StorageFull, "the disk is full"))
}

#[tokio::test(start_paused = true)]
async fn s0_04_a_failure_is_written_down_with_its_causes_and_how_long_it_took() {
    let log = log();
    let mut service = charge(&log).layer(service_fn(async |fails: bool| {
        sleep(Duration::from_millis(250)).await;
        if fails { Err(BoxError::from(no_receipt())) } else { Ok(()) }
    }));
    for fails in [false, true, false] {
        let _ = service.ready().await.unwrap().call(fails).await;
    }
    let record = only(&log);
    assert_eq!((&*record.operation, &*record.component), ("charge", "payments"));
    assert_eq!(&*record.message, "no receipt was printed");
    assert_eq!(record.chain.iter().map(|cause| &**cause).collect::<Vec<_>>(), ["the disk is full"]);
    assert_eq!((record.severity, record.category), (Severity::Error, Category::Storage));
    assert_eq!((record.kind, record.duration), (Some(FailureKind::Error), Some(Duration::from_millis(250))));
    assert_eq!((record.attempt, record.key.as_deref()), (None, None));
    assert_eq!((counts(&log).successes, counts(&log).failures), (2, 1));
}

#[tokio::test]
async fn of_an_error_that_the_layer_does_not_know_it_has_the_name_unless_it_is_told_more() {
    let fails = || service_fn(async |(): ()| Err::<(), _>(no_receipt()));
    let log = log();
    charge(&log).layer(fails()).oneshot(()).await.unwrap_err();
    let record = only(&log);
    assert_eq!((&*record.error_type, &*record.message), ("NoReceipt", "an error of type NoReceipt"));

    // Asked itself, as it is an `Error`.
    log.clear();
    charge(&log).errors().layer(fails()).oneshot(()).await.unwrap_err();
    let record = only(&log);
    assert_eq!((&*record.message, record.chain.len()), ("no receipt was printed", 1));

    // Told by a hook, which has the last word.
    log.clear();
    let layer = charge(&log).with("zone", "north").describe(
        |result: Result<&(), &NoReceipt>, details: &mut Details| {
            let NoReceipt(cause) = result.unwrap_err();
            details
                .message(cause)
                .error_type("printer")
                .severity(Severity::Info)
                .category(Category::Validation);
            details.key("till 7").attempt(3).bytes(80).with("password", "hunter2");
        },
    );
    layer.layer(fails()).oneshot(()).await.unwrap_err();
    let record = only(&log);
    assert_eq!((&*record.error_type, &*record.message), ("printer", "the disk is full"));
    assert_eq!((record.severity, record.category), (Severity::Info, Category::Validation));
    assert_eq!((record.key.as_deref(), record.attempt, record.bytes), (Some("till 7"), Some(3), Some(80)));
    let metadata: Vec<_> = record.metadata.iter().map(|(name, _)| &**name).collect();
    assert_eq!(metadata, ["zone", "password"]);
    assert_eq!(&*record.metadata[0].1, "north");
}

#[tokio::test]
async fn w23_what_is_secret_is_in_no_record_wherever_it_was_said() {
    const SECRET: &str = "hunter2-and-a-half";
    let log = log();
    let layer = charge(&log)
        .with("password", SECRET)
        .key(|(): &()| Some(format!("https://me:{SECRET}@example.com/")))
        .describe(|_: Result<&(), &BoxError>, details: &mut Details| {
            details.with("header", format!("Authorization: Bearer {SECRET}"));
        });
    let fails = service_fn(async |(): ()| {
        let cause = io::Error::other(format!("login failed, password={SECRET}"));
        Err::<(), BoxError>(Box::new(NoReceipt(cause)))
    });
    layer.layer(fails).oneshot(()).await.unwrap_err();
    let record = only(&log);
    assert_eq!((record.metadata.len(), record.chain.len()), (2, 1));
    assert!(record.key.is_some());
    assert!(!format!("{record:?}").contains("hunter2"), "{record:#?}");
}

#[tokio::test]
async fn the_key_of_a_request_is_known_when_its_call_has_failed() {
    let log = log();
    let layer = charge(&log).key(|tenant: &String| (tenant != "nobody").then(|| tenant.clone()));
    let mut service = layer.layer(service_fn(async |_: String| Err::<(), _>(io::Error::other("down"))));
    for tenant in ["acme", "nobody"] {
        service.ready().await.unwrap().call(tenant.to_owned()).await.unwrap_err();
    }
    let keys: Vec<_> = records(&log).into_iter().map(|record| record.key).collect();
    assert_eq!(keys, [Some("acme".into()), None]);
}

#[tokio::test(start_paused = true)]
async fn s0_01_s0_02_a_log_is_witness_of_what_the_layers_beneath_do() {
    let log = log();
    let retry = retry::Config::builder().attempts(3).build().unwrap();
    let opens = circuit_breaker::Config::builder().consecutive_failures(3).open_for(Duration::from_secs(60));
    let opens = opens.build().unwrap();
    let mut service = ServiceBuilder::new()
        .layer(FailureLogLayer::new(&log, "charge", "payments"))
        .layer(RetryLayer::new(retry).explained())
        .layer(FailureLogLayer::new(&log, "attempt", "payments"))
        .layer(CircuitBreakerLayer::new(opens))
        .service(Probe::default());
    // Three attempts, of which the last one opens the breaker.
    assert!(breaker::call(&mut service, Plan::FAIL).await.is_err());
    let of = |operation: &str| {
        let of: Vec<_> = records(&log).into_iter().filter(|record| &*record.operation == operation).collect();
        of
    };
    let [call] = &of("charge")[..] else { panic!("{:#?}", records(&log)) };
    assert_eq!((&*call.message, call.attempt), ("the probe failed in call", Some(3)));
    assert_eq!(of("attempt").len(), 3);
    assert!(call.duration > of("attempt")[2].duration, "the waits between attempts are the call's");
    // What comes now is refused, without a cascade: one of many is written down, and all are counted.
    for _ in 0..100 {
        assert!(breaker::call(&mut service, Plan::OK).await.is_err());
    }
    let operation = log.operation("charge", "payments");
    assert_eq!((operation.counts().failures, operation.counts().refused), (1, 100));
    let [_, refusal] = &of("charge")[..] else { panic!("{:#?}", records(&log)) };
    assert_eq!((refusal.severity, &*refusal.error_type), (Severity::Info, "Rejected"));
    assert!(refusal.message.starts_with("circuit_breaker"), "{refusal}");
    advance(Duration::from_secs(1)).await;
    assert!(breaker::call(&mut service, Plan::OK).await.is_err());
    assert_eq!(of("charge").len(), 3, "a second later it is worth another line");
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_a_failure_of_a_call_that_was_sent() {
    let log = log();
    let mut late = ServiceBuilder::new()
        .layer(charge(&log))
        .layer(TimeoutLayer::new(Duration::from_secs(1)).named("slow"))
        .service(Probe::default());
    breaker::call(&mut late, Plan::HANG).await.unwrap_err();
    let record = only(&log);
    assert_eq!((record.kind, record.category), (Some(FailureKind::Timeout), Category::Network));
    assert_eq!(
        (&*record.message, record.duration),
        ("timeout \"slow\": no answer within 1s", Some(Duration::from_secs(1)))
    );
    assert_eq!((counts(&log).failures, counts(&log).refused), (1, 0));
}

#[tokio::test]
async fn throttling_is_a_warning_and_what_is_ignored_is_counted_alone() {
    let log = log();
    let judge = |result: Result<&Outcome, &BoxError>| *result.unwrap();
    let mut service =
        charge(&log).classify(judge).layer(service_fn(async |outcome| Ok::<Outcome, BoxError>(outcome)));
    for outcome in [Outcome::Throttled, Outcome::Ignored, Outcome::Cancelled, Outcome::Success] {
        service.ready().await.unwrap().call(outcome).await.unwrap();
    }
    let record = only(&log);
    assert_eq!((record.severity, record.kind), (Severity::Warning, None));
    assert_eq!(&*record.message, "the response was judged a failure");
    let counts = counts(&log);
    assert_eq!((counts.successes, counts.failures, counts.ignored, counts.cancelled), (1, 1, 1, 1));
}

#[test]
fn b1_b2_a_call_dropped_at_any_point_is_cancelled_once_and_no_failure() {
    const POLLS: usize = 5;
    let (probe, log) = (Probe::default(), log());
    let mut service = charge(&log).layer(probe.clone());
    for k in 0..=POLLS {
        ready(&mut service);
        let mut task = Task::new(service.call(Plan::after(POLLS)));
        for _ in 0..k {
            assert!(task.poll().is_pending());
        }
        drop(task);
        assert_eq!((counts(&log).cancelled, probe.live()), (k as u64 + 1, 0), "after poll {k}");
    }
    assert_eq!((counts(&log).failures, records(&log).len()), (0, 0));
}

#[test]
fn b3_a_panic_of_the_call_is_written_down_and_one_elsewhere_is_not() {
    let (probe, log) = (Probe::default(), log());
    let mut service = charge(&log).layer(probe);
    for plan in [
        Plan { panic: Some(PanicAt::Call), ..Plan::OK },
        Plan { panic: Some(PanicAt::Future), ..Plan::after(2) },
    ] {
        ready(&mut service);
        assert!(catch_unwind(AssertUnwindSafe(|| Task::new(service.call(plan)).finish())).is_err());
        let record = records(&log).pop().unwrap();
        assert_eq!((record.severity, &*record.message), (Severity::Critical, "the call panicked"));
    }
    // Dropped by a panic of somebody else's, it is a call that was given up.
    ready(&mut service);
    let mut task = Task::new(service.call(Plan::HANG));
    assert!(task.poll().is_pending());
    let others = catch_unwind(AssertUnwindSafe(move || {
        let _task = task;
        panic!("planned");
    }));
    assert!(others.is_err());
    let counts = counts(&log);
    assert_eq!((counts.panicked, counts.failures, counts.cancelled), (2, 2, 1));
    assert_eq!(records(&log).len(), 2);
}

#[tokio::test]
async fn b3_a_hook_that_panics_costs_no_call_and_no_record() {
    let log = log();
    let layer =
        charge(&log).describe(|_: Result<&&'static str, &support::ProbeError>, details: &mut Details| {
            details.with("said", "before");
            panic!("planned");
        });
    let mut service = layer.layer(Probe::default());
    for _ in 0..3 {
        breaker::call(&mut service, Plan::FAIL).await.unwrap_err();
    }
    assert_eq!((counts(&log).failures, counts(&log).hook_panics, records(&log).len()), (3, 3, 3));
    assert_eq!(records(&log)[0].metadata.len(), 1, "what it said before is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn b7_every_call_has_one_outcome_and_every_failure_one_record() {
    const TASKS: u64 = 8;
    const CALLS: u64 = 5_000;
    let log = log();
    let layer = charge(&log);
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let mut service = layer.layer(Probe::default());
            tokio::spawn(async move {
                for number in 0..CALLS {
                    let plan = if number % 3 == 0 { Plan::FAIL } else { Plan::after(number as usize % 2) };
                    let call = service.ready().await.unwrap().call(plan);
                    if number % 5 == 0 {
                        drop(call);
                    } else {
                        let _ = call.await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let counts = counts(&log);
    assert_eq!(counts.successes + counts.failures + counts.cancelled, TASKS * CALLS);
    assert_eq!(counts.cancelled, TASKS * CALLS / 5);
    let snapshot = log.snapshot();
    assert_eq!((snapshot.recorded, snapshot.successes), (counts.failures, counts.successes));
}

#[tokio::test]
async fn a13_a_layer_that_is_off_writes_nothing_and_keeps_the_type_of_errors() {
    let log = log();
    let layers = [charge(&log), FailureLogLayer::from_operation(None)];
    assert!(layers[0].operation().is_some() && layers[1].operation().is_none());
    for layer in layers {
        let mut service = layer.layer(Probe::default());
        assert_eq!(breaker::call(&mut service, Plan::FAIL).await.unwrap_err(), support::ProbeError("call"));
    }
    assert_eq!(records(&log).len(), 1);
}

#[tokio::test]
async fn a_stack_writes_down_what_its_callers_see() {
    let log = log();
    let registry = buttress::registry::Registry::new();
    let operation: failure_log::Operation = log.operation("charge", "payments");
    let stack = Stack::new("prices").failure_log(operation).operation("quote").register(&registry).unwrap();
    assert!(
        stack.explain().contains("failure_log \"shop\": \"charge\" of \"payments\""),
        "{}",
        stack.explain()
    );
    let mut service = stack.layer(Probe::default());
    breaker::call(&mut service, Plan::FAIL).await.unwrap_err();
    assert_eq!(&*only(&log).message, "the probe failed in call");
    let status = registry.status();
    assert_eq!((status.failure_logs["shop"].recorded, status.operations.len()), (1, 1));
    // The stack is the operation where none is named.
    let mut service = Stack::new("orders").failure_log(&log).layer(Probe::default());
    breaker::call(&mut service, Plan::FAIL).await.unwrap_err();
    assert_eq!(log.history("orders", "orders", 10).len(), 1);
}
