//! What is known of the origins as peers.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use buttress::{Outcome, Tick, clock};

#[derive(Debug, Default)]
struct Peer {
    in_flight: AtomicU32,
    tried: AtomicU64,
    cost: Mutex<Option<(f64, Tick)>>,
}

/// The origins by their number.
#[derive(Debug)]
pub(super) struct Peers(Vec<Arc<Peer>>);

#[derive(Debug)]
pub(super) struct Pick {
    peer: Arc<Peer>,
    began: Tick,
    done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    pub(super) cost: f64,
    pub(super) is_due: bool,
}

const TAU: f64 = 5e9;
const FLOOR: f64 = 4e6;
const FAILURE: f64 = 1e9;
const EXPLORE: u64 = 2_500_000_000;

impl Peer {
    fn sample(&self, ns: f64, at_least: bool) {
        let now = clock::precise();
        let mut cost = self.cost.lock().unwrap();
        let new = match *cost {
            None => ns,
            Some((old, at)) => {
                let w = (-(now.since(at).as_nanos() as f64) / TAU).exp();
                let old_now = old * w;
                if ns > old_now {
                    ns
                } else if at_least {
                    old_now
                } else {
                    // by sample as well
                    (old_now * 0.8 + ns * 0.2).max(ns)
                }
            }
        };
        *cost = Some((new, now));
    }
}

impl Peers {
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).map(|_| Arc::default()).collect())
    }

    pub(super) fn standing(&self, origin: usize, now: Tick) -> Standing {
        let peer = &self.0[origin];
        let cost = peer.cost.lock().unwrap();
        let latency = cost.map_or(0.0, |(cost, at)| cost * (-(now.since(at).as_nanos() as f64) / TAU).exp());
        let in_flight = peer.in_flight.load(Ordering::Relaxed);
        let tried = peer.tried.load(Ordering::Relaxed);
        Standing {
            cost: latency.max(FLOOR) * (1.0 + f64::from(in_flight)),
            is_due: in_flight == 0 && now.as_nanos().saturating_sub(tried) > EXPLORE,
        }
    }

    pub(super) fn begin(&self, origin: usize) -> Pick {
        let peer = Arc::clone(&self.0[origin]);
        peer.in_flight.fetch_add(1, Ordering::Relaxed);
        let began = clock::precise();
        peer.tried.store(began.as_nanos(), Ordering::Relaxed);
        Pick { peer, began, done: false }
    }
}

impl Pick {
    pub(super) fn settle(mut self, outcome: Outcome, took: Option<Duration>) {
        self.done = true;
        self.peer.in_flight.fetch_sub(1, Ordering::Relaxed);
        match outcome {
            Outcome::Success => self.peer.sample(took.map_or(0.0, |took| took.as_nanos() as f64), false),
            Outcome::Failure(_) | Outcome::Throttled => self.peer.sample(FAILURE, false),
            _ => {}
        }
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        if !self.done {
            self.peer.in_flight.fetch_sub(1, Ordering::Relaxed);
            let took = clock::precise().since(self.began);
            self.peer.sample(took.as_nanos() as f64, true);
        }
    }
}
