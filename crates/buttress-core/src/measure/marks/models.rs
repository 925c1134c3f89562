//! Every interleaving of calls with the writing of a mark.

use super::*;
use loom::sync::Arc;
use loom::thread;

/// The buckets are a nanosecond long, and two are kept besides the current one.
fn marks() -> Arc<Marks<2>> {
    let marks = Marks::new(&[Pitch::new(Duration::from_nanos(1), 2)], Tick::ZERO);
    marks.add(0, Tick::ZERO);
    Arc::new(marks)
}

const fn at(nanos: u64) -> Tick {
    Tick::from_nanos(nanos)
}

#[test]
fn b7_two_calls_that_both_find_a_mark_due_write_it_once_and_are_both_counted() {
    for other_first in [false, true] {
        loom::model(move || {
            let marks = marks();
            let other = thread::spawn({
                let marks = marks.clone();
                move || marks.add(0, at(1)).1
            });
            if other_first {
                thread::yield_now();
            }
            let mine = marks.add(0, at(1)).1;
            let others = other.join().expect("no panic");
            assert!(mine != others, "one of them");
            let reading = marks.read(at(1));
            assert_eq!(reading.within(0, 2)[0], 3);
            // One that is counted while the mark is written belongs to the bucket before.
            let (current, before) = (reading.within(0, 0)[0], reading.before(0, 0)[0]);
            assert!((1..=2).contains(&current) && current + before == 3, "{current} {before}");
        });
    }
}

#[test]
fn b7_a_late_call_beside_a_mark_is_counted_in_one_bucket() {
    for other_first in [false, true] {
        loom::model(move || {
            let marks = marks();
            let late = thread::spawn({
                let marks = marks.clone();
                move || marks.add(1, at(0))
            });
            if other_first {
                thread::yield_now();
            }
            marks.add(0, at(2));
            late.join().expect("no panic");
            let reading = marks.read(at(2));
            assert_eq!(reading.before(0, 0)[1] + reading.within(0, 0)[1], 1);
            assert_eq!(reading.within(0, 2), [2, 1]);
            drop(reading);
            assert_eq!(marks.read(at(5)).within(0, 2), [0, 0]);
        });
    }
}

#[test]
fn a_reading_beside_calls_never_shows_more_than_there_were() {
    for other_first in [false, true] {
        loom::model(move || {
            let marks = marks();
            let other = thread::spawn({
                let marks = marks.clone();
                move || {
                    marks.add(1, at(1));
                    marks.add(1, at(2));
                }
            });
            if other_first {
                thread::yield_now();
            }
            let reading = marks.read(at(2));
            let [good, bad] = reading.within(0, 2);
            assert!(good == 1 && bad <= 2, "{good} {bad}");
            drop(reading);
            other.join().expect("no panic");
            assert_eq!(marks.read(at(2)).within(0, 2), [1, 2]);
        });
    }
}
