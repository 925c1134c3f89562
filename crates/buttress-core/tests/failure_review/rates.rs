//! Failures among calls.

use crate::log::{DAY, HOUR, Log, at};
use buttress_core::Ratio;
use buttress_core::failure_log::{Category, Failure, Filter, Rates};

fn of(log: &Log, filter: &Filter, second: u64) -> Rates {
    log.0.rates(filter, at(second))
}

#[test]
fn w04_s0_60_s0_61_c26_thirty_seven_failures_of_a_hundred_calls_read_thirty_seven_percent() {
    let log = Log::new();
    log.succeed("payments/charge", HOUR, 63);
    (0..37).for_each(|_| {
        log.fail("payments/charge", HOUR + 60, "Reset", "connection reset");
    });
    let found = of(&log, &Filter::default(), 2 * HOUR);
    assert_eq!((found.overall.failures, found.overall.calls, found.overall.percent), (37, 100, Some(37.0)));
    assert_eq!(found.overall.ratio(), Ratio::new(0.37));
    assert_eq!(found.overall.to_string(), "37.0 % (37 of 100 calls)");
    assert_eq!((&*found.by_operation[0].operation, found.by_operation[0].rate), ("charge", found.overall));
    assert_eq!((&*found.by_component[0].component, found.by_component[0].rate), ("payments", found.overall));
    assert_eq!(
        (found.by_category[0].category, found.by_category[0].rate),
        (Category::Network, found.overall)
    );
}

#[test]
fn w04_an_operation_that_always_fails_reads_a_hundred_percent() {
    let log = Log::new();
    // That what goes well is counted is known of its component.
    log.succeed("a/c", HOUR, 5);
    (0..5).for_each(|_| {
        log.fail("a/b", HOUR, "E", "no");
    });
    let found = of(&log, &Filter::default(), 2 * HOUR);
    assert_eq!((&*found.by_operation[0].operation, found.by_operation[0].rate.percent), ("b", Some(100.0)));
    let alone = of(&log, &Filter::default().operation("b"), 2 * HOUR);
    assert_eq!(alone.overall.percent, Some(100.0));
}

#[test]
fn w04_c26_where_no_success_is_counted_the_calls_are_unknown() {
    let log = Log::new();
    log.succeed("origin/get", HOUR, 90);
    (0..10).for_each(|_| {
        log.fail("origin/get", HOUR, "E", "connection lost");
        log.fail("proxy/get", HOUR, "Refused", "rate limit exceeded");
    });
    let found = of(&log, &Filter::default(), 2 * HOUR);
    assert_eq!(found.overall.to_string(), "10.0 % (10 of 100 calls)");
    let components: Vec<_> =
        found.by_component.iter().map(|of| (&*of.component, of.rate.to_string())).collect();
    assert_eq!(
        components,
        [("origin", "10.0 % (10 of 100 calls)".to_owned()), ("proxy", "calls unknown".to_owned())]
    );
    let unknown = found.by_operation[1].rate;
    assert_eq!((unknown.failures, unknown.calls, unknown.percent), (10, 0, None));
    assert_eq!((unknown.ratio(), unknown.of_all(5)), (None, None));
    // Those of one sort are among calls that are known as well.
    let network = found.by_category.iter().find(|of| of.category == Category::Network).unwrap();
    assert_eq!(network.rate.percent, Some(10.0));
    assert_eq!(found.hourly.iter().map(|hour| hour.rate.calls).sum::<u64>(), 100);
    let text = log.review(2 * HOUR).to_string();
    assert!(
        !text.contains("100.0 %") && text.contains("20 failures; 10.0 % (10 of 100 calls) failed"),
        "{text}"
    );
}

#[test]
fn w04_what_was_recorded_aside_is_in_no_rate() {
    let log = Log::new();
    log.succeed("origin/get", HOUR, 9);
    log.fail("origin/get", HOUR, "E", "connection lost");
    let get = log.operation("origin/get");
    for second in 0..30 {
        let opened = Failure::of(&get).message(&"circuit breaker of the network opened").aside();
        log.record(&opened.category(Category::Network), HOUR + second);
    }
    let found = of(&log, &Filter::default(), 2 * HOUR);
    let tenth = "10.0 % (1 of 10 calls)";
    assert_eq!(found.overall.to_string(), tenth);
    let categories: Vec<_> = found.by_category.iter().map(|of| (of.category, of.rate.to_string())).collect();
    assert_eq!(categories, [(Category::Network, tenth.to_owned())]);
    // Nor is there anything to mend.
    let review = log.review(2 * HOUR);
    assert!(review.analysis.recommendations.iter().all(|of| !of.text.contains("30")), "{review}");
    assert!(log.0.records(&Filter::default()).iter().filter(|record| record.aside).count() == 30);
}

#[test]
fn w04_s0_60_failures_and_calls_are_of_the_same_time_and_that_is_a_day_unless_told_otherwise() {
    let log = Log::new();
    log.succeed("a/b", HOUR, 90);
    (0..10).for_each(|_| {
        log.fail("a/b", HOUR, "E", "no");
    });
    log.succeed("a/b", 40 * HOUR, 3);
    log.fail("a/b", 40 * HOUR, "E", "no");
    let now = 41 * HOUR;
    let calls = |filter: &Filter| {
        let found = of(&log, filter, now).overall;
        (found.failures, found.calls)
    };
    assert_eq!(calls(&Filter::default()), (1, 4));
    assert_eq!(calls(&Filter::default().since(at(0))), (11, 104));
    assert_eq!(calls(&Filter::default().since(at(0)).until(at(2 * HOUR))), (10, 100));
    assert_eq!(calls(&Filter::default().since(at(0)).operation("other")), (0, 0));
}

#[test]
fn s0_60_rates_are_told_by_place_and_over_time_the_worst_first() {
    let log = Log::new();
    for (place, hour, good, bad) in
        [("a/x", 1, 9, 1), ("a/y", 2, 1, 1), ("b/z", 5, 30, 10), ("c/quiet", 5, 7, 0)]
    {
        log.succeed(place, hour * HOUR, good);
        (0..bad).for_each(|_| {
            log.fail(place, hour * HOUR, "E", "no");
        });
    }
    let found = of(&log, &Filter::default().since(at(0)), 6 * HOUR);
    let operations: Vec<_> =
        found.by_operation.iter().map(|of| (&*of.operation, of.rate.percent.unwrap())).collect();
    assert_eq!(operations, [("y", 50.0), ("z", 25.0), ("x", 10.0), ("quiet", 0.0)]);
    let components: Vec<_> = found.by_component.iter().map(|of| (&*of.component, of.rate.calls)).collect();
    assert_eq!(components, [("b", 40), ("a", 12), ("c", 7)]);
    let hourly: Vec<_> = found.hourly.iter().map(|hour| (hour.rate.failures, hour.rate.calls)).collect();
    assert_eq!(hourly[..6], [(0, 0), (1, 10), (1, 2), (0, 0), (0, 0), (10, 47)]);
    assert_eq!((found.hourly[1].at, found.hourly[0].rate.percent), (at(HOUR), None));
    assert_eq!(found.daily.iter().map(|day| day.rate.calls).collect::<Vec<_>>(), [59]);
}

#[test]
fn c33_without_calls_there_is_no_rate() {
    let log = Log::new();
    let found = of(&log, &Filter::default(), DAY);
    assert_eq!((found.overall.percent, found.overall.ratio(), found.overall.of_all(0)), (None, None, None));
    assert_eq!(found.overall.to_string(), "no calls");
}

#[test]
fn c21_what_was_rejected_dilutes_one_rate_and_not_the_other() {
    let log = Log::new();
    log.succeed("a/b", HOUR, 30);
    (0..10).for_each(|_| {
        log.fail("a/b", HOUR, "E", "no");
    });
    let rate = of(&log, &Filter::default(), 2 * HOUR).overall;
    assert_eq!((rate.ratio(), rate.of_all(60)), (Ratio::new(0.25), Ratio::new(0.1)));
}

#[test]
fn w04_what_only_some_of_the_failures_are_is_a_share_of_all_calls() {
    let log = Log::new();
    log.succeed("a/b", HOUR, 70);
    let operation = log.operation("a/b");
    for (category, times) in [(Category::Storage, 20), (Category::Network, 10)] {
        let message = format!("{category} is out");
        let failure = Failure::of(&operation).message(&message).category(category);
        (0..times).for_each(|_| {
            log.record(&failure, HOUR);
        });
    }
    let found = of(&log, &Filter::default(), 2 * HOUR);
    let shares: Vec<_> = found.by_category.iter().map(|of| (of.category, of.rate.percent)).collect();
    assert_eq!(shares, [(Category::Storage, Some(20.0)), (Category::Network, Some(10.0))]);
}
