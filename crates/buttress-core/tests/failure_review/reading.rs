//! What people and programs read.

use crate::log::{DAY, HOUR, Log, MINUTE, at};
use crate::shop::{Planted, day, filter, midnight};
use buttress_core::failure_log::{Failure, Options, Priority, Severity};
use std::time::Duration;

#[test]
fn s0_62_a_report_has_the_failure_those_like_it_its_patterns_and_what_to_do() {
    let log = Log::new();
    for turn in 0..4 {
        log.fail("payments/charge", turn * MINUTE, "Timeout", &format!("no answer from gateway in {turn} s"));
    }
    log.fail("payments/refund", HOUR, "Timeout", "no answer from gateway in 7 s");
    log.fail("payments/charge", HOUR, "Declined", "card is not valid");
    log.fail("mail/send", HOUR, "Bounce", "no mailbox of that name");
    let charge = log.operation("payments/charge");
    let failure = Failure::of(&charge).error_type("Timeout").message(&"no answer from gateway in 9 s");
    let id = log.record(&failure.severity(Severity::Critical).took(Duration::from_secs(9)), HOUR + 1);

    let report = log.0.report(id, at(HOUR + 2)).unwrap();
    assert_eq!(report.record.id, id);
    assert_eq!((report.occurrences.failures, report.occurrences.last_hour), (5, 4));
    assert_eq!((report.occurrences.first, report.occurrences.last), (at(0), at(HOUR + 1)));
    let similar: Vec<_> = report
        .similar
        .iter()
        .map(|similar| (similar.record.id, (similar.score * 100.0).round() as u64))
        .collect();
    // The newest of its own fault, and the same words, component and type in another operation.
    assert_eq!(similar, [(4, 100), (5, 90)]);
    assert!(report.patterns.iter().any(|pattern| pattern.common.to_string().contains("in payments/charge")));
    assert!(report.patterns.iter().all(|pattern| pattern.failures >= 3));
    assert_eq!(report.suggestion.priority, Priority::Critical);
    assert_eq!(report.breaker, None);
    assert!(report.clone().with_breaker("open for 3 s").to_string().contains("  breaker    open for 3 s\n"));
    assert_eq!(log.0.report(99, at(DAY)), None);
}

#[test]
fn s0_62_how_urgent_it_is_follows_from_how_bad_and_how_often() {
    for (severity, times, priority) in [
        (Severity::Critical, 1, Priority::Critical),
        (Severity::Error, 12, Priority::High),
        (Severity::Warning, 12, Priority::Medium),
        (Severity::Warning, 1, Priority::Low),
        (Severity::Info, 12, Priority::Low),
    ] {
        let log = Log::new();
        let operation = log.operation("a/b");
        let failure = Failure::of(&operation).message(&"no").severity(severity);
        let id = (0..times).map(|turn| log.record(&failure, turn)).last().unwrap();
        assert_eq!(log.0.report(id, at(MINUTE)).unwrap().suggestion.priority, priority, "{severity} {times}");
    }
    // One error of a fault that is new for an hour is a matter of today, later of this week.
    let log = Log::new();
    let id = log.fail("a/b", 0, "E", "no");
    let priority = |second| log.0.report(id, at(second)).unwrap().suggestion.priority;
    assert_eq!((priority(MINUTE), priority(3 * HOUR)), (Priority::High, Priority::Medium));
}

#[test]
fn s0_66_a_review_fits_eighty_columns_and_names_everything() {
    let log = day(4, Planted { periodic: true, pair: true, regression: true });
    let text = log.review(&filter(), &Options::default(), midnight()).to_string();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for words in [
        "Failures from 2026-03-04 00:00 to 2026-03-05 00:00 UTC (1d)",
        "Failures by hour\n",
        "By category\n",
        "By component\n",
        "Most frequent\n",
        "  regression  catalogue/suggest fails more since about 2026-03-04 16:",
        "  periodic    reports/export fails every 30m",
        "  together    inventory/lookup and orders/reserve fail together",
        "What to do\n",
    ] {
        assert!(text.contains(words), "{words} in\n{text}");
    }
}

#[test]
fn h14_no_name_and_no_message_writes_to_the_terminal() {
    let log = Log::new();
    let evil = "\u{1b}[2J\r\nok";
    let ids: Vec<_> =
        (0..20).map(|turn| log.fail(&format!("{evil}/{evil}"), turn * HOUR, evil, evil)).collect();
    let review = log.review(DAY);
    let report = log.0.report(ids[19], at(DAY)).unwrap().with_breaker("closed");
    for text in [review.to_string(), report.to_string()] {
        let control = text.chars().find(|letter| letter.is_control() && *letter != '\n');
        assert_eq!(control, None, "{text:?}");
    }
    for said in review.analysis.patterns.iter().map(ToString::to_string) {
        assert!(!said.chars().any(char::is_control), "{said:?}");
    }
    for said in review.analysis.recommendations.iter().map(ToString::to_string) {
        assert!(!said.chars().any(char::is_control), "{said:?}");
    }
    assert!(!review.analysis.summary.chars().any(char::is_control), "{:?}", review.analysis.summary);
}

#[test]
fn h14_values_from_elsewhere_neither_write_to_the_terminal_nor_take_memory() {
    let log = day(4, Planted { periodic: true, pair: true, regression: true });
    let mut review = log.review(&filter(), &Options::default(), midnight());
    let mut report = log.report(review.analysis.recent[0].id, midnight()).unwrap();
    let evil = "\u{1b}[2J\r\n\u{85}\u{202e}ok";
    for recommendation in &mut review.analysis.recommendations {
        (recommendation.about, recommendation.text) = (evil.to_owned(), evil.to_owned());
    }
    report.suggestion.text = evil.to_owned();
    review.statistics.total = 1;
    review.statistics.by_category[0].failures = u64::MAX;
    for bucket in &mut review.statistics.time_distribution.buckets {
        bucket.count = u64::MAX;
    }
    let first = review.analysis.recommendations[0].to_string();
    let review = review.to_string();
    for text in [&first, &review, &report.with_breaker(evil).to_string()] {
        let unseen = text.contains(|letter| buttress_core::text::is_hostile(letter) && letter != '\n');
        assert!(text.contains("ok") && !unseen, "{text:?}");
        assert!(text.len() < 10_000 && !text.contains(&"#".repeat(100)));
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_review_and_a_report_are_read_back_as_they_were_written() {
    use buttress_core::failure_log::{Report, Review};
    let log = day(4, Planted { periodic: true, pair: true, regression: true });
    let options = Options { by_component: true, ..Options::default() };
    let review = log.review(&filter(), &options, midnight());
    let json = serde_json::to_string(&review).unwrap();
    assert!(serde_json::from_str::<Review>(&json).unwrap() == review, "{json}");
    assert!(json.contains("\"since\":\"2026-03-04T00:00:00.000Z\""), "times are text");
    assert!(json.len() < 200_000, "{} bytes", json.len());
    let report = log.report(review.analysis.recent[0].id, midnight()).unwrap().with_breaker("closed");
    assert_eq!(serde_json::from_str::<Report>(&serde_json::to_string(&report).unwrap()).unwrap(), report);
    let options: Options = serde_json::from_str("{\"by_component\":true}").unwrap();
    assert_eq!(options, Options { by_component: true, ..Options::default() });
}
