//! Many threads at a time.

use crate::{at, log};
use buttress_core::failure_log::{Config, Failure, FailureLog, Filter, Snapshot};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const THREADS: u64 = 4;
const EACH: u64 = 250_000;

fn balanced(snapshot: &Snapshot) {
    let of_operations: u64 = snapshot.failures.iter().map(|of| of.failures).sum();
    let of_categories: u64 = snapshot.tallies.iter().map(|tally| tally.failures).sum();
    assert_eq!((of_operations, of_categories), (snapshot.recorded, snapshot.recorded));
    assert_eq!(snapshot.records as u64 + snapshot.dropped, snapshot.recorded);
}

fn flood(log: &FailureLog, thread: u64) {
    let operations: Vec<_> = (0..5).map(|number| log.operation(&format!("op{number}"), "a")).collect();
    let messages = ["timed out", "disk full", "invalid argument", "who knows"];
    let mut last = 0;
    for number in 0..EACH {
        let (wall, now) = at(number / 1_000);
        let operation = &operations[(number + thread) as usize % operations.len()];
        operation.succeeded(now);
        let message = messages[number as usize % messages.len()];
        let recorded = log.record(&Failure::of(operation).message(&message).attempt(1), wall, now);
        assert!(recorded.id > last, "numbers grow");
        last = recorded.id;
    }
}

#[test]
fn b7_w28_a_million_records_of_several_threads_balance_exactly_beside_readers() {
    let log = log(Config::builder());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers = scope.spawn(|| {
            let mut read = 0_u64;
            while !done.load(Ordering::Relaxed) {
                balanced(&log.snapshot());
                let records = log.records(&Filter::default());
                assert!(records.windows(2).all(|two| two[0].id < two[1].id));
                read += (log.classes(&Filter::default(), at(0).0).len() + log.history("op1", "a", 10).len())
                    as u64;
            }
            read
        });
        let log = &log;
        let writers: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || flood(log, thread))).collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        assert!(readers.join().unwrap() > 0);
    });
    let snapshot = log.snapshot();
    balanced(&snapshot);
    assert_eq!((snapshot.recorded, snapshot.successes), (THREADS * EACH, THREADS * EACH));
    let classes = log.classes(&Filter::default(), at(250).0);
    assert_eq!(classes.len(), 20);
    assert!(classes.iter().all(|class| class.error == 0));
    assert_eq!(classes.iter().map(|class| class.count).sum::<u64>(), THREADS * EACH);
    for volume in log.volumes(&Filter::default(), at(250).0) {
        assert_eq!((volume.successes, volume.failures), (THREADS * EACH / 5, THREADS * EACH / 5));
        let minutes: u64 = volume.minutes.iter().map(|calls| calls.successes + calls.failures).sum();
        assert_eq!(minutes, 2 * THREADS * EACH / 5);
    }
}
