//! The handle: what is written down without a layer, what is found again, and what follows a breaker.

use crate::{log, only, records};
use buttress::circuit_breaker;
use buttress::failure_log::{Category, Config, Filter, Handle, Severity, Standing};
use buttress::registry::{Registry, Verdict};
use buttress::{BoxError, Event, EventKind, FailureKind, Outcome, Settle};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::breaker;
use tokio::time::{advance, sleep};

fn refused() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, "the till does not answer")
}

#[test]
fn s0_47_a_failure_that_is_told_has_a_number_and_is_found_by_it() {
    let log = log();
    let charge = log.operation("charge", "payments");
    let error = refused();
    let failure = charge.failure().error(&error).severity(Severity::Critical).with("till", &7);
    let recorded = charge.record(&failure);
    let record = log.get(recorded.id).unwrap();
    assert_eq!(
        (&*record.operation, &*record.component, record.severity),
        ("charge", "payments", Severity::Critical)
    );
    assert_eq!((&*record.message, record.category), ("the till does not answer", Category::Network));
    assert_eq!(record.metadata, [("till".into(), "7".into())]);
    assert_eq!(record.fingerprint, recorded.fingerprint);
    assert_eq!(charge.failed_with(&error).id, recorded.id + 1);
    assert_eq!(log.get(4_711), None);
}

#[test]
fn s0_61_s4_43_s4_44_successes_and_failures_of_an_operation_are_counted_apart_from_those_of_others() {
    let log = log();
    let [charge, refund] = ["charge", "refund"].map(|name| log.operation(name, "payments"));
    (0..63).for_each(|_| charge.succeeded());
    (0..37).for_each(|_| {
        charge.failed_with(&refused());
    });
    refund.succeeded();
    let same = log.operation("charge", "payments");
    assert_eq!((same.counts().successes, same.counts().failures), (63, 37));
    assert_eq!((refund.counts().successes, refund.counts().failures), (1, 0));
    let names: Vec<_> = log.operations().iter().map(|operation| operation.name()).collect();
    assert_eq!(names, ["charge", "refund"]);
    assert_eq!((log.snapshot().recorded, log.snapshot().successes), (37, 64));
}

#[tokio::test(start_paused = true)]
async fn s0_64_a_future_is_watched_and_its_result_comes_through() {
    let log = log();
    let charge = log.operation("charge", "payments");
    let slow = async {
        sleep(Duration::from_secs(2)).await;
        Err::<(), BoxError>(refused().into())
    };
    assert_eq!(charge.track(slow).await.unwrap_err().to_string(), "the till does not answer");
    assert_eq!(charge.track(async { Ok::<_, BoxError>(42) }).await.unwrap(), 42);
    drop(charge.track(async { Ok::<_, BoxError>(42) }));
    let record = only(&log);
    assert_eq!((record.duration, record.kind), (Some(Duration::from_secs(2)), Some(FailureKind::Error)));
    let counts = charge.counts();
    assert_eq!((counts.successes, counts.failures, counts.cancelled), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_begun_by_hand_ends_as_it_is_told() {
    let log = log();
    let charge = log.operation("charge", "payments");
    charge.begin().succeeded();
    let call = charge.begin();
    advance(Duration::from_secs(3)).await;
    let recorded = call.failed_with(&refused()).unwrap();
    assert_eq!(log.get(recorded.id).unwrap().duration, Some(Duration::from_secs(3)));
    drop(charge.begin());
    let mut settled = charge.begin();
    settled.settle(Outcome::Failure(FailureKind::Timeout), None);
    settled.settle(Outcome::Success, None);
    drop(settled);
    let counts = charge.counts();
    assert_eq!((counts.successes, counts.failures, counts.cancelled), (1, 2, 1));
}

#[test]
fn s0_65_what_happens_to_a_breaker_is_written_down_until_nobody_wants_to_know() {
    let log = log();
    let orders = circuit_breaker::Handle::new("orders", breaker::config());
    let following = log.follow(&orders);
    breaker::fail(&orders, 2);
    orders.reset();
    let [opened, closed] = &records(&log)[..] else { panic!("{:#?}", records(&log)) };
    assert_eq!((&*opened.operation, &*opened.component), ("orders", "circuit_breaker"));
    assert_eq!((opened.severity, closed.severity), (Severity::Error, Severity::Info));
    assert!(opened.message.contains("closed -> open"), "{opened}");
    let counts = log.operation("orders", "circuit_breaker").counts();
    assert_eq!(counts.failures, 0, "no call of that name has failed");
    drop(following);
    orders.force_open();
    assert_eq!(records(&log).len(), 2);
}

#[test]
fn s4_46_the_last_ten_failures_of_an_operation_are_its_history() {
    let log = log();
    let charge = log.operation("charge", "payments");
    for number in 1..=25 {
        charge.record(&charge.failure().message(&format_args!("order {number} failed")));
        log.operation("refund", "payments").failed_with(&refused());
    }
    let history = charge.history();
    assert_eq!(history.len(), 10);
    let messages: Vec<_> = history.iter().map(|record| record.message.to_string()).collect();
    assert_eq!((&*messages[0], &*messages[9]), ("order 25 failed", "order 16 failed"));
    assert_eq!(log.history("charge", "payments", 3).len(), 3);
}

#[test]
fn s0_63_all_that_is_kept_can_be_forgotten_and_numbers_go_on() {
    let log = log();
    let charge = log.operation("charge", "payments");
    let before = charge.failed_with(&refused()).id;
    log.clear();
    assert_eq!((records(&log).len(), log.classes(&Filter::default()).len()), (0, 0));
    assert!(charge.failed_with(&refused()).id > before);
    assert_eq!(records(&log).len(), 1);
}

#[test]
fn a_class_that_becomes_remarkable_is_told_once_and_no_more_than_ten_times_a_second() {
    let log = log();
    let registry = Registry::new();
    registry.add(log.clone()).unwrap();
    let mut changes = registry.subscribe_to_changes();
    let heard = Arc::new(Mutex::new(Vec::new()));
    log.on_event({
        let heard = Arc::clone(&heard);
        move |event: &Event| heard.lock().unwrap().push(event.clone())
    });
    log.on_event(|_| panic!("planned"));
    let charge = log.operation("charge", "payments");
    let recorded = charge.failed_with(&refused());
    charge.failed_with(&refused());
    let events = std::mem::take(&mut *heard.lock().unwrap());
    let [event] = &events[..] else { panic!("{events:?}") };
    let EventKind::Failing { fingerprint, standing } = event.kind else { panic!("{event}") };
    assert_eq!((fingerprint, standing), (recorded.fingerprint, Standing::New));
    assert_eq!(event.to_string(), format!("failure_log shop: failures {fingerprint} are new"));
    assert_eq!(changes.try_next().map(|event| event.to_string()), Some(event.to_string()));
    assert_eq!(log.listener_panics(), 1);
}

#[tokio::test(start_paused = true)]
async fn h20_failures_that_are_all_different_are_not_all_announced() {
    let log = log();
    let heard = Arc::new(Mutex::new(0));
    log.on_event({
        let heard = Arc::clone(&heard);
        move |_| *heard.lock().unwrap() += 1
    });
    let charge = log.operation("charge", "payments");
    let word = |number: u32| -> String {
        (0..5).map(|place| char::from(b'a' + (number / 26_u32.pow(place) % 26) as u8)).collect()
    };
    for number in 0..1_000 {
        charge.record(&charge.failure().message(&word(number)));
    }
    assert_eq!(*heard.lock().unwrap(), 10);
    advance(Duration::from_secs(1)).await;
    charge.record(&charge.failure().message(&"something else altogether"));
    assert_eq!(*heard.lock().unwrap(), 11);
}

#[test]
fn w05_in_a_registry_it_shows_and_is_never_ill() {
    let registry = Registry::new();
    let log = log();
    registry.add(log.clone()).unwrap();
    let charge = log.operation("charge", "payments");
    charge.succeeded();
    for number in 0..100 {
        charge.record(
            &charge.failure().message(&format_args!("order {number} failed")).severity(Severity::Critical),
        );
    }
    let status = registry.status();
    assert_eq!(status.health.verdict, Verdict::Healthy);
    let shop = &status.failure_logs["shop"];
    assert_eq!((shop.recorded, shop.records, shop.successes, shop.classes), (100, 100, 1, 1));
    let [class] = &shop.top[..] else { panic!("{shop:#?}") };
    assert_eq!((class.count, class.severity, class.flags.new), (100, Severity::Critical, true));
    assert_eq!((shop.remarkable, shop.operations[0].counts.failures), (1, 100));
    let json = serde_json::to_value(&status).unwrap();
    let shop = &json["failure_logs"]["shop"];
    assert_eq!(
        (&shop["top"][0]["severity"], &shop["operations"][0]["failures"]),
        (&"critical".into(), &100.into())
    );
    // A reset is about who may call; what is remembered is for those who look for the cause.
    registry.reset_all();
    assert_eq!(records(&log).len(), 100);
}

#[test]
fn f4_operations_beyond_the_last_place_are_one() {
    let log = Handle::new("shop", Config::builder().operations(2).build().unwrap());
    for number in 0..100 {
        log.operation(&format!("charge {number}"), "payments").succeeded();
    }
    let operations = log.operations();
    let names: Vec<_> =
        operations.iter().map(|operation| (operation.name(), operation.component())).collect();
    assert_eq!(names, [("charge 0", "payments"), ("charge 1", "payments"), ("other", "other")]);
    assert_eq!(operations[2].counts().successes, 98);
}

#[test]
fn handles_of_one_log_are_one_and_logs_of_one_name_are_not() {
    let log = log();
    let other = Handle::new("shop", Config::default());
    log.clone().operation("charge", "payments").failed_with(&refused());
    assert_eq!((records(&log).len(), records(&other).len()), (1, 0));
    let registry = Registry::new();
    registry.add(log).unwrap();
    assert!(registry.add(other).is_err());
}
