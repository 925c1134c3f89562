//! Each warning by the numbers that deserve it, and none without.

use buttress::presets;
use buttress::rate_limit::{self, Rate};
use buttress::stack::{Parts, Warning, lint};
use buttress::{FallbackLayer, Stack, bulkhead, circuit_breaker, retry};
use std::time::Duration;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// The parts of the library's defaults, which go together.
fn parts() -> Parts {
    Parts::of(&presets::default())
}

/// The warnings after a change to parts that have none.
fn after(change: impl FnOnce(&mut Parts)) -> Vec<Warning> {
    let mut parts = parts();
    change(&mut parts);
    lint(&parts)
}

fn attempts(attempts: u32) -> retry::Builder {
    retry::Config::builder().attempts(attempts)
}

fn built(builder: retry::Builder) -> Option<retry::Config> {
    Some(builder.build().unwrap())
}

fn breaker(builder: circuit_breaker::Builder) -> Option<circuit_breaker::Config> {
    Some(builder.build().unwrap())
}

#[test]
fn the_defaults_go_together() {
    assert_eq!(lint(&parts()), []);
    assert_eq!(lint(&Parts::default()), []);
}

#[test]
fn a_deadline_that_ends_before_the_attempts() {
    // Three times 5 s after a second in the queue, and waits of up to 50 and 100 ms.
    let longest = Duration::from_millis(18_150);
    let found = after(|parts| parts.deadline = Some(longest - Duration::from_nanos(1)));
    let deadline = Duration::from_nanos(18_149_999_999);
    assert_eq!(found, [Warning::DeadlineTooShort { deadline, attempts: 3, longest }]);
    assert_eq!(after(|parts| parts.deadline = Some(longest)), []);
    // Without a limit for an attempt, one that takes no time at all is followed by the waits.
    let found = after(|parts| {
        (parts.timeout, parts.deadline) = (None, Some(Duration::from_millis(149)));
        parts.bulkhead = None;
    });
    let codes: Vec<_> = found.iter().map(Warning::code).collect();
    assert_eq!(codes, ["deadline_too_short", "retry_without_timeout"]);
}

#[test]
fn an_attempt_that_may_take_all_the_time_there_is() {
    let found = after(|parts| parts.timeout = Some(secs(30)));
    assert!(found.contains(&Warning::TimeoutNotBelowDeadline { timeout: secs(30), deadline: secs(30) }));
    // One attempt may.
    assert_eq!(after(|parts| (parts.timeout, parts.retry) = (Some(secs(30)), None)), []);
}

#[test]
fn attempts_that_nothing_ends() {
    assert_eq!(after(|parts| parts.timeout = None), [Warning::RetryWithoutTimeout { attempts: 3 }]);
}

#[test]
fn s4_62_calls_of_minutes() {
    let timeout = Some(secs(99));
    let found = after(|parts| (parts.timeout, parts.deadline) = (timeout, None));
    let longest = Duration::from_millis(300_150);
    assert_eq!(found, [Warning::CallTooLong { attempts: 3, longest }]);
    assert_eq!(after(|parts| (parts.timeout, parts.deadline) = (Some(secs(98)), None)), []);
}

#[test]
fn s4_62_s4_78_twenty_attempts() {
    let many = |attempts_: u32| {
        after(|parts| parts.retry = built(attempts(attempts_).fixed(Duration::ZERO).cap(secs(1))))
    };
    assert!(many(20).contains(&Warning::ManyAttempts { attempts: 20 }));
    assert!(!many(19).iter().any(|warning| warning.code() == "many_attempts"));
}

#[test]
fn s4_62_waits_of_three_hundred_seconds() {
    let waits = |time| {
        let retry = built(attempts(3).fixed(time).cap(time));
        after(|parts| (parts.retry, parts.deadline) = (retry, None))
    };
    assert!(waits(secs(300)).contains(&Warning::LongDelays { delay: secs(300) }));
    assert!(!waits(secs(299)).iter().any(|warning| warning.code() == "long_delays"));
    // The cap alone is no wait.
    assert_eq!(after(|parts| parts.retry = built(attempts(3).cap(secs(300)))), []);
}

#[test]
fn numbers_without_end_are_no_trouble() {
    let forever = built(attempts(u32::MAX).fixed(Duration::MAX).cap(Duration::MAX));
    let found = after(|parts| (parts.retry, parts.timeout) = (forever, Some(Duration::MAX)));
    assert!(found.iter().any(
        |warning| matches!(warning, Warning::DeadlineTooShort { longest, .. } if *longest == Duration::MAX)
    ));
}

#[test]
fn retries_without_a_budget() {
    assert_eq!(after(|parts| parts.budget = false), [Warning::RetryWithoutBudget { attempts: 3 }]);
    assert_eq!(after(|parts| (parts.budget, parts.retry) = (false, built(attempts(1)))), []);
}

#[test]
fn retries_of_any_method() {
    assert_eq!(after(|parts| parts.any_method = true), [Warning::RetriesAnyMethod]);
}

#[test]
fn an_open_time_as_long_as_the_window() {
    let open = |time| {
        let builder = circuit_breaker::Config::builder().escalation(1.0, time).open_for(time);
        after(|parts| parts.circuit_breaker = breaker(builder))
    };
    assert_eq!(open(secs(10)), [Warning::OpenNotBelowWindow { open_for: secs(10), window: secs(10) }]);
    assert_eq!(open(Duration::from_millis(9_999)), []);
    // A run of failures has no window.
    let run = circuit_breaker::presets::walgit();
    assert_eq!(after(|parts| parts.circuit_breaker = Some(run)), []);
}

#[test]
fn c14_a_breaker_around_the_retries_counts_each_loop_as_one() {
    let run = breaker(circuit_breaker::Config::builder().no_rules().consecutive_failures(2));
    let found = after(|parts| (parts.circuit_breaker_outside, parts.circuit_breaker) = (run, None));
    assert_eq!(found, [Warning::BreakerCountsLoops { failures: 2, attempts: 3 }]);
    assert!(found[0].to_string().contains("it opens after 6 failed attempts, not 2"), "{}", found[0]);
}

#[test]
fn a_breaker_that_one_call_opens() {
    let run =
        |failures| breaker(circuit_breaker::Config::builder().no_rules().consecutive_failures(failures));
    let found = after(|parts| parts.circuit_breaker = run(3));
    assert_eq!(found, [Warning::OneCallOpens { failures: 3, attempts: 3 }]);
    assert_eq!(after(|parts| parts.circuit_breaker = run(4)), []);
}

#[test]
fn slow_calls_that_are_given_up_before() {
    let slow = |time| breaker(circuit_breaker::Config::builder().slow_call_rate_threshold(0.5, time));
    let found = after(|parts| parts.circuit_breaker = slow(secs(5)));
    assert_eq!(found, [Warning::SlowerThanTimeout { slower_than: secs(5), timeout: secs(5) }]);
    assert_eq!(after(|parts| parts.circuit_breaker = slow(secs(4))), []);
}

#[test]
fn s0_94_a_fallback_that_sees_no_http_response() {
    let spare = || FallbackLayer::value(http::Response::new(String::new()));
    assert_eq!(Stack::http("x").fallback(spare()).lint(), [Warning::FallbackNotHttp]);
    assert_eq!(Stack::grpc("x").respond_grpc().fallback(spare()).lint(), [Warning::FallbackNotHttp]);
    assert_eq!(Stack::http("x").fallback(spare().http()).respond().lint(), []);
    assert_eq!(Stack::http("x").fallback(spare().with_handle(None)).lint(), []);
    assert_eq!(Stack::http("x").lint(), []);
    // Who knows what its responses are.
    assert_eq!(Stack::new("x").fallback(spare()).lint(), []);
}

#[test]
fn parts_without_a_name_and_boxes_on_a_tonic_server() {
    let found = after(|parts| parts.unnamed = vec!["retry"]);
    assert_eq!(found, [Warning::Unnamed { kind: "retry" }]);
    assert_eq!(after(|parts| parts.boxed_on_tonic_server = true), [Warning::BoxedOnTonicServer]);
}

/// What the sources' own numbers deserve.
#[test]
fn the_presets_have_the_warnings_of_their_own_numbers_and_no_others() {
    let around = ["retry_without_timeout", "breaker_counts_loops"];
    let deserved: &[(&str, &[&str])] = &[
        ("default", &[]),
        ("walgit/sui", &around),
        ("walgit/walrus", &around),
        ("walgit/network", &around),
        ("network_recovery", &around),
        (
            "network_recovery/api_client",
            &["retry_without_timeout", "open_not_below_window", "breaker_counts_loops"],
        ),
        ("network_recovery/registry", &["call_too_long", "open_not_below_window", "breaker_counts_loops"]),
        ("dwcp", &around),
        ("dwcp/production", &around),
        ("dwcp/development", &around),
        ("dwcp/all", &around),
        ("dwcp/network", &["retry_without_timeout"]),
        ("dwcp/database", &["retry_without_timeout"]),
        ("python", &["retry_without_timeout", "one_call_opens"]),
        ("python/http", &["retry_without_timeout"]),
        ("python/database", &["retry_without_timeout", "one_call_opens"]),
        ("python/file", &["retry_without_timeout"]),
        ("python/subprocess", &["retry_without_timeout"]),
    ];
    let found = presets::names().map(|name| {
        let parts = Parts::of(&presets::by_name(name).unwrap());
        (name, lint(&parts).iter().map(Warning::code).collect::<Vec<_>>())
    });
    let deserved = deserved.iter().map(|(name, codes)| (*name, codes.to_vec()));
    assert_eq!(found.collect::<Vec<_>>(), deserved.collect::<Vec<_>>());
}

#[test]
fn every_warning_says_what_to_change() {
    let limit = secs(1);
    let all = [
        Warning::FallbackNotHttp,
        Warning::ObjectiveOfEverything,
        Warning::SlowerThanDeadline { slower_than: limit, deadline: limit },
        Warning::ShedsWithoutBudget,
        Warning::WaitNotBelowDeadline { kind: "bulkhead", wait: limit, deadline: limit },
        Warning::PlacesWithoutLimit,
        Warning::NeverFull { limit: 60, most: 60 },
        Warning::DeadlineTooShort { deadline: limit, attempts: 3, longest: limit },
        Warning::TimeoutNotBelowDeadline { timeout: limit, deadline: limit },
        Warning::RetryWithoutTimeout { attempts: 3 },
        Warning::CallTooLong { attempts: 3, longest: limit },
        Warning::ManyAttempts { attempts: 20 },
        Warning::LongDelays { delay: limit },
        Warning::RetryWithoutBudget { attempts: 3 },
        Warning::RetriesAnyMethod,
        Warning::OpenNotBelowWindow { open_for: limit, window: limit },
        Warning::BreakerCountsLoops { failures: 2, attempts: 3 },
        Warning::OneCallOpens { failures: 3, attempts: 3 },
        Warning::SlowerThanTimeout { slower_than: limit, timeout: limit },
        Warning::Unnamed { kind: "retry" },
        Warning::BoxedOnTonicServer,
    ];
    let codes: std::collections::BTreeSet<_> = all.iter().map(Warning::code).collect();
    assert_eq!(codes.len(), all.len());
    let advice = ["lower", "raise", "set", "give", "usual", "leave", "widen", "put", "make", "answer"];
    for warning in all {
        let text = warning.to_string();
        assert!(advice.iter().any(|word| text.contains(word)), "{text}");
        assert!(!text.ends_with('.') && !text.contains('\n') && text.len() < 260, "{text}");
    }
}

fn places(places: bulkhead::Builder) -> Option<bulkhead::Config> {
    Some(places.build().unwrap())
}

fn rate(a_second: u64, burst: u32) -> Option<rate_limit::Config> {
    Some(rate_limit::Config::new(Rate::per_second(a_second).unwrap(), burst).unwrap())
}

#[test]
fn a_wait_for_a_turn_that_lasts_longer_than_the_call() {
    let (deadline, short) = (secs(30), secs(29));
    let alone = |parts: &mut Parts| parts.retry = None;
    let queue = |wait| {
        after(|parts| {
            alone(parts);
            parts.bulkhead = places(bulkhead::Config::builder().max_wait(wait));
        })
    };
    assert_eq!(
        queue(deadline),
        [Warning::WaitNotBelowDeadline { kind: "bulkhead", wait: deadline, deadline }]
    );
    assert_eq!(queue(short), []);
    let rate = |limit, wait| {
        after(|parts| {
            alone(parts);
            (parts.rate_limit, parts.rate_wait) = (limit, Some(wait));
        })
    };
    let found = [Warning::WaitNotBelowDeadline { kind: "rate_limit", wait: deadline, deadline }];
    assert_eq!(rate(self::rate(1, 1), deadline), found);
    assert_eq!(rate(self::rate(1, 1), short), []);
    // Nobody waits where there is no queue and no rate.
    assert_eq!(rate(None, deadline), []);
    let nobody = bulkhead::Config::builder().queue(0).max_wait(deadline);
    assert_eq!(after(|parts| parts.bulkhead = places(nobody)), []);
}

#[test]
fn the_waits_for_turns_count_for_the_longest_call() {
    let mut parts = parts();
    parts.bulkhead = places(bulkhead::Config::builder().max_wait(secs(3)));
    (parts.rate_limit, parts.rate_wait) = (rate(1, 1), Some(secs(2)));
    assert_eq!(parts.longest(), Some(Duration::from_millis(30_150)));
    // It waits as long as there is somebody who waits for it.
    parts.bulkhead = places(bulkhead::Config::builder().max_wait(None));
    assert_eq!(parts.longest(), None);
}

#[test]
fn places_that_hanging_attempts_keep() {
    let hang = |parts: &mut Parts| (parts.timeout, parts.retry) = (None, None);
    let found = after(|parts| {
        hang(parts);
        parts.deadline = None;
    });
    assert_eq!(found, [Warning::PlacesWithoutLimit]);
    // The deadline ends them.
    assert_eq!(after(hang), []);
}

#[test]
fn a_limit_above_what_the_rate_lets_be_under_way() {
    // In 5 s there begin no more than 50 and the 10 at once.
    let found = |limit| {
        after(|parts| {
            (parts.rate_limit, parts.adaptive) = (rate(10, 10), false);
            parts.bulkhead = places(bulkhead::Config::builder().max_concurrent(limit));
        })
    };
    assert_eq!(found(60), [Warning::NeverFull { limit: 60, most: 60 }]);
    assert_eq!(found(59), []);
    // What moves can be below it, and a place that is kept until the end of the body is not given back in 5 s.
    for (adaptive, to_body_end) in [(true, false), (false, true)] {
        let found = after(|parts| {
            (parts.rate_limit, parts.adaptive, parts.to_body_end) = (rate(10, 10), adaptive, to_body_end);
        });
        assert_eq!(found, []);
    }
}

#[test]
fn a_stack_knows_until_when_its_places_are_kept() {
    let stack = Stack::http("orders");
    assert!(!stack.parts().to_body_end);
    assert!(stack.at_body_end().parts().to_body_end);
    assert!(Stack::grpc("orders").parts().to_body_end);
}
