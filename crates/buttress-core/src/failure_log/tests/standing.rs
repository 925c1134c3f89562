use crate::failure_log::{Config, Failure, FailureLog, Filter, Flags, Recorded, Standing};
use crate::{Tick, failure_log::Operation};
use std::time::{Duration, SystemTime};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn at(seconds: u64) -> (SystemTime, Tick) {
    let time = Duration::from_secs(1_700_000_000 + seconds);
    (SystemTime::UNIX_EPOCH + time, Tick::ZERO + Duration::from_secs(seconds))
}

fn log() -> (FailureLog, Operation) {
    let (wall, now) = at(0);
    let log = FailureLog::new(Config::default(), wall, now);
    let operation = log.operation("charge", "payments");
    (log, operation)
}

fn fail((log, operation): &(FailureLog, Operation), message: &str, seconds: u64) -> Recorded {
    let (wall, now) = at(seconds);
    log.record(&Failure::of(operation).message(&message), wall, now)
}

fn flags(log: &FailureLog, seconds: u64) -> Flags {
    log.classes(&Filter::default(), at(seconds).0)[0].flags
}

#[test]
fn s0_47_a_class_is_new_once_and_for_an_hour() {
    let log = log();
    let first = fail(&log, "a", 0);
    assert_eq!((first.turned, first.flags.new), (Some(Standing::New), true));
    let second = fail(&log, "a", HOUR - 1);
    assert_eq!((second.turned, second.flags.new), (None, true));
    assert!(flags(&log.0, HOUR - 1).new && !flags(&log.0, HOUR).new);
    assert!(fail(&log, "a", HOUR).flags.is_empty());
    assert_eq!(fail(&log, "b", HOUR).turned, Some(Standing::New));
}

#[test]
fn s0_47_a_class_that_comes_after_a_quiet_day_has_regressed() {
    let log = log();
    fail(&log, "a", 0);
    assert_eq!(fail(&log, "a", DAY - 1).turned, None);
    let back = fail(&log, "a", 2 * DAY - 1);
    assert_eq!((back.turned, back.flags.regressed), (Some(Standing::Regressed), true));
    assert_eq!(fail(&log, "a", 2 * DAY).turned, None);
    assert!(flags(&log.0, 2 * DAY).regressed && !flags(&log.0, 2 * DAY + HOUR).regressed);
}

#[test]
fn s0_47_five_times_the_usual_is_a_spike_told_once() {
    let log = log();
    // One a minute for two hours is usual.
    let mut turned = Vec::new();
    for minute in 0..120 {
        turned.extend(fail(&log, "a", minute * MINUTE).turned);
    }
    assert_eq!(turned, [Standing::New]);
    // Ten more a minute: the window of five has 25 and more in the third of them.
    for minute in 120..130 {
        for second in 0..10 {
            let recorded = fail(&log, "a", minute * MINUTE + second);
            if recorded.turned.is_some() {
                assert_eq!((minute, recorded.flags.spiking), (122, true));
            }
            turned.extend(recorded.turned);
        }
    }
    assert_eq!(turned, [Standing::New, Standing::Spiking]);
    assert!(flags(&log.0, 130 * MINUTE).spiking && !flags(&log.0, 140 * MINUTE).spiking);
    // Back to what is usual, and up again.
    for minute in 130..200 {
        turned.extend(fail(&log, "a", minute * MINUTE).turned);
    }
    for second in 0..59 {
        turned.extend(fail(&log, "a", 200 * MINUTE + second).turned);
    }
    assert_eq!(turned[2..], [Standing::Spiking]);
}

#[test]
fn s0_47_nothing_spikes_before_there_is_an_hour_to_compare_with_nor_with_few() {
    let early = log();
    let turned: Vec<_> = (0..3_000).filter_map(|second| fail(&early, "a", second).turned).collect();
    assert_eq!(turned, [Standing::New]);
    let few = log();
    fail(&few, "a", 0);
    let turned: Vec<_> = (0..9).filter_map(|second| fail(&few, "a", 3 * HOUR + second).turned).collect();
    assert_eq!(turned, []);
    assert_eq!(fail(&few, "a", 3 * HOUR + 9).turned, Some(Standing::Spiking));
}

#[test]
fn s0_63_a_class_that_lost_its_place_is_not_new_again() {
    let (wall, now) = at(0);
    let log = FailureLog::new(Config::builder().classes(1).build().unwrap(), wall, now);
    let operation = log.operation("charge", "payments");
    let log = (log, operation);
    assert_eq!(fail(&log, "a", 0).turned, Some(Standing::New));
    assert_eq!(fail(&log, "b", 1).turned, Some(Standing::New));
    assert_eq!(fail(&log, "a", 2).turned, None);
    assert_eq!(fail(&log, "b", 2 * DAY).turned, Some(Standing::Regressed));
}
