//! Texts of users: long ones, hostile ones, and such that panic.

use crate::{at, log};
use buttress_core::failure_log::{Config, Failure, Filter};
use std::cell::Cell;
use std::error::Error;
use std::fmt;

#[derive(Debug)]
struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half of it, ")?;
        panic!("told badly")
    }
}

impl Error for Panics {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        panic!("asked badly")
    }
}

#[test]
fn b3_a_text_that_panics_is_recorded_as_one_and_the_log_goes_on() {
    let log = log(Config::builder());
    let charge = log.operation("charge", "payments");
    let (wall, now) = at(0);
    let failure = Failure::of(&charge).error(&Panics).key(&Panics).with("a", &Panics).with("b", &1);
    assert_eq!(log.record(&failure, wall, now).id, 1);
    assert_eq!(log.record(&Failure::of(&charge).message(&"fine"), wall, now).id, 2);
    let record = log.get(1).unwrap();
    assert_eq!((&*record.message, record.key.as_deref()), ("<panicked>", Some("<panicked>")));
    assert_eq!((&*record.metadata[0].1, &*record.metadata[1].1), ("<panicked>", "1"));
    assert_eq!(record.chain, []);
    assert_eq!((log.snapshot().panicked, log.snapshot().recorded), (3, 2));
}

#[test]
fn b3_a_failure_can_be_recorded_while_another_is_told() {
    let log = log(Config::builder());
    let charge = log.operation("charge", "payments");
    let (wall, now) = at(0);
    let inner = Cell::new(0);
    let tells = fmt::from_fn(|f: &mut fmt::Formatter<'_>| {
        inner.set(log.record(&Failure::of(&charge).message(&"inner"), wall, now).id);
        f.write_str("outer")
    });
    let outer = log.record(&Failure::of(&charge).message(&tells), wall, now);
    assert_eq!((inner.get(), outer.id), (1, 2));
    let said: Vec<_> =
        log.records(&Filter::default()).iter().map(|record| record.message.to_string()).collect();
    assert_eq!(said, ["inner", "outer"]);
}

#[test]
fn f4_long_texts_are_cut_and_not_told_to_the_end() {
    let config = Config::builder().message(64).chain(2).metadata(2).value(32);
    let log = log(config);
    let charge = log.operation(&"o".repeat(1_000), &"ü".repeat(1_000));
    let told = Cell::new(0);
    let endless = fmt::from_fn(|f: &mut fmt::Formatter<'_>| {
        loop {
            told.set(told.get() + 1);
            f.write_str("so and so é ")?;
        }
    });
    let failure = Failure::of(&charge)
        .message(&endless)
        .error_type("a::very::long::path::to::an::error::of::mine::Declined")
        .key(&endless)
        .with("long", &endless)
        .with("second", &2)
        .with("third", &3);
    log.record(&failure, at(0).0, at(0).1);
    assert!(told.get() < 200, "{}", told.get());
    let record = log.get(1).unwrap();
    assert!(record.message.len() <= 64 && record.message.ends_with('…'), "{}", record.message);
    assert!(record.template.len() <= 64);
    assert!(record.operation.len() <= 32 && record.component.len() <= 32);
    assert!(record.error_type.len() <= 32 && record.error_type.ends_with("mine::Declined"));
    assert_eq!(record.metadata.len(), 2);
    assert!(record.key.unwrap().len() <= 32 && record.metadata[0].1.len() <= 32);
}

#[test]
fn h14_a_secret_is_not_left_by_where_a_text_is_cut() {
    let log = log(Config::builder().message(64));
    let charge = log.operation("charge", "payments");
    let (wall, now) = at(0);
    // Wherever the end of what is looked at falls: before the sign that tells an URL's user from its host, or within a token.
    for length in 0..600 {
        for secret in ["amqp://bob:Zq7Zq7Zq7Zq7@host", "eyJZq7Zq7Zq7Zq7Zq7.Zq7Zq7Zq7", "AKIAZQ7ZQ7ZQ7ZQ7ZQ77"]
        {
            let text = format!("{} {secret}", "a b ".repeat(200)[..length].trim_end());
            let recorded = log.record(&Failure::of(&charge).message(&text), wall, now);
            let record = log.get(recorded.id).unwrap();
            let said = [&record.message, &record.template];
            assert!(!said.iter().any(|said| said.to_lowercase().contains("zq")), "{record:?}");
        }
    }
}

#[test]
fn w23_nothing_that_shows_a_log_shows_a_secret() {
    let log = log(Config::builder());
    let charge = log.operation("charge", "payments");
    let secret = "password=hunter2";
    let failure =
        Failure::of(&charge).message(&secret).key(&secret).with("token", &"hunter2").with("url", &secret);
    assert!(!format!("{failure:?}").contains("hunter2"));
    log.record(&failure, at(0).0, at(0).1);
    let now = at(0).0;
    let filter = Filter::default();
    let shown =
        format!("{log:?} {:?} {:?} {:?}", log.records(&filter), log.classes(&filter, now), log.snapshot());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn sources_that_go_round_end() {
    #[derive(Debug)]
    struct Round;
    impl fmt::Display for Round {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("round")
        }
    }
    impl Error for Round {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&Self)
        }
    }
    let log = log(Config::builder());
    let charge = log.operation("charge", "payments");
    log.record(&Failure::of(&charge).error(&Round), at(0).0, at(0).1);
    assert_eq!(log.get(1).unwrap().chain.len(), 8);
}
