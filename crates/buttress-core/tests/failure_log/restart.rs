//! What a log goes on with that another process wrote.

use crate::{at, log};
use buttress_core::Tick;
use buttress_core::failure_log::{Config, Failure, Filter, Record, Severity};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

const DAY: u64 = 86_400;

/// A record as it may lie in a file that anybody can write to.
fn written(id: u64, at: SystemTime, suppressed: u64) -> Record {
    let before = log(Config::builder());
    let charge = before.operation("charge", "payments");
    before.record(&Failure::of(&charge).message(&"declined"), at, Tick::ZERO);
    let mut record = before.get(1).unwrap();
    (record.id, record.at, record.suppressed) = (id, at, suppressed);
    record
}

#[test]
fn s0_63_a_number_that_no_log_gives_is_passed_over() {
    let (wall, now) = at(0);
    let log = log(Config::builder());
    assert_eq!(log.restore([written(u64::MAX, wall, 0), written(0, wall, 0), written(7, wall, 0)]), 1);
    let charge = log.operation("charge", "payments");
    assert_eq!(log.record(&Failure::of(&charge).message(&"declined"), wall, now).id, 8);
}

#[test]
fn h20_a_line_stands_for_as_many_as_it_says() {
    let (wall, now) = at(0);
    let log = log(Config::builder());
    let more = [written(1, wall, 1_000_000), written(2, wall, u64::from(u32::MAX)), written(3, wall, 0)];
    assert_eq!(log.restore(more), 3);
    let all = 1_000_001 + u64::from(u32::MAX) + 1 + 1;
    let snapshot = log.snapshot();
    assert_eq!((snapshot.restored, snapshot.failures[0].failures), (all, all));
    assert_eq!(snapshot.tallies[0].failures, all);
    assert_eq!(log.classes(&Filter::default(), wall)[0].count, all);
    // And what there is no number for stands still.
    log.restore([written(4, wall, u64::MAX), written(5, wall, u64::MAX)]);
    let charge = log.operation("charge", "payments");
    log.record(&Failure::of(&charge).message(&"declined"), wall, now);
    assert_eq!(log.classes(&Filter::default(), wall)[0].count, u64::MAX);
    assert_eq!(log.snapshot().failures[0].failures, u64::MAX);
}

#[test]
fn f1_what_a_clock_wrote_that_was_ahead_blinds_its_class_for_no_time() {
    let (ahead, _) = at(400 * DAY);
    let log = log(Config::builder());
    let (wall, _) = at(0);
    assert_eq!(log.restore([written(1, ahead, 0)]), 1);
    assert_eq!(log.get(1).unwrap().at, ahead, "a record says what the clock showed");
    assert_eq!(log.classes(&Filter::default(), wall)[0].last, wall);
    // It has regressed when it comes back, as any other.
    let (later, now) = at(10 * DAY);
    let charge = log.operation("charge", "payments");
    let recorded = log.record(&Failure::of(&charge).message(&"declined"), later, now);
    assert!(recorded.flags.regressed);
    // And it is forgotten when it is old.
    let (end, now) = at(41 * DAY);
    log.record(&Failure::of(&charge).message(&"another"), end, now);
    let classes = log.classes(&Filter::default(), end);
    assert_eq!(classes.iter().map(|class| &*class.template).collect::<Vec<_>>(), ["another"]);
}

fn any_record() -> impl Strategy<Value = (u64, u64, u64)> {
    let edge = || prop_oneof![0..200_u64, any::<u64>(), Just(u64::MAX), Just(u64::MAX / 2)];
    (edge(), 0..800 * DAY, edge())
}

proptest! {
    #[test]
    fn s0_63_whatever_was_read_back_records_go_on(records in prop::collection::vec(any_record(), 0..20)) {
        let (wall, now) = at(0);
        let log = log(Config::builder());
        let before = records.iter().map(|(id, second, suppressed)| {
            written(*id, wall - Duration::from_secs(400 * DAY) + Duration::from_secs(*second), *suppressed)
        });
        log.restore(before);
        let charge = log.operation("charge", "payments");
        let mut last = log.records(&Filter::default()).last().map_or(0, |record| record.id);
        for call in 0..100_u32 {
            let severity = Severity::ALL[call as usize % Severity::ALL.len()];
            let failure = Failure::of(&charge).message(&"declined").severity(severity);
            let step = Duration::from_secs(500) * call;
            let recorded = log.record(&failure, wall + step, now + step);
            prop_assert!(recorded.id > last);
            last = recorded.id;
        }
        let snapshot = log.snapshot();
        prop_assert_eq!(snapshot.recorded, 100);
        let review = log.review(&Filter::default(), &Default::default(), wall + Duration::from_secs(DAY));
        prop_assert!(review.statistics.total >= 100);
    }
}
