//! Who may wait, and what becomes of those who go.

use super::*;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// tower-rs/tower#635: a queue that holds one more than it says, or one less.
#[test]
fn c7_as_many_wait_as_the_queue_is_long_and_not_one_more() {
    for queue in [0, 1, 2, 7, 100] {
        let bulkhead = bulkhead(3, queue);
        let _held = take(&bulkhead, 3);
        let mut waiting: Vec<_> = (0..queue).map(|_| wait(&bulkhead, ONE, Priority::Normal)).collect();
        for _ in 0..3 {
            assert_eq!(reason(bulkhead.join(ONE, Priority::Normal)), Reason::Full);
            assert_eq!(bulkhead.queued(), queue);
        }
        assert_eq!(bulkhead.snapshot().rejected, 3);
        // Whoever goes makes room for one.
        if let Some(place) = waiting.pop() {
            bulkhead.leave(place, Left::Cancelled);
            waiting.push(wait(&bulkhead, ONE, Priority::Normal));
            assert_eq!(reason(bulkhead.join(ONE, Priority::Normal)), Reason::Full);
        }
    }
}

#[test]
fn c6_c8_who_left_gets_no_turn_and_the_others_keep_theirs() {
    let bulkhead = bulkhead(1, 9);
    let held = bulkhead.try_acquire(ONE).unwrap();
    let mut waiting: Vec<_> = (0..6).map(|_| wait(&bulkhead, ONE, Priority::Normal)).collect();
    // The last one, the first one and one between them.
    for (index, why) in [(5, Left::Cancelled), (0, Left::TimedOut), (2, Left::Expired)] {
        bulkhead.leave(waiting.remove(index), why);
    }
    waiting.push(wait(&bulkhead, ONE, Priority::Normal));
    assert_eq!(bulkhead.queued(), 4);
    assert_eq!(order(&bulkhead, held, waiting), [0, 1, 2, 3]);
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.cancelled, snapshot.timed_out, snapshot.expired), (1, 1, 1));
    assert_eq!((snapshot.admitted, snapshot.completed, snapshot.waited), (5, 5, 7));
}

#[test]
fn a7_c8_a_turn_that_came_too_late_goes_to_who_is_next() {
    for why in [Left::Cancelled, Left::TimedOut, Left::Expired] {
        let bulkhead = bulkhead(1, 2);
        let held = bulkhead.try_acquire(ONE).unwrap();
        let goes = wait(&bulkhead, ONE, Priority::Normal);
        let mut next = wait(&bulkhead, ONE, Priority::Normal);
        bulkhead.release(held);
        assert_eq!((bulkhead.in_flight(), bulkhead.queued()), (1, 1));
        bulkhead.leave(goes, why);
        bulkhead.release(turn(&bulkhead, &mut next).unwrap());
        let snapshot = bulkhead.snapshot();
        assert_eq!((snapshot.in_flight, snapshot.admitted, snapshot.completed), (0, 2, 2));
        assert_eq!(snapshot.cancelled + snapshot.timed_out + snapshot.expired, 1);
    }
}

#[test]
fn a7_a_turn_that_nobody_is_left_for_is_free_again() {
    let bulkhead = bulkhead(1, 2);
    let held = bulkhead.try_acquire(ONE).unwrap();
    let goes = wait(&bulkhead, ONE, Priority::Normal);
    bulkhead.release(held);
    // The turn is taken, though nobody waits any more.
    assert_eq!(reason(bulkhead.try_acquire(ONE)), Reason::Full);
    bulkhead.leave(goes, Left::Cancelled);
    assert!(bulkhead.try_acquire(ONE).is_ok());
}

#[test]
fn a_wait_that_is_over_is_left_without_a_trace() {
    let bulkhead = bulkhead(1, 1);
    let held = bulkhead.try_acquire(ONE).unwrap();
    let mut place = wait(&bulkhead, ONE, Priority::Normal);
    bulkhead.release(held);
    let ticket = turn(&bulkhead, &mut place).unwrap();
    let before = bulkhead.snapshot();
    bulkhead.leave(place, Left::Cancelled);
    assert_eq!(bulkhead.snapshot(), before);
    // One that gave way is counted then, and not once more.
    let low = wait(&bulkhead, ONE, Priority::Low);
    let high = wait(&bulkhead, ONE, Priority::High);
    assert_eq!(bulkhead.leave(low, Left::TimedOut).map(Refusal::reason), Some(Reason::Full));
    assert_eq!(bulkhead.leave(high, Left::Cancelled), None);
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.rejected, snapshot.timed_out, snapshot.cancelled), (1, 0, 1));
    bulkhead.release(ticket);
}

#[test]
#[should_panic(expected = "a place is polled until it is ready")]
fn a_place_that_was_ready_is_not_polled_again() {
    let bulkhead = bulkhead(1, 1);
    let held = bulkhead.try_acquire(ONE).unwrap();
    let mut place = wait(&bulkhead, ONE, Priority::Normal);
    bulkhead.release(held);
    let _ticket = turn(&bulkhead, &mut place);
    let _ = bulkhead.poll(&mut place, Waker::noop());
}

#[test]
fn f4_a_million_who_come_and_go_take_the_memory_of_those_who_are_there() {
    let bulkhead = bulkhead(1, 3);
    let _held = take(&bulkhead, 1);
    let _stays = wait(&bulkhead, ONE, Priority::Normal);
    for round in 0..1_000_000_u32 {
        let first = wait(&bulkhead, ONE, Priority::Normal);
        let second = wait(&bulkhead, ONE, Priority::Low);
        let [earlier, later] = if round % 2 == 0 { [first, second] } else { [second, first] };
        bulkhead.leave(earlier, Left::Cancelled);
        bulkhead.leave(later, Left::TimedOut);
    }
    assert_eq!(bulkhead.waiting().queue.slots(), 3);
    assert!(size_of::<Bulkhead>() <= 256, "{}", size_of::<Bulkhead>());
}

#[test]
fn f4_a_queue_that_was_long_once_keeps_no_memory_for_it() {
    let bulkhead = bulkhead(1, 64);
    let held = bulkhead.try_acquire(ONE).unwrap();
    let waiting: Vec<_> = (0..64).map(|_| wait(&bulkhead, ONE, Priority::Normal)).collect();
    assert_eq!(bulkhead.waiting().queue.slots(), 64);
    order(&bulkhead, held, waiting);
    assert_eq!(bulkhead.waiting().queue.slots(), 0);
    // It goes on as one that is new.
    let held = take(&bulkhead, 1);
    let place = wait(&bulkhead, ONE, Priority::Low);
    assert_eq!((bulkhead.queued(), bulkhead.waiting().queue.slots()), (1, 1));
    bulkhead.leave(place, Left::Cancelled);
    held.into_iter().for_each(|ticket| bulkhead.release(ticket));
    assert_eq!(bulkhead.in_flight(), 0);
}

#[test]
fn c7_who_finds_the_queue_full_does_not_wait_for_those_who_hand_on() {
    let bulkhead = bulkhead(1, 2);
    let _held = take(&bulkhead, 1);
    let _waiting = [Priority::Normal, Priority::High].map(|priority| wait(&bulkhead, ONE, priority));
    thread::scope(|scope| {
        let handing_on = bulkhead.waiting();
        let (tells, told) = mpsc::channel();
        let bulkhead = &bulkhead;
        scope.spawn(move || {
            for priority in [Priority::Low, Priority::Normal] {
                tells.send(reason(bulkhead.join(ONE, priority))).unwrap();
            }
        });
        let answers = [(); 2].map(|()| told.recv_timeout(Duration::from_secs(10)));
        drop(handing_on);
        assert_eq!(answers, [Ok(Reason::Full); 2]);
    });
    assert_eq!(bulkhead.snapshot().rejected, 2);
    let _high = wait(&bulkhead, ONE, Priority::High);
}
