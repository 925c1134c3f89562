//! What stands out, and what does not.

use crate::log::{DAY, HOUR, Log, MINUTE, at};
use buttress_core::FailureKind;
use buttress_core::failure_log::{
    Analysis, Change, Common, Failure, Filter, Options, Priority, Recommendation,
};
use std::sync::Arc;
use std::time::Duration;

fn patterns(log: &Log) -> Vec<(Common, u64)> {
    let found = log.review(DAY).analysis;
    assert_eq!(found.pattern_count, found.patterns.len());
    found.patterns.into_iter().map(|pattern| (pattern.common, pattern.failures)).collect()
}

#[test]
fn s0_57_three_failures_make_a_pattern_and_two_do_not() {
    let log = Log::new();
    let options = |min_confidence| Options { min_confidence, ..Options::default() };
    for (times, confidence) in [(1, 1.0 / 3.0), (2, 2.0 / 3.0), (3, 0.95), (4, 0.95)] {
        log.fail("a/b", times * MINUTE, "E", "the disk is full again today");
        let found = |options| log.0.analyse(&Filter::default(), &options, at(DAY)).patterns;
        assert_eq!(found(options(0.0))[0].confidence, confidence);
        assert_eq!(found(Options::default()).len(), usize::from(times >= 3), "{times}");
        assert_eq!(found(options(0.96)), []);
    }
    // The same failures make all five: the one that says most is told.
    let words = "the disk is full again".to_owned();
    assert_eq!(
        patterns(&log),
        [(Common::Message { words, component: "a".into(), operation: "b".into() }, 4)]
    );
}

#[test]
fn s0_57_failures_are_alike_by_type_place_or_words() {
    let in_component = Log::new();
    for (place, message) in [("a/x", "one"), ("a/y", "two"), ("a/z", "three")] {
        in_component.fail(place, HOUR, "E", message);
    }
    let expected = Common::TypeInComponent { error_type: "E".into(), component: "a".into() };
    assert_eq!(patterns(&in_component), [(expected, 3)]);

    let in_operation = Log::new();
    for (place, message) in [("a/x", "one"), ("b/x", "two"), ("c/x", "three")] {
        in_operation.fail(place, HOUR, "E", message);
    }
    let expected = Common::TypeInOperation { error_type: "E".into(), operation: "x".into() };
    assert_eq!(patterns(&in_operation), [(expected, 3)]);

    let of_operation = Log::new();
    for (error_type, message) in [("E", "one"), ("F", "two"), ("G", "three")] {
        of_operation.fail("a/x", HOUR, error_type, message);
    }
    let expected = Common::Operation { component: "a".into(), operation: "x".into() };
    assert_eq!(patterns(&of_operation), [(expected, 3)]);

    let by_words = Log::new();
    for (place, error_type) in [("a/x", "E"), ("b/y", "F"), ("c/z", "G")] {
        by_words.fail(place, HOUR, error_type, "no route to host 10.0.0.7");
    }
    let found = patterns(&by_words);
    assert_eq!((found.len(), found[0].1), (1, 3));
    assert_eq!(found[0].0.to_string(), "\"no route to host <address>\" anywhere");
}

#[test]
fn s0_56_the_last_ten_failures_are_told_and_components_apart_where_asked() {
    let log = Log::new();
    let ids: Vec<_> = (0..14).map(|at| log.fail(["a/x", "b/y"][at % 2], at as u64, "E", "no")).collect();
    let options = Options { by_component: true, ..Options::default() };
    let found = log.0.analyse(&Filter::default(), &options, at(HOUR));
    let recent: Vec<_> = found.recent.iter().map(|record| record.id).collect();
    assert_eq!(recent, ids.iter().rev().take(10).copied().collect::<Vec<_>>());
    let components: Vec<_> = found.by_component.iter().map(|of| (&*of.component, of.failures)).collect();
    assert_eq!(components, [("a", 7), ("b", 7)]);
    for (component, of) in ["a", "b"].into_iter().zip(&found.by_component) {
        let own =
            |common: &Common| matches!(common, Common::Message { component: of, .. } if &**of == component);
        assert!(of.patterns.iter().all(|pattern| own(&pattern.common)), "{:?}", of.patterns);
    }
    assert!(log.review(HOUR).analysis.by_component.is_empty());
    assert!(found.summary.starts_with("14 failures"), "{}", found.summary);
}

/// Failures of `one` every 97 min, each followed by one of `other`, among so many of `other` all day.
fn pair(one: &str, other: &str, among: u64) -> Analysis {
    let log = Log::new();
    let mut calls: Vec<_> = (0..12)
        .map(|turn| (5 * MINUTE + turn * (97 + turn) * MINUTE / 2, one, "no free connection"))
        .collect();
    calls.extend(calls.clone().into_iter().map(|(at, ..)| (at + 40, other, "the cart is empty")));
    calls.extend((0..among).map(|turn| (turn * (DAY / among) + turn % 7, other, "the cart is empty")));
    calls.sort_unstable();
    for (at, place, message) in calls {
        log.fail(place, at, "E", message);
    }
    log.review(DAY).analysis
}

#[test]
fn s0_58_two_operations_of_one_component_that_fail_together_are_told() {
    for other in ["shop/order", "warehouse/order"] {
        let found = pair("shop/pay", other, 10).correlations;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].one.place(), found[0].other.place()), ("shop/pay".to_owned(), other.to_owned()));
        assert_eq!((found[0].times, found[0].together), (12, 12));
        assert_eq!(found[0].later, Duration::from_secs(40));
        assert!(found[0].score > 0.7 && found[0].score <= 1.0);
    }
}

#[test]
fn s0_58_what_fails_all_the_time_fails_together_with_nothing() {
    // Each of the twelve has one near, as every minute has.
    let busy = pair("shop/pay", "shop/order", 300);
    assert!(busy.correlations.is_empty(), "{:?}", busy.correlations);
    let log = Log::new();
    for at in 0..2 {
        log.fail("shop/pay", at * HOUR, "E", "no");
        log.fail("shop/order", at * HOUR, "E", "no");
    }
    assert!(log.review(DAY).analysis.correlations.is_empty(), "two times are chance");
}

#[test]
fn s0_58_one_outage_of_both_is_one_time_however_long() {
    let log = Log::new();
    for second in 0..900 {
        log.fail("shop/pay", HOUR + second, "E", "no");
        log.fail("shop/order", HOUR + second, "E", "no");
    }
    let found = log.review(DAY).analysis;
    assert_eq!(found.findings(), 0, "{:?} {:?}", found.correlations, found.regressions);
}

#[test]
fn a_fault_of_every_night_is_told_from_the_hours_of_weeks() {
    let log = Log::new();
    for day in 0..21 {
        for hour in [5, 9, 13, 22] {
            if (day * 7 + hour) % 5 == 0 {
                log.fail("backup/run", day * DAY + hour * HOUR, "E", "the share is gone");
            }
        }
        (0..30).for_each(|_| {
            log.fail("backup/run", day * DAY + 2 * HOUR + 600, "E", "the share is gone");
        });
    }
    let found = log.review(21 * DAY).analysis.periodic;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].period, found[0].came, found[0].due), (Duration::from_secs(DAY), 21, 21));
    assert_eq!(found[0].next, at(21 * DAY + 2 * HOUR));
}

#[test]
fn what_fails_by_day_and_rests_at_night_is_no_clockwork() {
    let log = Log::new();
    let mut dice = 1_u64;
    for minute in 0..14 * 24 * 60 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let by_day = (8 * 60..20 * 60).contains(&(minute % (24 * 60)));
        if by_day && dice >> 40 < (1 << 24) / 30 {
            log.fail("shop/search", minute * MINUTE, "E", "no answer");
        }
    }
    let found = log.review(14 * DAY).analysis;
    assert_eq!(found.findings(), 0, "{:?} {:?}", found.periodic, found.regressions);
}

#[test]
fn a_fault_that_was_gone_for_far_longer_than_usual_is_back() {
    let log = Log::new();
    for turn in 0..16 {
        log.fail("shop/pay", turn * 5 * HOUR + turn * 977 % 3_000, "E", "rounding is off");
    }
    (0..4).for_each(|turn| {
        log.fail("shop/pay", 12 * DAY + turn * HOUR, "E", "rounding is off");
    });
    let filter = Filter::default().since(at(11 * DAY));
    let found = log.0.analyse(&filter, &Options::default(), at(12 * DAY + 4 * HOUR)).regressions;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].since, found[0].failures), (at(12 * DAY), 4));
    let Change::Back { gone } = found[0].change else { panic!("{found:?}") };
    assert!((at(3 * DAY)..at(4 * DAY)).contains(&gone), "{gone:?}");
}

#[test]
fn what_a_process_does_since_it_began_is_not_new() {
    let log = Log::new();
    for minute in 22 * 60..24 * 60 {
        log.succeed("shop/pay", minute * MINUTE, 50);
        log.fail("shop/pay", minute * MINUTE + 1, "E", "declined");
    }
    let filter = Filter::default().since(at(0));
    let found = log.0.analyse(&filter, &Options::default(), at(DAY));
    assert_eq!(found.findings(), 0, "{:?}", found.regressions);
    let trend = log.0.statistics(&filter, at(DAY)).trend;
    assert_eq!(trend.to_string(), "stable (+0 %): 60 in the newer half of the time, 60 in the older");
}

fn advice(log: &Log, second: u64) -> Vec<String> {
    let found = log.review(second).analysis.recommendations;
    assert!(found.is_sorted_by_key(|advice| std::cmp::Reverse(advice.priority)), "{found:?}");
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn s0_59_s4_85_what_fails_is_answered_by_what_helps_with_the_numbers_that_say_so() {
    let log = Log::new();
    for (place, error_type, message, times) in [
        ("gateway/fetch", "io::ConnectionReset", "connection reset by peer", 30),
        ("bank/transfer", "TransactionError", "transaction was rolled back", 8),
        ("files/save", "io::StorageFull", "no space left on device", 7),
    ] {
        log.succeed(place, HOUR, 70);
        (0..times).for_each(|turn| {
            log.fail(place, HOUR + turn * 70, error_type, message);
        });
    }
    let found = advice(&log, 3 * HOUR);
    let one = |words: &[&str]| {
        let said = found.iter().filter(|advice| words.iter().all(|word| advice.contains(word)));
        assert_eq!(said.count(), 1, "{words:?} in {found:#?}");
    };
    one(&[
        "[high] gateway/fetch: gateway has 67 % of all failures (30 of 45); 30.0 % of its calls fail (30 of 100); \
         30 failures of the network: ",
        "if no circuit breaker stands in front of it",
        "failure_rate_threshold 50 %",
        "30.0 % fail now",
    ]);
    one(&["bank/transfer: 8 failed transactions", "parameters"]);
    one(&["files/save: 7 failures of storage", "replica"]);
}

#[test]
fn s0_59_s4_85_retries_timeouts_and_limits_are_named_where_they_help() {
    let log = Log::new();
    let fetch = log.operation("origin/fetch");
    for turn in 0..40 {
        let late = Failure::of(&fetch).message(&"no answer").kind(FailureKind::Timeout);
        log.record(&late.attempt(1 + turn % 3).took(Duration::from_secs(2)), u64::from(turn) * 90);
    }
    log.succeed("origin/list", HOUR, 300);
    (0..20).for_each(|turn| {
        log.fail("origin/list", HOUR + turn * 80, "HttpStatus", "429 too many requests");
    });
    let found = advice(&log, 2 * HOUR).join("\n");
    for words in [
        "40 calls waited 2s for nothing, 1m 20s in all",
        "[critical] origin/fetch: ",
        "65 % of its failures are of retries (26 of 40)",
        "if no retry budget bounds them, one of 10 % does",
        "origin/list: it said 20 times that it is asked too much: if no rate limit stands in front of it",
    ] {
        assert!(found.contains(words), "{words} in\n{found}");
    }
}

#[test]
fn s0_59_what_is_down_comes_first() {
    let log = Log::new();
    let down = |priority| {
        (0..30).for_each(|turn| {
            log.fail("a/b", turn * 100, "io::ConnectionRefused", "refused");
        });
        let found = log.review(HOUR).analysis.recommendations;
        assert_eq!((&*found[0].about, found[0].priority), ("a/b", priority), "{found:?}");
        found[0].text.clone()
    };
    // What never went well may not be counted.
    let unknown = down(Priority::High);
    assert!(unknown.contains("none of its calls is known to have gone well"), "{unknown}");
    log.succeed("a/c", 0, 1);
    down(Priority::Critical);
    assert!(Log::new().review(HOUR).analysis.recommendations.is_empty());
}

#[test]
fn s0_59_of_one_operation_all_is_said_at_once_and_no_breaker_is_advised_that_is_there() {
    let log = Log::new();
    for (origin, times) in [("origin/GET", 60), ("other/GET", 20), ("third/GET", 15), ("fourth/GET", 12)] {
        log.succeed(origin, HOUR, 40);
        for turn in 0..times {
            let operation = log.operation(origin);
            for error_type in ["io::ConnectionReset", "io::StorageFull", "Deadlock", "Unauthorized"] {
                let failure = Failure::of(&operation).message(&"no").error_type(error_type);
                let late =
                    failure.kind(FailureKind::Timeout).attempt(1 + turn % 2).took(Duration::from_secs(2));
                log.record(&late, HOUR + u64::from(turn) * 70);
            }
        }
    }
    let advised = |breakers: &[&str]| {
        let breakers = breakers.iter().map(|origin| Arc::from(*origin)).collect();
        let options = Options { breakers, ..Options::default() };
        log.0.analyse(&Filter::default(), &options, at(4 * HOUR)).recommendations
    };
    let found = advised(&[]);
    assert!((1..=5).contains(&found.len()), "{found:#?}");
    let mut subjects: Vec<_> = found.iter().map(|advice| &advice.about).collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), found.len(), "{found:#?}");
    let of_origin = |found: &[Recommendation]| {
        found.iter().find(|advice| advice.about == "origin/GET").unwrap().text.clone()
    };
    let told = of_origin(&found);
    assert!(told.contains("if no circuit breaker stands in front of it"), "{told}");
    let told = of_origin(&advised(&["other", "origin"]));
    assert!(told.contains("whether its circuit breaker opens in time"), "{told}");
    assert!(!told.contains("if no circuit breaker"), "{told}");
}

#[test]
fn w05_to_look_changes_nothing() {
    let log = Log::new();
    (0..12).for_each(|turn| {
        log.fail("users/sign_up", turn * 60, "ValidationError", "the name is too short");
    });
    let before = log.0.snapshot();
    let first = log.review(HOUR);
    log.0.report(3, at(HOUR)).unwrap();
    assert_eq!((log.0.snapshot(), log.review(HOUR)), (before, first));
}
