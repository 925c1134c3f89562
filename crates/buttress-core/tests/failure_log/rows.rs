//! What source systems promised of their logs of failures.

use crate::{at, log};
use buttress_core::FailureKind;
use buttress_core::failure_log::{Category, Config, Failure, FailureLog, Filter, Record, Rule, Severity};
use std::fmt;
use std::io;
use std::time::Duration;

#[derive(Debug)]
struct Declined(io::Error);

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("card 4711 declined")
    }
}

impl std::error::Error for Declined {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn messages(log: &FailureLog, filter: &Filter) -> Vec<String> {
    log.records(filter).iter().map(|record| record.message.to_string()).collect()
}

#[test]
fn s0_04_s0_47_a_failure_is_recorded_with_all_that_is_known_of_it() {
    let log = log(Config::builder());
    let charge = log.operation("charge", "payments");
    let error = Declined(io::Error::new(io::ErrorKind::ConnectionReset, "reset, password=hunter2"));
    let failure = Failure::of(&charge)
        .error(&error)
        .kind(FailureKind::Response)
        .key(&"customer-7")
        .attempt(2)
        .took(Duration::from_micros(1_500))
        .bytes(99)
        .with("region", &"eu")
        .with("api_key", &"k-123");
    let (wall, now) = at(1);
    let recorded = log.record(&failure, wall + Duration::from_nanos(999_999), now);
    assert_eq!(recorded.id, 1);
    let record = log.get(1).unwrap();
    assert_eq!(log.records(&Filter::default()), std::slice::from_ref(&record));
    assert_eq!(record.at, wall, "to the millisecond");
    let texts = [&record.operation, &record.component, &record.message, &record.template, &record.error_type];
    assert_eq!(
        texts.map(|text| text.to_string()),
        ["charge", "payments", "card 4711 declined", "card <n> declined", "io::ConnectionReset"]
    );
    assert_eq!((record.severity, record.category), (Severity::Error, Category::Network));
    assert_eq!(record.chain, ["reset, password=<redacted>".into()]);
    assert_eq!(
        record.metadata,
        [("region", "eu"), ("api_key", "<redacted>")].map(|(a, b)| (a.into(), b.into()))
    );
    assert_eq!(
        (record.key.as_deref(), record.attempt, record.bytes),
        (Some("customer-7"), Some(2), Some(99))
    );
    assert_eq!(
        (record.kind, record.duration),
        (Some(FailureKind::Response), Some(Duration::from_micros(1_500)))
    );
    assert_eq!((record.fingerprint, record.flags.new, record.suppressed), (recorded.fingerprint, true, 0));
    let shown = "#1 error network charge of payments: io::ConnectionReset: card 4711 declined";
    assert_eq!(record.to_string(), shown);
}

#[test]
fn s0_48_s0_49_what_the_caller_says_goes_before_rules_and_rules_before_guesses() {
    let rules = [Rule::default().message("declined").is(Category::Validation).as_bad_as(Severity::Info)];
    let log = log(Config::builder()).with_rules(rules);
    let charge = log.operation("charge", "payments");
    let (wall, now) = at(0);
    let record = |failure: Failure<'_>| {
        let recorded = log.record(&failure, wall, now);
        (recorded.severity, recorded.category)
    };
    let failure = || Failure::of(&charge).message(&"declined: connection reset");
    assert_eq!(record(failure()), (Severity::Info, Category::Validation));
    assert_eq!(record(failure().severity(Severity::Critical)), (Severity::Critical, Category::Validation));
    assert_eq!(record(failure().category(Category::Storage)), (Severity::Info, Category::Storage));
    // The same again, so that what was found out is remembered and not mixed up.
    assert_eq!(record(failure()), (Severity::Info, Category::Validation));
    assert_eq!(log.classes(&Filter::default(), wall).len(), 1, "it is one fault whatever is said of it");
}

#[test]
fn s0_51_each_part_of_a_filter_asks_for_less() {
    let log = log(Config::builder());
    let say = |seconds, operation: &str, component: &str, severity, category, message: &str| {
        let operation = log.operation(operation, component);
        let failure = Failure::of(&operation).severity(severity).category(category).message(&message);
        let (wall, now) = at(seconds);
        log.record(&failure, wall, now);
    };
    say(0, "charge", "payments", Severity::Warning, Category::Network, "no Answer");
    say(60, "charge", "payments", Severity::Critical, Category::Storage, "disk full");
    say(120, "search", "catalog", Severity::Error, Category::Network, "refused");
    let asked = |filter: Filter| (messages(&log, &filter), log.classes(&filter, at(120).0).len());
    let none = Filter::default;
    assert_eq!(asked(none()).0, ["no Answer", "disk full", "refused"]);
    for (filter, found) in [
        (none().since(at(60).0), &["disk full", "refused"][..]),
        (none().until(at(60).0), &["no Answer", "disk full"]),
        (none().category(Category::Network), &["no Answer", "refused"]),
        (none().at_least(Severity::Error), &["disk full", "refused"]),
        (none().component("payments"), &["no Answer", "disk full"]),
        (none().operation("search"), &["refused"]),
        (none().text("ANSWER"), &["no Answer"]),
        (none().component("payments").category(Category::Network), &["no Answer"]),
    ] {
        assert_eq!(
            asked(filter.clone()),
            (found.iter().map(ToString::to_string).collect(), found.len()),
            "{filter:?}"
        );
    }
    let network = log.tallies(&none().category(Category::Network), at(120).0);
    assert_eq!(
        network.iter().map(|tally| (tally.severity, tally.count)).collect::<Vec<_>>(),
        [(Severity::Warning, 1), (Severity::Error, 1)]
    );
}

#[test]
fn s0_61_successes_are_counted_beside_failures() {
    let log = log(Config::builder());
    let charge = log.operation("charge", "payments");
    for seconds in 0..63 {
        charge.succeeded(at(seconds).1);
    }
    // The same operation by its name, not a second one.
    log.operation("charge", "payments").succeeded(at(70).1);
    log.record(&Failure::of(&charge).message(&"a"), at(71).0, at(71).1);
    let volumes = log.volumes(&Filter::default(), at(71).0);
    assert_eq!(volumes.len(), 1);
    assert_eq!(
        (volumes[0].successes, volumes[0].failures, charge.successes(), charge.failures()),
        (64, 1, 64, 1)
    );
    assert_eq!(log.volumes(&Filter::default().component("other"), at(71).0), []);
}

#[test]
fn s0_63_a_noisy_operation_pushes_out_its_own_records_alone() {
    let log = log(Config::builder());
    let (quiet, noisy) = (log.operation("quiet", "a"), log.operation("noisy", "a"));
    let (wall, now) = at(0);
    for number in 0..5 {
        log.record(&Failure::of(&quiet).message(&number), wall, now);
    }
    for number in 0..10_000 {
        log.record(&Failure::of(&noisy).message(&number), wall, now);
    }
    assert_eq!(messages(&log, &Filter::default().operation("quiet")), ["0", "1", "2", "3", "4"]);
    let noisy = log.history("noisy", "a", 10);
    assert_eq!(
        noisy.iter().map(|record| &*record.message).collect::<Vec<_>>()[..3],
        ["9999", "9998", "9997"]
    );
    let snapshot = log.snapshot();
    assert_eq!((snapshot.records, snapshot.dropped, snapshot.recorded), (105, 9_900, 10_005));
    assert_eq!(log.history("noisy", "b", 10), []);
}

#[test]
fn s0_63_a_restarted_log_goes_on_where_the_other_stopped() {
    let before = log(Config::builder());
    let charge = before.operation("charge", "payments");
    for number in 0..300_u64 {
        let failure = Failure::of(&charge).message(&"declined").key(&number).with("n", &number).attempt(1);
        before.record(&failure, at(number).0, at(number).1);
    }
    let written = before.records(&Filter::default());
    let (wall, now) = at(1_000);
    // Another process: its ticks begin anew.
    let after = FailureLog::new(Config::default(), wall, buttress_core::Tick::ZERO);
    assert_eq!(after.restore(written.iter().rev().cloned()), 100);
    assert_eq!(after.records(&Filter::default()), written);
    let class = &after.classes(&Filter::default(), wall)[0];
    assert_eq!((class.count, class.flags.new, class.first), (100, false, at(200).0));
    let charge = after.operation("charge", "payments");
    let failure = Failure::of(&charge).message(&"declined");
    let recorded = after.record(&failure, wall, buttress_core::Tick::from_nanos(1));
    assert_eq!((recorded.id, recorded.turned), (301, None), "numbers go on, and what was known is not new");
    assert_eq!(recorded.fingerprint, written[0].fingerprint);
    // Nobody knows how many calls went well before, so what was read back is in no rate.
    let volume = &after.volumes(&Filter::default(), wall)[0];
    assert_eq!((volume.failures, volume.restored, volume.successes), (1, 100, 0));
    assert_eq!(now, at(1_000).1);
}

#[test]
fn w23_h14_what_is_restored_has_no_secrets_and_no_more_texts_than_allowed() {
    let secret = "password=hunter2";
    let before = log(Config::builder());
    let charge = before.operation("charge", "payments");
    before.record(
        &Failure::of(&charge).message(&"m").key(&"k").with("a", &1).with("token", &2),
        at(0).0,
        at(0).1,
    );
    let mut foreign = before.records(&Filter::default()).remove(0);
    (foreign.message, foreign.template, foreign.key) = (secret.into(), secret.into(), Some(secret.into()));
    foreign.chain = vec![secret.into()];
    foreign.metadata = vec![("url".into(), secret.into()), ("token".into(), "hunter2".into())];
    let mut long = foreign.clone();
    (long.id, long.message) = (2, format!("{secret},{}", "x".repeat(1 << 20)).into());
    let after = FailureLog::new(Config::default(), at(1).0, at(1).1);
    assert_eq!(after.restore([foreign, long]), 2);
    let records = after.records(&Filter::default());
    assert_eq!(&*records[0].message, "password=<redacted>");
    assert!(records[1].message.len() <= Config::default().message());
    let shown = format!("{after:?} {records:?} {:?}", after.classes(&Filter::default(), at(1).0));
    assert!(!shown.contains("hunter2"), "{records:?}");
    // What has none is as it was.
    let again = FailureLog::new(Config::default(), at(1).0, at(1).1);
    again.restore(records.iter().cloned());
    assert_eq!(again.records(&Filter::default()), records);
}

#[test]
fn s0_63_what_is_too_old_is_not_restored_but_its_number_is_not_used_again() {
    let before = log(Config::builder());
    let charge = before.operation("charge", "payments");
    before.record(&Failure::of(&charge).message(&"old"), at(0).0, at(0).1);
    let (wall, now) = at(31 * 86_400);
    let after = FailureLog::new(Config::default(), wall, now);
    assert_eq!(after.restore(before.records(&Filter::default())), 0);
    let charge = after.operation("charge", "payments");
    assert_eq!(after.record(&Failure::of(&charge).message(&"new"), wall, now).id, 2);
}

#[test]
fn s0_63_a_cleared_log_is_empty_and_its_numbers_go_on() {
    let log = log(Config::builder());
    let charge = log.operation("charge", "payments");
    let (wall, now) = at(0);
    charge.succeeded(now);
    log.record(&Failure::of(&charge).message(&"a"), wall, now);
    log.record(&Failure::of(&charge).message(&"a").aside(), wall, now);
    log.clear();
    let empty = log.snapshot();
    assert_eq!((empty.recorded, empty.records, empty.classes, empty.successes), (0, 0, 0, 0));
    assert!(empty.failures.iter().all(|of| of.failures == 0) && empty.tallies.is_empty());
    charge.succeeded(now);
    assert_eq!(log.record(&Failure::of(&charge).message(&"a"), wall, now).id, 3);
    let volume = &log.volumes(&Filter::default(), wall)[0];
    assert_eq!((volume.successes, volume.failures, volume.minutes.len()), (1, 1, 1));
}

#[test]
fn an_operation_of_another_log_is_the_one_of_the_same_name() {
    let (one, other) = (log(Config::builder()), log(Config::builder()));
    let (wall, now) = at(0);
    let _first = other.operation("first", "a");
    let charge = one.operation("charge", "payments");
    other.record(&Failure::of(&charge).message(&"a"), wall, now);
    let record: Record = other.get(1).unwrap();
    assert_eq!((&*record.operation, charge.failures()), ("charge", 0));
    assert_eq!(other.operation("charge", "payments").failures(), 1);
}

#[cfg(feature = "serde")]
#[test]
fn s0_63_h14_a_record_is_one_line_of_json_and_reads_back_the_same() {
    let log = log(Config::builder());
    let charge = log.operation("char\nge", "pay\u{2028}ments");
    let error = io::Error::from(io::ErrorKind::TimedOut);
    let message = "line\r\n\u{1b}[31m \u{0} \"quoted\" \u{85}";
    let failure = Failure::of(&charge)
        .error(&error)
        .message(&message)
        .kind(FailureKind::Timeout)
        .took(Duration::from_nanos(1_234_567))
        .with("same", &1)
        .with("same", &2);
    log.record(&failure, at(3).0 + Duration::from_millis(7), at(3).1);
    log.record(&Failure::of(&charge), at(4).0, at(4).1);
    for record in log.records(&Filter::default()) {
        let line = serde_json::to_string(&record).unwrap();
        assert!(!line.contains(['\n', '\r', '\u{1b}', '\u{0}']), "{line}");
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), record);
        assert!(line.contains(r#""at":"2023-11-14T22:13:2"#), "{line}");
        assert!(!record.to_string().contains(char::is_control));
    }
    let class = log.classes(&Filter::default(), at(4).0);
    let again: Vec<_> = serde_json::from_str(&serde_json::to_string(&class).unwrap()).unwrap();
    assert_eq!(class, again);
    let volumes = log.volumes(&Filter::default(), at(4).0);
    assert_eq!(volumes, serde_json::from_str::<Vec<_>>(&serde_json::to_string(&volumes).unwrap()).unwrap());
}
