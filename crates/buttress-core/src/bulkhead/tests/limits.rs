//! How many are in flight, while the limit moves too.

use super::*;
use crate::Tick;
use crate::keyed::{Keep, Worth};

#[test]
fn c1_a_limit_that_shrinks_while_full_lets_nobody_in_until_enough_are_done() {
    let bulkhead = bulkhead(5, 3);
    let mut held = take(&bulkhead, 5);
    let mut waiting = wait(&bulkhead, ONE, Priority::Normal);
    bulkhead.resize(2);
    assert_eq!((bulkhead.limit(), bulkhead.in_flight()), (2, 5));
    assert!(bulkhead.snapshot().utilization() > 2.0);
    for in_flight in [4, 3, 2] {
        bulkhead.release(held.pop().unwrap());
        assert_eq!(bulkhead.in_flight(), in_flight);
        assert!(turn(&bulkhead, &mut waiting).is_none());
    }
    bulkhead.release(held.pop().unwrap());
    assert!(turn(&bulkhead, &mut waiting).is_some());
    assert_eq!(bulkhead.in_flight(), 2);
    assert_eq!(reason(bulkhead.try_acquire(ONE)), Reason::Full);
}

#[test]
fn c1_a_limit_that_grows_lets_in_who_waits_before_who_comes() {
    let bulkhead = bulkhead(1, 5);
    let _held = take(&bulkhead, 1);
    let mut waiting = [(); 3].map(|()| wait(&bulkhead, ONE, Priority::Normal));
    bulkhead.resize(3);
    assert_eq!(reason(bulkhead.try_acquire(ONE)), Reason::Full);
    let turns = waiting.each_mut().map(|place| turn(&bulkhead, place).is_some());
    assert_eq!(turns, [true, true, false]);
    bulkhead.resize(10);
    assert!(turn(&bulkhead, &mut waiting[2]).is_some());
    assert_eq!(bulkhead.queued(), 0);
    assert_eq!(take(&bulkhead, 6).len(), 6);
    assert_eq!(reason(bulkhead.try_acquire(ONE)), Reason::Full);
}

/// App-vNext/Polly#2638: a size that overflows.
#[test]
fn c10_a_limit_beyond_what_there_can_be_is_the_nearest_there_is() {
    let bulkhead = bulkhead(7, 1);
    let _held = take(&bulkhead, 7);
    for (asked, limit) in [(0, 1), (u32::MAX, MOST), (1, 1), (MOST, MOST), (7, 7)] {
        bulkhead.resize(asked);
        assert_eq!((bulkhead.limit(), bulkhead.in_flight(), bulkhead.queued()), (limit, 7, 0));
    }
    bulkhead.resize(MOST);
    let all = bulkhead.try_acquire(weight(MOST - 7)).unwrap();
    assert_eq!((bulkhead.in_flight(), reason(bulkhead.try_acquire(ONE))), (MOST, Reason::Full));
    bulkhead.resize(1);
    assert_eq!(bulkhead.in_flight(), MOST);
    bulkhead.release(all);
    assert_eq!(bulkhead.in_flight(), 7);
    for heavy in [MOST + 1, u32::MAX] {
        assert_eq!(reason(bulkhead.join(weight(heavy), Priority::High)), Reason::TooLarge);
    }
}

#[test]
fn c10_counts_stay_exact_with_more_in_flight_than_the_word_can_count() {
    let bulkhead = bulkhead(MOST, 0);
    let calls = 5 * CARRY / 2;
    let held = take(&bulkhead, calls as u32);
    let full = bulkhead.snapshot();
    assert_eq!((full.admitted, full.completed, u64::from(full.in_flight)), (calls, 0, calls));
    held.into_iter().for_each(|ticket| bulkhead.release(ticket));
    let empty = bulkhead.snapshot();
    assert_eq!((empty.admitted, empty.completed, empty.in_flight), (calls, calls, 0));
    bulkhead.release(bulkhead.try_acquire(weight(MOST)).unwrap());
}

#[test]
fn b3_a_ticket_given_back_unused_is_no_call() {
    let bulkhead = bulkhead(1, 1);
    let ticket = bulkhead.try_acquire(ONE).unwrap();
    let mut waiting = wait(&bulkhead, ONE, Priority::Normal);
    bulkhead.give_back(ticket);
    bulkhead.release(turn(&bulkhead, &mut waiting).unwrap());
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.admitted, snapshot.completed, snapshot.given_back), (2, 1, 1));
    assert_eq!(snapshot.in_flight, 0);
}

#[test]
fn what_it_is_worth_to_those_who_keep_one_for_each_key() {
    let bulkhead = bulkhead(2, 1);
    let worth = || Keep::worth(&bulkhead, Tick::ZERO);
    assert_eq!(worth(), Worth::Nothing);
    let first = bulkhead.try_acquire(ONE).unwrap();
    assert_eq!(worth(), Worth::Penalty, "it would not count any more");
    let second = bulkhead.try_acquire(ONE).unwrap();
    assert_eq!(worth(), Worth::Penalty);
    bulkhead.release(first);
    let waits_for_both = wait(&bulkhead, weight(2), Priority::Normal);
    assert_eq!(worth(), Worth::Penalty);
    bulkhead.leave(waits_for_both, Left::Cancelled);
    bulkhead.release(second);
    assert_eq!(worth(), Worth::Nothing);
    bulkhead.resize(3);
    assert_eq!(worth(), Worth::Memory);
}

#[test]
fn s2_76_a_closed_one_lets_nobody_in_who_comes_and_everybody_who_waits() {
    let bulkhead = bulkhead(2, 2);
    let [held, other]: [Ticket; 2] = take(&bulkhead, 2).try_into().unwrap();
    let mut waiting = wait(&bulkhead, ONE, Priority::Low);
    bulkhead.close();
    assert!(bulkhead.is_closed());
    assert_eq!(bulkhead.worth(), Worth::Penalty);
    assert_eq!(reason(bulkhead.join(ONE, Priority::High)), Reason::Full, "although the queue has room");
    assert_eq!(reason(bulkhead.join(weight(3), Priority::High)), Reason::TooLarge);
    bulkhead.release(held);
    bulkhead.release(turn(&bulkhead, &mut waiting).unwrap());
    assert_eq!(reason(bulkhead.join(ONE, Priority::High)), Reason::Full, "although there is room");
    assert_eq!(reason(bulkhead.try_acquire(ONE)), Reason::Full);
    bulkhead.resize(5);
    assert_eq!((bulkhead.limit(), bulkhead.in_flight(), bulkhead.queued()), (5, 1, 0));
    assert!(bulkhead.is_closed());
    bulkhead.reopen();
    assert_eq!((take(&bulkhead, 4).len(), bulkhead.snapshot().rejected), (4, 3));
    bulkhead.release(other);
    assert_eq!(bulkhead.snapshot().completed, 3);
}
