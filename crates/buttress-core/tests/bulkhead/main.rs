//! The bulkhead against a model that a person can check, over sequences of anything that can happen to it.
#![cfg(not(buttress_loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod model;

use buttress_core::Refusal;
use buttress_core::bulkhead::{Bulkhead, Config, Joined, Left, Place, Priority, Ticket, Weight};
use model::{Answer, End, Model};
use proptest::prelude::*;
use std::task::{Poll, Waker};

#[derive(Clone, Debug)]
enum Step {
    TryAcquire(u32),
    Join(u32, Priority),
    /// Of one that waits, by its position; taken modulo how many there are, as in the others.
    Poll(usize),
    Leave(usize, Left),
    Release(usize),
    GiveBack(usize),
    Resize(u32),
}

const LARGEST: u32 = 6;

fn step() -> impl Strategy<Value = Step> {
    let weight = prop_oneof![4 => Just(1), 1 => 1..=LARGEST + 1];
    let priority = proptest::sample::select(Priority::ALL.to_vec());
    let why = proptest::sample::select(vec![Left::Cancelled, Left::TimedOut, Left::Expired]);
    let any = 0..1_000_usize;
    prop_oneof![
        1 => weight.clone().prop_map(Step::TryAcquire),
        8 => (weight, priority).prop_map(|(weight, priority)| Step::Join(weight, priority)),
        6 => any.clone().prop_map(Step::Poll),
        1 => (any.clone(), why).prop_map(|(place, why)| Step::Leave(place, why)),
        6 => any.clone().prop_map(Step::Release),
        1 => any.prop_map(Step::GiveBack),
        1 => (1..=LARGEST).prop_map(Step::Resize),
    ]
}

/// Both, side by side.
struct Pair {
    machine: Bulkhead,
    model: Model,
    tickets: Vec<Ticket>,
    /// With the numbers that the model has for them.
    places: Vec<(usize, Place)>,
    joined: usize,
}

impl Pair {
    fn new(limit: u32, queue: u32) -> Self {
        let config = Config::builder().max_concurrent(limit).queue(queue).build().unwrap();
        let (machine, model) = (Bulkhead::new(config), Model::new(limit, queue));
        Self { machine, model, tickets: Vec::new(), places: Vec::new(), joined: 0 }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::TryAcquire(weight) => {
                let answer = match self.machine.try_acquire(Weight::new(weight).unwrap()) {
                    Ok(ticket) => {
                        self.tickets.push(ticket);
                        Answer::Admitted
                    }
                    Err(refusal) => Answer::Refused(refusal.reason()),
                };
                assert_eq!(answer, self.model.try_acquire(weight));
            }
            Step::Join(weight, priority) => {
                self.joined += 1;
                let answer = match self.machine.join(Weight::new(weight).unwrap(), priority) {
                    Ok(Joined::Admitted(ticket)) => {
                        self.tickets.push(ticket);
                        Answer::Admitted
                    }
                    Ok(Joined::Waiting(place)) => {
                        self.places.push((self.joined, place));
                        Answer::Waits
                    }
                    Err(refusal) => Answer::Refused(refusal.reason()),
                };
                assert_eq!(answer, self.model.join(self.joined, weight, priority));
            }
            Step::Poll(place) if !self.places.is_empty() => self.poll(place % self.places.len()),
            Step::Leave(place, why) if !self.places.is_empty() => {
                let (number, place) = self.places.swap_remove(place % self.places.len());
                let refused = self.machine.leave(place, why).map(Refusal::reason);
                assert_eq!(refused, self.model.leave(number, why));
            }
            Step::Release(ticket) | Step::GiveBack(ticket) if !self.tickets.is_empty() => {
                let ticket = self.tickets.swap_remove(ticket % self.tickets.len());
                let used = matches!(step, Step::Release(_));
                self.model.release(ticket.weight().get(), used);
                if used {
                    self.machine.release(ticket);
                } else {
                    self.machine.give_back(ticket);
                }
            }
            Step::Resize(limit) => {
                self.machine.resize(limit);
                self.model.resize(limit);
            }
            _ => {}
        }
    }

    fn poll(&mut self, place: usize) {
        let (number, waiting) = &mut self.places[place];
        let polled = match self.machine.poll(waiting, Waker::noop()) {
            Poll::Pending => None,
            Poll::Ready(Ok(ticket)) => {
                self.tickets.push(ticket);
                Some(End::Turn)
            }
            Poll::Ready(Err(refusal)) => Some(End::Refused(refusal.reason())),
        };
        assert_eq!(polled, self.model.poll(*number));
        if polled.is_some() {
            drop(self.places.swap_remove(place));
        }
    }

    fn assert_equal(&self) {
        let (snapshot, model) = (self.machine.snapshot(), &self.model);
        let totals = &model.totals;
        assert_eq!(
            (snapshot.limit, snapshot.in_flight, snapshot.queued as usize),
            (model.limit, model.in_flight, model.queued())
        );
        assert_eq!(
            (self.machine.limit(), self.machine.in_flight(), self.machine.queued() as usize),
            (model.limit, model.in_flight, model.queued())
        );
        assert_eq!(
            (snapshot.admitted, snapshot.completed, snapshot.given_back, snapshot.waited),
            (totals.admitted, totals.completed, totals.given_back, totals.waited)
        );
        assert_eq!((snapshot.rejected, snapshot.too_large), (totals.rejected, totals.too_large));
        let left = |why| totals.left.get(&why).copied().unwrap_or(0);
        assert_eq!(
            (snapshot.cancelled, snapshot.timed_out, snapshot.expired),
            (left(Left::Cancelled), left(Left::TimedOut), left(Left::Expired))
        );
    }

    /// Everybody leaves; nothing is held by then.
    fn empty(mut self) {
        while !self.tickets.is_empty() || !self.places.is_empty() {
            for place in (0..self.places.len()).rev() {
                self.poll(place);
            }
            assert!(!self.tickets.is_empty() || self.places.is_empty(), "somebody waits for nobody");
            self.take(Step::Release(0));
            self.assert_equal();
        }
        assert_eq!((self.model.in_flight, self.model.queued()), (0, 0));
        let all = Weight::new(self.machine.limit()).unwrap();
        self.machine.release(self.machine.try_acquire(all).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a7_c1_c6_c7_whatever_happens_it_does_as_the_model_does(
        limit in 1..=LARGEST,
        queue in 0..=6_u32,
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut pair = Pair::new(limit, queue);
        for step in steps {
            pair.take(step);
            pair.assert_equal();
        }
        pair.empty();
    }
}
