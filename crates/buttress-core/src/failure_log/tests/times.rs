use crate::Tick;
use crate::failure_log::{Class, Config, Failure, FailureLog, Filter, Operation, Volume};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

const START: Duration = Duration::from_secs(1_700_000_040);

fn wall(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + START + Duration::from_secs(seconds)
}

fn tick(seconds: u64) -> Tick {
    Tick::from_nanos(5) + Duration::from_secs(seconds)
}

fn log() -> (FailureLog, Operation) {
    let log = FailureLog::new(Config::default(), wall(0), tick(0));
    let operation = log.operation("charge", "payments");
    (log, operation)
}

fn class(log: &FailureLog, filter: &Filter, now: u64) -> Option<Class> {
    log.classes(filter, wall(now)).pop()
}

fn volume(log: &FailureLog, filter: &Filter, now: u64) -> Volume {
    log.volumes(filter, wall(now)).remove(0)
}

#[test]
fn w04_the_rate_is_of_all_calls_of_the_same_time() {
    let (log, operation) = log();
    // A bad day before, which does not belong to the hour that is asked for.
    for second in 0..500 {
        log.record(&Failure::of(&operation).message(&"old"), wall(second), tick(second));
    }
    let hour = 86_400;
    for call in 0..100 {
        let now = hour + call;
        if call % 100 < 37 {
            log.record(&Failure::of(&operation).message(&"new"), wall(now), tick(now));
        } else {
            operation.succeeded(tick(now));
        }
    }
    let last_hour = Filter::default().since(wall(hour));
    let counted = volume(&log, &last_hour, hour + 100);
    assert_eq!((counted.failures, counted.successes), (37, 63));
    assert_eq!(class(&log, &last_hour, hour + 100).unwrap().count, 37);
    let all = volume(&log, &Filter::default(), hour + 100);
    assert_eq!((all.failures, all.successes), (537, 63));
}

#[test]
fn c33_without_a_call_there_is_nothing_to_take_a_rate_of() {
    let (log, _) = log();
    let nothing = volume(&log, &Filter::default(), 0);
    assert_eq!((nothing.failures, nothing.successes, nothing.minutes.len()), (0, 0, 0));
    assert_eq!(log.tallies(&Filter::default(), wall(0)), []);
    assert_eq!(log.snapshot().recorded, 0);
}

#[test]
fn d8_idle_gaps_of_any_length_count_nothing_twice() {
    let (log, operation) = log();
    let mut calls = 0;
    let mut now = 0;
    // From nothing to a hundred years.
    for gap in [0, 1, 59, 60, 61, 3_599, 86_400, 86_401, 31 * 86_400, 100 * 31_557_600] {
        now += gap;
        operation.succeeded(tick(now));
        calls += 1;
        let minute = Filter::default().since(wall(now));
        assert_eq!(volume(&log, &Filter::default(), now).successes, calls, "after {gap} s");
        let lately = volume(&log, &minute, now).successes;
        assert!((1..=2.max(calls)).contains(&lately), "{lately} after {gap} s");
        if gap >= 60 {
            assert_eq!(lately, 1, "after {gap} s");
        }
    }
}

#[test]
fn f1_w11_a_wall_clock_that_jumps_moves_no_count_and_no_age() {
    let (log, operation) = log();
    let record = |ahead: i64, seconds: u64| {
        let shown = wall(seconds).checked_add(Duration::from_secs(1 << 20)).unwrap();
        let shown = shown - Duration::from_secs((i64::from(1 << 20) - ahead).unsigned_abs());
        log.record(&Failure::of(&operation).message(&"a"), shown, tick(seconds))
    };
    for (ahead, seconds) in [(0, 0), (3_600, 10), (-3_600, 20), (0, 30)] {
        record(ahead, seconds);
    }
    let class = class(&log, &Filter::default(), 30).unwrap();
    assert_eq!(class.series.minutes.iter().map(|bucket| bucket.count).collect::<Vec<_>>(), [4]);
    assert_eq!((class.first, class.last), (wall(0), wall(30)));
    assert!(class.flags.new && !class.flags.regressed);
    // The records say what the clock showed, in the order in which they came.
    let records = log.records(&Filter::default());
    assert_eq!(records.iter().map(|record| record.id).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(records[1].at, wall(3_610));
    // A month ahead, and nothing is too old for it.
    record(40 * 86_400 / 40, 40);
    assert_eq!(log.snapshot().records, 5);
}

#[test]
fn f1_ticks_that_jump_wedge_nothing() {
    let (log, operation) = log();
    let year = 31_557_600;
    for seconds in [0, 100 * year, 60, u64::MAX / 2_000_000_000, 0, 120] {
        operation.succeeded(tick(seconds));
        log.record(&Failure::of(&operation).message(&"a"), wall(120), tick(seconds));
    }
    // What was counted last is in the minute in which it was.
    let lately = volume(&log, &Filter::default().since(wall(120)).until(wall(179)), 120);
    assert_eq!((lately.successes, lately.failures), (1, 1), "{lately:?}");
    let all = volume(&log, &Filter::default(), 120);
    assert_eq!((all.successes, all.failures), (6, 6));
}

#[test]
fn s0_63_what_is_older_than_it_is_kept_is_forgotten() {
    let (log, operation) = log();
    let month = 30 * 86_400;
    log.record(&Failure::of(&operation).message(&"old"), wall(0), tick(0));
    log.record(&Failure::of(&operation).message(&"young"), wall(7_200), tick(7_200));
    log.record(&Failure::of(&operation).message(&"new"), wall(month + 3_600), tick(month + 3_600));
    let messages: Vec<_> =
        log.records(&Filter::default()).iter().map(|record| record.message.clone()).collect();
    assert_eq!(messages, ["young".into(), "new".into()]);
    assert_eq!(log.classes(&Filter::default(), wall(month + 3_600)).len(), 2);
    assert_eq!(log.snapshot().dropped, 1);
}

proptest! {
    #[test]
    fn b7_every_call_is_in_exactly_one_minute_and_one_hour(
        steps in prop::collection::vec((0..4_000_u64, 0..5_u64, 0..3_u64), 1..60),
    ) {
        let (log, operation) = log();
        let mut now = 0;
        let mut calls = Vec::new();
        for (gap, successes, failures) in steps {
            now += gap;
            for _ in 0..successes {
                operation.succeeded(tick(now));
            }
            for _ in 0..failures {
                log.record(&Failure::of(&operation).message(&"a"), wall(now), tick(now));
            }
            calls.push((now, successes, failures));
        }
        let (successes, failures) =
            calls.iter().fold((0, 0), |sum, (_, successes, failures)| (sum.0 + successes, sum.1 + failures));
        let volume = volume(&log, &Filter::default(), now);
        prop_assert_eq!((volume.successes, volume.failures), (successes, failures));
        for (pitch, reach, buckets) in [(60, 1_440, &volume.minutes), (3_600, 720, &volume.hours)] {
            let place = |seconds: u64| (START.as_secs() + seconds) / pitch;
            let mut oracle = std::collections::BTreeMap::<u64, (u64, u64)>::new();
            for (at, successes, failures) in &calls {
                // As far back from the last call as it reaches.
                let last = calls.iter().filter(|(_, s, f)| s + f > 0).map(|(at, ..)| place(*at)).max().unwrap_or(0);
                if successes + failures > 0 && place(*at) + reach > last {
                    let bucket = oracle.entry(place(*at)).or_default();
                    *bucket = (bucket.0 + successes, bucket.1 + failures);
                }
            }
            let shown = buckets.iter().map(|calls| {
                let start = calls.start.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
                (start / pitch, (calls.successes, calls.failures))
            });
            prop_assert_eq!(shown.collect::<Vec<_>>(), oracle.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn w04_what_is_asked_between_two_times_is_what_a_list_of_all_calls_says(
        steps in prop::collection::vec((0..4_000_u64, 0..3_u64, 0..3_u64), 1..60),
        span in (0..1_000_u64, 0..1_000_u64),
    ) {
        let (log, operation) = log();
        let mut now = 0;
        let mut calls = Vec::new();
        for (gap, successes, failures) in steps {
            now += gap;
            for _ in 0..successes {
                operation.succeeded(tick(now));
            }
            for _ in 0..failures {
                log.record(&Failure::of(&operation).message(&"a"), wall(now), tick(now));
            }
            calls.push((now, successes, failures));
        }
        let (since, until) = (now * span.0 / 1_000, now * span.1 / 1_000);
        let filter = Filter::default().since(wall(since)).until(wall(until));
        let place = |pitch: u64, seconds: u64| (START.as_secs() + seconds) / pitch;
        // By the minute of the last day, and by the hour before that.
        let sum = |of: fn(&(u64, u64, u64)) -> u64, any: &dyn Fn(&&(u64, u64, u64)) -> bool| -> u64 {
            let last = calls.iter().filter(any).map(|(at, ..)| place(60, *at)).max().unwrap_or(0);
            let lately = |at: u64| place(60, at) + 1_440 > last;
            let asked = calls.iter().filter(|(at, ..)| {
                let pitch = if lately(*at) { 60 } else { 3_600 };
                let within = (place(pitch, since)..=place(pitch, until)).contains(&place(pitch, *at));
                within && (lately(*at) || !lately(since))
            });
            asked.map(of).sum()
        };
        let failures = sum(|call| call.2, &|call| call.2 > 0);
        prop_assert_eq!(class(&log, &filter, now).map_or(0, |class| class.count), failures);
        prop_assert_eq!(log.tallies(&filter, wall(now)).iter().map(|tally| tally.count).sum::<u64>(), failures);
        let asked = volume(&log, &filter, now);
        let any = |call: &&(u64, u64, u64)| call.1 + call.2 > 0;
        prop_assert_eq!((asked.successes, asked.failures), (sum(|call| call.1, &any), sum(|call| call.2, &any)));
    }
}
