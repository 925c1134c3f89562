//! Calls that take more than one.

use super::*;
use Priority::{High, Normal};

#[test]
fn s2_05_a_weight_takes_so_much_of_the_limit() {
    let bulkhead = bulkhead(10, 0);
    let heavy = bulkhead.try_acquire(weight(7)).unwrap();
    assert_eq!((heavy.weight().get(), bulkhead.in_flight()), (7, 7));
    assert_eq!(reason(bulkhead.try_acquire(weight(4))), Reason::Full);
    let rest = bulkhead.try_acquire(weight(3)).unwrap();
    bulkhead.release(heavy);
    assert_eq!(bulkhead.in_flight(), 3);
    bulkhead.release(rest);
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.admitted, snapshot.completed, snapshot.in_flight), (2, 2, 0));
}

#[test]
fn c6_nobody_lighter_slips_past_a_heavy_one_that_is_next() {
    let bulkhead = bulkhead(3, 9);
    let mut held = take(&bulkhead, 3);
    let mut heavy = wait(&bulkhead, weight(3), Normal);
    let mut light = wait(&bulkhead, ONE, Normal);
    for _ in 0..2 {
        bulkhead.release(held.pop().unwrap());
        assert!(turn(&bulkhead, &mut heavy).is_none() && turn(&bulkhead, &mut light).is_none());
        assert_eq!(reason(bulkhead.try_acquire(ONE)), Reason::Full);
    }
    bulkhead.release(held.pop().unwrap());
    let ticket = turn(&bulkhead, &mut heavy).unwrap();
    assert!(turn(&bulkhead, &mut light).is_none());
    bulkhead.release(ticket);
    assert!(turn(&bulkhead, &mut light).is_some());
}

#[test]
fn what_is_free_goes_on_when_a_heavy_one_leaves_or_somebody_goes_before_it() {
    let bulkhead = bulkhead(3, 9);
    let _held = take(&bulkhead, 1);
    let heavy = wait(&bulkhead, weight(3), Normal);
    let mut light = wait(&bulkhead, ONE, Normal);
    // One of a higher priority is next, and there is room for it.
    assert!(matches!(bulkhead.join(ONE, High), Ok(Joined::Admitted(_))));
    assert!(turn(&bulkhead, &mut light).is_none());
    bulkhead.leave(heavy, Left::Cancelled);
    assert!(turn(&bulkhead, &mut light).is_some());
    assert_eq!((bulkhead.in_flight(), bulkhead.queued()), (3, 0));
}

#[test]
fn c10_what_is_heavier_than_the_limit_is_refused_and_told_when_the_limit_shrinks() {
    let bulkhead = bulkhead(4, 9);
    assert_eq!(reason(bulkhead.try_acquire(weight(5))), Reason::TooLarge);
    assert_eq!(reason(bulkhead.join(weight(5), High)), Reason::TooLarge);
    let held = bulkhead.try_acquire(weight(4)).unwrap();
    let mut waiting = [1, 4, 3, 2].map(|heavy| wait(&bulkhead, weight(heavy), Normal));
    bulkhead.resize(2);
    for heavy in [1, 2] {
        assert_eq!(refused(&bulkhead, &mut waiting[heavy]), Reason::TooLarge);
    }
    assert_eq!((bulkhead.queued(), bulkhead.snapshot().too_large), (2, 4));
    bulkhead.release(held);
    let light = turn(&bulkhead, &mut waiting[0]).unwrap();
    assert!(turn(&bulkhead, &mut waiting[3]).is_none());
    bulkhead.release(light);
    assert!(turn(&bulkhead, &mut waiting[3]).is_some());
}
