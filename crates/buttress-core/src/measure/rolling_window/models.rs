//! Every interleaving of additions with what empties a bucket.

use super::*;
use loom::sync::Arc;
use loom::thread;

const OLD: u64 = 1;
/// The first bucket again, one lap later.
const NEXT_LAP: u64 = OLD + BUCKETS;

/// A window with one call of each kind in the first bucket.
fn window() -> Arc<RollingWindow> {
    let window = RollingWindow::new(1, BUCKETS, false);
    assert!(window.add_ok(window.place(OLD, 0)) && window.add_bad(window.place(OLD, 0)));
    Arc::new(window)
}

/// Runs both at once: in all interleavings that begin with one of them, and in all that begin with the other.
fn beside(
    this: impl Fn(&RollingWindow) + Copy + Send + Sync + 'static,
    that: impl Fn(&RollingWindow) + Copy + Send + Sync + 'static,
    check: impl Fn(&RollingWindow) + Copy + Send + Sync + 'static,
) {
    for that_first in [false, true] {
        loom::model(move || {
            let window = window();
            let other = thread::spawn({
                let window = window.clone();
                move || that(&window)
            });
            if that_first {
                thread::yield_now();
            }
            this(&window);
            other.join().expect("no panic");
            check(&window);
        });
    }
}

fn add_ok(window: &RollingWindow, position: u64, generation: u64) {
    window.add_ok(window.place(position, generation));
}

#[test]
fn b7_two_additions_that_both_find_an_old_lap_are_both_counted() {
    let add = |window: &RollingWindow| add_ok(window, NEXT_LAP, 0);
    beside(add, add, |window| {
        assert_eq!((window.tally(NEXT_LAP, 0).ok, window.lifetime().ok), (2, 3));
    });
}

#[test]
fn b7_a_late_addition_beside_the_one_that_wipes_its_lap_is_counted_once() {
    let (late, wiping) = (
        |window: &RollingWindow| add_ok(window, OLD, 0),
        |window: &RollingWindow| add_ok(window, NEXT_LAP, 0),
    );
    beside(late, wiping, |window| {
        // Before the wipe it leaves with its lap; after it, it counts where it arrived.
        assert!((1..=2).contains(&window.tally(NEXT_LAP, 0).ok));
        assert_eq!(window.lifetime().ok, 3);
    });
}

#[test]
fn d4_b7_an_addition_beside_a_new_generation_stays_out_of_it_and_in_the_lifetime() {
    for position in [OLD, NEXT_LAP] {
        beside(
            move |window| add_ok(window, position, 0),
            |window| window.clear(1),
            |window| {
                let (tally, lifetime) = (window.tally(NEXT_LAP, 1), window.lifetime());
                assert_eq!((tally, lifetime), (Tally::default(), Tally { ok: 2, bad: 1, slow: 0 }));
            },
        );
    }
}

#[test]
fn d4_b7_additions_of_two_generations_meet_in_one_bucket() {
    beside(
        |window| add_ok(window, NEXT_LAP, 0),
        |window| {
            window.clear(1);
            add_ok(window, NEXT_LAP, 1);
        },
        |window| assert_eq!((window.tally(NEXT_LAP, 1).ok, window.lifetime().ok), (1, 3)),
    );
}

#[test]
fn b7_an_addition_beside_the_forgetting_of_failures_is_counted_once() {
    for position in [OLD, NEXT_LAP] {
        beside(
            move |window| assert!(window.add_bad(window.place(position, 0))),
            RollingWindow::forget_bad,
            move |window| {
                assert!(window.tally(position, 0).bad <= 1);
                assert_eq!(window.lifetime().bad, 2);
            },
        );
    }
}

#[test]
fn f7_additions_to_a_full_bucket_leave_it_full() {
    let fill = |window: &RollingWindow| {
        let place = window.place(OLD, 0);
        assert!(window.add_ok(place));
    };
    for that_first in [false, true] {
        loom::model(move || {
            let window = Arc::new(RollingWindow::new(1, BUCKETS, false));
            let full = low(window.count_bits - 1) + 1;
            let place = window.place(OLD, 0);
            window.ok.buckets[place.bucket].store(place.tag | (full - 1), Ordering::Relaxed);
            let other = thread::spawn({
                let window = window.clone();
                move || fill(&window)
            });
            if that_first {
                thread::yield_now();
            }
            fill(&window);
            other.join().expect("no panic");
            assert_eq!((window.tally(OLD, 0).ok, window.lifetime().ok), (full, full + 1));
        });
    }
}
