//! Wall clocks that are not what they were.

use buttress_core::Tick;
use buttress_core::failure_log::{Config, Failure, FailureLog, Filter, Options};
use std::time::{Duration, SystemTime};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// So many milliseconds after some hour began.
fn wall(millis: i64) -> SystemTime {
    let of_epoch = 1_699_999_200_000 + millis;
    SystemTime::UNIX_EPOCH + Duration::from_millis(of_epoch.try_into().unwrap_or(0))
}

fn tick(millis: i64) -> Tick {
    Tick::from_nanos(u64::try_from(HOUR + millis).unwrap() * 1_000_000)
}

/// Six hours of failures, three a minute, beside as many calls that went well; after three of them the wall clock is set
/// `ahead`. Each failure is told once, and so is each call.
fn everything_is_told_once(began: i64, ahead: i64) {
    let log = FailureLog::new(Config::default(), wall(began), tick(0));
    let charge = log.operation("charge", "payments");
    let shown = |millis: i64| if millis < 3 * HOUR { millis } else { millis + ahead };
    let mut failures = 0;
    let mut now = 0;
    while now < 6 * HOUR {
        charge.succeeded(tick(now));
        log.record(&Failure::of(&charge).message(&"no answer"), wall(began + shown(now)), tick(now));
        failures += 1;
        now += 20_000;
    }
    let review = log.review(&Filter::default(), &Options::default(), wall(began + shown(now)));
    let (statistics, rates) = (&review.statistics, &review.rates);
    let set = format!("began {began} ms into an hour, then set by {ahead} ms");
    assert_eq!((statistics.total, statistics.time_distribution.total()), (failures, failures), "{set}");
    assert_eq!((rates.overall.failures, rates.overall.calls), (failures, 2 * failures), "{set}");
    assert_eq!(rates.daily.iter().map(|day| day.rate.calls).sum::<u64>(), 2 * failures, "{set}");
    assert_eq!(review.classes[0].count, failures, "{set}");
}

#[test]
fn f1_w04_no_failure_is_told_twice_however_far_the_wall_clock_is_from_where_it_began() {
    let steps = [0, 1, 4, 999, 1_000, 1_001, 29_999, 30_000, 30_001, 59_999, MINUTE, MINUTE + 1]
        .into_iter()
        .chain([HOUR - 1_000, HOUR - 1, HOUR, HOUR + 1, 90 * MINUTE, 24 * HOUR, 400 * 24 * HOUR]);
    for step in steps {
        for began in [0, 1, HOUR - 1_000, HOUR - 4, HOUR - 1, 17 * MINUTE + 333] {
            everything_is_told_once(began, step);
            everything_is_told_once(began, -step);
        }
    }
    // Set to a time before any that can be told.
    everything_is_told_once(0, -1_700_000_000_000);
}
