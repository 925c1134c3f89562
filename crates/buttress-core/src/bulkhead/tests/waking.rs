//! Those who wait are woken, and their wakers are their own affair.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rung(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker that panics");
    }
}

/// Uses the bulkhead when it is woken, and when it is dropped.
struct Calls(Arc<Bulkhead>);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        let _ = self.0.snapshot();
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        let _ = self.0.snapshot();
    }
}

fn poll_with(bulkhead: &Bulkhead, place: &mut Place, waker: impl Wake + Send + Sync + 'static) {
    assert!(bulkhead.poll(place, &Arc::new(waker).into()).is_pending());
}

#[test]
fn a7_who_is_next_is_woken_and_nobody_else() {
    let bulkhead = bulkhead(1, 3);
    let mut ticket = bulkhead.try_acquire(ONE).unwrap();
    let mut waiting = [(); 3].map(|()| (wait(&bulkhead, ONE, Priority::Normal), Arc::new(Bell::default())));
    for (place, bell) in &mut waiting {
        let waker = bell.clone().into();
        assert!(bulkhead.poll(place, &waker).is_pending() && bulkhead.poll(place, &waker).is_pending());
    }
    for woken in 1..=3 {
        bulkhead.release(ticket);
        let rung = waiting.each_ref().map(|(_, bell)| bell.rung());
        assert_eq!(rung, std::array::from_fn(|index| usize::from(index < woken)));
        ticket = turn(&bulkhead, &mut waiting[woken - 1].0).unwrap();
    }
    bulkhead.release(ticket);
}

#[test]
fn a7_the_last_waker_is_the_one_that_is_told() {
    let bulkhead = bulkhead(1, 1);
    let ticket = bulkhead.try_acquire(ONE).unwrap();
    let mut place = wait(&bulkhead, ONE, Priority::Normal);
    let bells = [(); 2].map(|()| Arc::new(Bell::default()));
    for bell in &bells {
        assert!(bulkhead.poll(&mut place, &bell.clone().into()).is_pending());
    }
    bulkhead.release(ticket);
    assert_eq!(bells.each_ref().map(|bell| bell.rung()), [0, 1]);
    // The bulkhead keeps no waker beyond the wait.
    assert_eq!(bells.each_ref().map(Arc::strong_count), [1, 1]);
}

#[test]
fn a7_all_who_lose_their_place_are_woken() {
    let bulkhead = bulkhead(2, 1);
    let _held = take(&bulkhead, 2);
    for gives_way in [false, true] {
        let (mut place, bell) = (wait(&bulkhead, weight(2), Priority::Low), Arc::new(Bell::default()));
        assert!(bulkhead.poll(&mut place, &bell.clone().into()).is_pending());
        if gives_way {
            bulkhead.leave(wait(&bulkhead, ONE, Priority::Normal), Left::Cancelled);
        } else {
            bulkhead.resize(1);
            bulkhead.resize(2);
        }
        assert_eq!(bell.rung(), 1);
        let why = if gives_way { Reason::Full } else { Reason::TooLarge };
        assert_eq!(refused(&bulkhead, &mut place), why);
    }
}

#[test]
fn b4_a_waker_that_panics_harms_neither_who_releases_nor_the_others() {
    let bulkhead = bulkhead(1, 4);
    let ticket = bulkhead.try_acquire(ONE).unwrap();
    let mut waiting = [(); 4].map(|()| wait(&bulkhead, ONE, Priority::Normal));
    let bell = Arc::new(Bell::default());
    poll_with(&bulkhead, &mut waiting[0], Panics);
    poll_with(&bulkhead, &mut waiting[1], Panics);
    assert!(bulkhead.poll(&mut waiting[2], &bell.clone().into()).is_pending());
    bulkhead.resize(4);
    bulkhead.release(ticket);
    assert_eq!(bell.rung(), 1);
    for place in &mut waiting {
        bulkhead.release(turn(&bulkhead, place).unwrap());
    }
    assert_eq!((bulkhead.in_flight(), bulkhead.queued()), (0, 0));
}

#[test]
fn a7_a_waker_may_use_the_bulkhead_that_wakes_or_drops_it() {
    let bulkhead = Arc::new(bulkhead(1, 2));
    let ticket = bulkhead.try_acquire(ONE).unwrap();
    let mut waiting = [(); 2].map(|()| wait(&bulkhead, ONE, Priority::Normal));
    for place in &mut waiting {
        // Replaced by the second one, the first one is dropped.
        poll_with(&bulkhead, place, Calls(bulkhead.clone()));
        poll_with(&bulkhead, place, Calls(bulkhead.clone()));
    }
    let [first, second] = waiting;
    bulkhead.leave(first, Left::Cancelled);
    bulkhead.release(ticket);
    bulkhead.leave(second, Left::Cancelled);
    assert_eq!(Arc::strong_count(&bulkhead), 1);
}
