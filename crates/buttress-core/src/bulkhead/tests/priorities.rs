//! Who goes before whom.

use super::*;
use Priority::{High, Low, Normal};

#[test]
fn a_higher_priority_goes_first_and_among_equals_who_came_first() {
    let bulkhead = bulkhead(1, 9);
    let held = bulkhead.try_acquire(ONE).unwrap();
    let waiting = [Low, Normal, High, Normal, Low, High].map(|priority| wait(&bulkhead, ONE, priority));
    assert_eq!(order(&bulkhead, held, waiting.into()), [2, 5, 1, 3, 0, 4]);
    assert!(Low < Normal && Normal < High && Priority::default() == Normal);
    assert_eq!(Priority::ALL.map(Priority::as_str), ["low", "normal", "high"]);
}

#[test]
fn c6_one_turn_of_eight_is_for_who_has_waited_longest() {
    let bulkhead = bulkhead(1, 30);
    let mut ticket = bulkhead.try_acquire(ONE).unwrap();
    let mut unimportant = [(); 5].map(|()| wait(&bulkhead, ONE, Low)).into_iter();
    let mut turns_by_age = Vec::new();
    let mut important = wait(&bulkhead, ONE, High);
    for round in 1..=40 {
        bulkhead.release(ticket);
        ticket = if let Some(ticket) = turn(&bulkhead, &mut important) {
            // There is always somebody of a higher priority.
            important = wait(&bulkhead, ONE, High);
            ticket
        } else {
            turns_by_age.push(round);
            turn(&bulkhead, &mut unimportant.next().unwrap()).unwrap()
        };
    }
    assert_eq!(turns_by_age, [8, 16, 24, 32, 40]);
}

#[test]
fn c7_in_a_full_queue_the_last_one_of_the_lowest_priority_gives_way() {
    let bulkhead = bulkhead(1, 4);
    let held = bulkhead.try_acquire(ONE).unwrap();
    let mut waiting = [Low, Low, Normal, High].map(|priority| wait(&bulkhead, ONE, priority));
    for (comes, goes) in [(Normal, 1), (High, 0)] {
        let _comes = wait(&bulkhead, ONE, comes);
        assert_eq!(bulkhead.queued(), 4);
        assert_eq!(refused(&bulkhead, &mut waiting[goes]), Reason::Full);
    }
    // Nobody gives way to an equal, nor to one below.
    for comes in [Low, Normal] {
        assert_eq!(reason(bulkhead.join(ONE, comes)), Reason::Full);
    }
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.rejected, snapshot.queued, snapshot.waited), (4, 4, 6));
    // And now the last of the normal ones, which came after this one.
    let _comes = wait(&bulkhead, ONE, High);
    assert!(turn(&bulkhead, &mut waiting[2]).is_none());
    let _comes = wait(&bulkhead, ONE, High);
    assert_eq!(refused(&bulkhead, &mut waiting[2]), Reason::Full);
    assert_eq!(reason(bulkhead.join(ONE, High)), Reason::Full);
    bulkhead.release(held);
    assert!(turn(&bulkhead, &mut waiting[3]).is_some());
}

#[test]
fn c7_who_has_its_turn_at_once_takes_nobodys_place() {
    let bulkhead = bulkhead(10, 1);
    let held = take(&bulkhead, 9);
    let mut heavy = wait(&bulkhead, weight(5), Low);
    let Ok(Joined::Admitted(light)) = bulkhead.join(ONE, High) else { panic!("there is room for it") };
    assert!(turn(&bulkhead, &mut heavy).is_none());
    assert_eq!((bulkhead.queued(), bulkhead.snapshot().rejected), (1, 0));
    // One that has to wait does take it.
    let _waits = wait(&bulkhead, ONE, High);
    assert_eq!(refused(&bulkhead, &mut heavy), Reason::Full);
    held.into_iter().chain([light]).for_each(|ticket| bulkhead.release(ticket));
}

#[test]
fn c6_c7_who_waited_only_for_one_that_gives_way_has_its_turn() {
    let bulkhead = bulkhead(10, 2);
    let mut held = take(&bulkhead, 10);
    let mut heavy = wait(&bulkhead, weight(5), Low);
    // Seven turns pass over it, and the next one is its own.
    for _ in 0..7 {
        let mut passes = wait(&bulkhead, ONE, High);
        bulkhead.release(held.remove(0));
        held.push(turn(&bulkhead, &mut passes).unwrap());
    }
    let mut first = wait(&bulkhead, ONE, High);
    bulkhead.release(held.remove(0));
    assert!(turn(&bulkhead, &mut first).is_none(), "the room is kept for who has waited longest");
    let mut second = wait(&bulkhead, ONE, High);
    assert_eq!(refused(&bulkhead, &mut heavy), Reason::Full);
    assert!(turn(&bulkhead, &mut first).is_some());
    assert!(turn(&bulkhead, &mut second).is_none());
}
