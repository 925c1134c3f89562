#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fairness;
mod limits;
mod priorities;
mod queueing;
mod rows;
mod threads;
mod waking;
mod weights;
mod wrong_values;

use super::*;
use std::task::{Poll, Waker};

const ONE: Weight = Weight::MIN;

fn weight(weight: u32) -> Weight {
    Weight::new(weight).unwrap()
}

fn bulkhead(limit: u32, queue: u32) -> Bulkhead {
    Bulkhead::new(Config::builder().max_concurrent(limit).queue(queue).build().unwrap())
}

/// The tickets of `count` calls that find room.
fn take(bulkhead: &Bulkhead, count: u32) -> Vec<Ticket> {
    (0..count).map(|_| bulkhead.try_acquire(ONE).unwrap()).collect()
}

/// A place in the queue of a bulkhead that has no room.
fn wait(bulkhead: &Bulkhead, weight: Weight, priority: Priority) -> Place {
    match bulkhead.join(weight, priority) {
        Ok(Joined::Waiting(place)) => place,
        other => panic!("there is room: {other:?}"),
    }
}

fn reason<T>(result: Result<T, Refusal>) -> Reason {
    result.err().expect("it is refused").reason()
}

/// The ticket of one whose turn it is, if it is.
fn turn(bulkhead: &Bulkhead, place: &mut Place) -> Option<Ticket> {
    match bulkhead.poll(place, Waker::noop()) {
        Poll::Ready(turn) => Some(turn.unwrap()),
        Poll::Pending => None,
    }
}

/// Why the wait of one ended that did not get its turn.
fn refused(bulkhead: &Bulkhead, place: &mut Place) -> Reason {
    match bulkhead.poll(place, Waker::noop()) {
        Poll::Ready(turn) => reason(turn),
        Poll::Pending => panic!("it waits still"),
    }
}

/// Releases one after the other, and tells in which order those who wait get their turns, by their positions.
fn order(bulkhead: &Bulkhead, mut ticket: Ticket, waiting: Vec<Place>) -> Vec<usize> {
    let mut waiting: Vec<_> = waiting.into_iter().enumerate().collect();
    let mut order = Vec::new();
    while !waiting.is_empty() {
        bulkhead.release(ticket);
        let mut next =
            waiting.iter_mut().enumerate().find_map(|(at, (_, place))| Some((at, turn(bulkhead, place)?)));
        let (at, turn) = next.take().expect("somebody is next");
        order.push(waiting.remove(at).0);
        ticket = turn;
    }
    bulkhead.release(ticket);
    order
}
