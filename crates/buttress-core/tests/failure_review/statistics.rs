//! Counts and filters.

use crate::log::{DAY, HOUR, Log, MINUTE, at};
use buttress_core::failure_log::{Category, Count, Direction, Failure, Filter, Severity, Statistics};
use std::fmt::Debug;

fn pairs<T: Debug>(counts: &[Count<T>]) -> Vec<(String, u64)> {
    counts.iter().map(|count| (format!("{:?}", count.of), count.failures)).collect()
}

fn named(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Six failures between two and five o'clock.
fn log() -> Log {
    let log = Log::new();
    for (hour, place, error_type, category, severity) in [
        (2, "payments/charge", "Declined", Category::Validation, Severity::Warning),
        (2, "payments/charge", "Reset", Category::Network, Severity::Error),
        (3, "payments/refund", "Reset", Category::Network, Severity::Error),
        (4, "orders/reserve", "Deadlock", Category::Transaction, Severity::Critical),
        (4, "orders/reserve", "Reset", Category::Network, Severity::Error),
        (5, "orders/reserve", "Reset", Category::Network, Severity::Error),
    ] {
        let operation = log.operation(place);
        let message = format!("{error_type} happened");
        let failure = Failure::of(&operation).message(&message).error_type(error_type);
        log.record(&failure.category(category).severity(severity), hour * HOUR + 60);
    }
    log
}

fn of(log: &Log, filter: &Filter) -> Statistics {
    log.0.statistics(filter, at(6 * HOUR))
}

#[test]
fn s0_50_s0_52_failures_are_counted_by_category_severity_component_operation_hour_and_day() {
    let found = of(&log(), &Filter::default().since(at(0)));
    assert_eq!((found.total, found.others), (6, 0));
    let categories = [("Network", 4), ("Transaction", 1), ("Validation", 1)];
    assert_eq!(pairs(&found.by_category), named(&categories));
    assert_eq!(pairs(&found.by_severity), named(&[("Error", 4), ("Warning", 1), ("Critical", 1)]));
    assert_eq!(pairs(&found.by_component), named(&[("\"orders\"", 3), ("\"payments\"", 3)]));
    let operations = [("\"reserve\"", 3), ("\"charge\"", 2), ("\"refund\"", 1)];
    assert_eq!(pairs(&found.by_operation), named(&operations));
    assert_eq!(found.by_hour[..7], [0, 0, 2, 1, 2, 1, 0]);
    assert_eq!((found.by_hour.iter().sum::<u64>(), found.by_day.total()), (6, 6));
    assert_eq!((found.time_distribution.buckets.len(), found.time_distribution.total()), (6, 6));
    // Nothing is known before two, so half of the time is over at four.
    assert_eq!((found.trend.older, found.trend.newer), (3, 3));
    assert_eq!(found.trend.direction, Direction::Stable);
}

#[test]
fn s0_51_each_filter_leaves_what_it_names() {
    let log = log();
    for (filter, total) in [
        (Filter::default(), 6),
        (Filter::default().since(at(3 * HOUR)), 4),
        (Filter::default().until(at(3 * HOUR)), 2),
        (Filter::default().since(at(2 * HOUR + 61)).until(at(4 * HOUR + 60)), 3),
        (Filter::default().since(at(5 * HOUR + 61)), 0),
        (Filter::default().category(Category::Network), 4),
        (Filter::default().at_least(Severity::Error), 5),
        (Filter::default().component("payments"), 3),
        (Filter::default().operation("charge"), 2),
        (Filter::default().component("orders").category(Category::Network).since(at(5 * HOUR)), 1),
        (Filter::default().text("DEADLOCK"), 1),
    ] {
        assert_eq!(of(&log, &filter).total, total, "{filter:?}");
    }
}

/// Of a fault, 300 times two warnings and an error or the other way round.
fn at_two_severities(order: [Severity; 3]) -> Log {
    let log = Log::new();
    let operation = log.operation("payments/charge");
    for round in 0..300 {
        for severity in order {
            let failure = Failure::of(&operation).message(&"declined").error_type("E").severity(severity);
            log.record(&failure, round * MINUTE);
        }
    }
    log
}

#[test]
fn s0_51_s0_52_a_fault_of_two_severities_counts_with_each_of_them() {
    use Severity::{Error, Warning};
    for order in [[Warning, Warning, Error], [Error, Warning, Warning]] {
        let log = at_two_severities(order);
        // In all, without what else a filter could say, and between two times.
        let place = Filter::default().component("payments");
        let late = Filter::default().since(at(100 * MINUTE));
        for (filter, rounds) in [(Filter::default(), 300), (place, 300), (late, 200)] {
            let found = of(&log, &filter);
            assert_eq!(found.total, 3 * rounds, "{filter:?}");
            let severities = named(&[("Warning", 2 * rounds), ("Error", rounds)]);
            assert_eq!(pairs(&found.by_severity), severities, "{order:?} {filter:?}");
            let worse = filter.at_least(Error);
            let found = of(&log, &worse);
            assert_eq!((found.total, found.top_errors[0].failures), (rounds, rounds), "{order:?} {worse:?}");
            let class = &log.0.classes(&worse, at(6 * HOUR))[0];
            assert_eq!((class.count, class.severity), (rounds, Error), "{order:?}");
        }
        assert_eq!(of(&log, &Filter::default().at_least(Severity::Critical)).total, 0);
        let class = &log.0.classes(&Filter::default(), at(6 * HOUR))[0];
        assert_eq!((class.count, class.severity), (900, order[2]));
    }
}

#[test]
fn s0_52_a_fault_of_more_sorts_than_are_told_apart_is_counted_whole() {
    let log = Log::new();
    let operation = log.operation("a/b");
    for category in Category::ALL {
        for severity in Severity::ALL {
            let failure = Failure::of(&operation).message(&"no").error_type("E");
            log.record(&failure.category(category).severity(severity), HOUR);
        }
    }
    let found = of(&log, &Filter::default());
    let all = (Category::ALL.len() * Severity::ALL.len()) as u64;
    let sum = |counts: Vec<(String, u64)>| counts.into_iter().map(|(_, failures)| failures).sum::<u64>();
    let sums = (found.total, sum(pairs(&found.by_category)), sum(pairs(&found.by_severity)));
    assert_eq!(sums, (all, all, all));
}

#[test]
fn s0_53_the_ten_most_frequent_errors_are_named_each_in_a_hundred_characters() {
    let log = Log::new();
    for error in 0..12_u8 {
        let message = format!("{} {}", char::from(b'a' + error), "long ".repeat(40));
        (0..20 - error).for_each(|_| {
            log.fail("a/b", MINUTE, "E", &message);
        });
    }
    let top = of(&log, &Filter::default()).top_errors;
    assert_eq!(top.iter().map(|top| top.failures).collect::<Vec<_>>(), (11..=20).rev().collect::<Vec<_>>());
    assert!(top.iter().all(|top| top.message.chars().count() == 100 && top.message.ends_with('…')));
    assert!(top[0].message.starts_with("a long"), "{}", top[0].message);
    assert_eq!(top[0].last, at(MINUTE));
}

#[test]
fn s0_50_failures_whose_faults_made_place_for_others_are_in_the_total() {
    let log = Log::new();
    for fault in 0..400_u32 {
        // The mask hides numbers, not letters.
        let letters: String =
            format!("{fault}").bytes().map(|digit| char::from(b'a' + digit - b'0')).collect();
        log.fail("a/b", u64::from(fault) * MINUTE, "E", &format!("fault {letters}"));
    }
    let found = of(&log, &Filter::default());
    let told: u64 = found.by_operation.iter().map(|count| count.failures).sum();
    assert_eq!((found.total, told + found.others, found.time_distribution.total()), (361, 361, 361));
    assert!(found.others > 0, "{told} of 400 in 256 classes");
    assert_eq!(log.0.statistics(&Filter::default(), at(DAY)).total, 400);
}

#[test]
fn a_span_without_failures_and_one_that_ends_before_it_begins_have_none() {
    for filter in [Filter::default().since(at(DAY)), Filter::default().since(at(HOUR)).until(at(0))] {
        let found = of(&log(), &filter);
        assert_eq!((found.total, found.trend.percent, found.top_errors.len()), (0, None, 0));
    }
    let empty = Log::new().review(HOUR);
    assert_eq!((empty.statistics.total, empty.analysis.summary.as_str()), (0, "nothing failed"));
    assert!(empty.to_string().ends_with("\n  none"), "{empty}");
}
