//! A peer with so many workers and one queue, which finishes what nobody waits for any more, in simulated time.

use super::*;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What the peer and its callers do from some time on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phase {
    lasts: Duration,
    /// Calls a second.
    offered: f64,
    /// What a worker needs for a call it begins.
    service: Duration,
    /// What it needs for one it begins after that time.
    then: Duration,
}

pub(super) struct World {
    pub(super) limit: AdaptiveLimit,
    timeout: Duration,
    /// When each worker is free.
    workers: BinaryHeap<Reverse<u64>>,
    /// When calls in flight end, when they were admitted, and how they end.
    ends: BinaryHeap<Reverse<(u64, u64, bool)>>,
    now: u64,
    dice: u64,
    /// Whether what calls need is distributed exponentially.
    pub(super) scatters: bool,
}

/// What was seen in a phase.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) good: u64,
    pub(super) late: u64,
    refused: u64,
    /// The least and the greatest limit.
    pub(super) limits: (u32, u32),
    /// The limits that arriving calls met, together.
    met: u64,
    arrived: u64,
    /// Good ones in each second.
    seconds: Vec<u64>,
}

impl Seen {
    fn mean_limit(&self) -> f64 {
        self.met as f64 / self.arrived as f64
    }
}

impl World {
    pub(super) fn new(config: Config, workers: u32, timeout: Duration) -> Self {
        Self {
            limit: AdaptiveLimit::new(config, Tick::ZERO),
            timeout,
            workers: (0..workers).map(|_| Reverse(0)).collect(),
            ends: BinaryHeap::new(),
            now: 0,
            dice: 1,
            scatters: false,
        }
    }

    /// Exponentially distributed, with that mean.
    fn scattered(&mut self, mean: f64) -> f64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let roll = ((self.dice >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
        -mean * roll.ln()
    }

    /// Ends all calls that end until then.
    fn settle(&mut self, until: u64, began: u64, seen: &mut Seen) {
        while let Some(&Reverse((end, admitted, in_time))) = self.ends.peek()
            && end <= until
        {
            let in_flight = u32::try_from(self.ends.len()).expect("few");
            self.ends.pop();
            let outcome = if in_time { Outcome::Success } else { Outcome::Failure(FailureKind::Timeout) };
            let latency = Duration::from_nanos(end - admitted);
            self.limit.record(Sample { latency, in_flight, outcome }, Tick::from_nanos(end));
            seen.good += u64::from(in_time);
            seen.late += u64::from(!in_time);
            let second = ((end - began) / 1_000_000_000) as usize;
            if seen.seconds.len() <= second {
                seen.seconds.resize(second + 1, 0);
            }
            seen.seconds[second] += u64::from(in_time);
        }
    }

    pub(super) fn run(&mut self, phase: Phase) -> Seen {
        let began = self.now;
        let until = began + nanos(phase.lasts);
        let mut seen = Seen { limits: (u32::MAX, 0), ..Seen::default() };
        let mut arrival = self.now;
        while arrival < until {
            self.settle(arrival, began, &mut seen);
            self.now = arrival;
            let limit = self.limit.limit();
            seen.limits = (seen.limits.0.min(limit), seen.limits.1.max(limit));
            (seen.met, seen.arrived) = (seen.met + u64::from(limit), seen.arrived + 1);
            if self.ends.len() < limit as usize {
                let Reverse(free) = self.workers.pop().expect("there are workers");
                let begun = free.max(arrival);
                let mut needs = nanos(if begun < until { phase.service } else { phase.then });
                if self.scatters {
                    needs = self.scattered(needs as f64) as u64;
                }
                let done = begun + needs;
                self.workers.push(Reverse(done));
                let given_up = arrival + nanos(self.timeout);
                self.ends.push(Reverse((done.min(given_up), arrival, done <= given_up)));
            } else {
                seen.refused += 1;
            }
            arrival += self.scattered(1e9 / phase.offered) as u64;
        }
        self.settle(until, began, &mut seen);
        self.now = until;
        seen
    }
}

pub(super) const S: Duration = Duration::from_secs(1);

/// Workers and what one needs for a call: one and many, quick and slow.
const PEERS: [(u32, Duration); 6] = [
    (1, Duration::from_millis(1)),
    (1, Duration::from_millis(10)),
    (8, Duration::from_millis(4)),
    (10, Duration::from_millis(100)),
    (40, Duration::from_millis(25)),
    (100, Duration::from_millis(100)),
];

pub(super) fn capacity((workers, service): (u32, Duration)) -> f64 {
    f64::from(workers) / service.as_secs_f64()
}

pub(super) fn steady(offered: f64, service: Duration, lasts: Duration) -> Phase {
    Phase { lasts, offered, service, then: service }
}

fn with(algorithm: Algorithm) -> Config {
    Config::default().algorithm(algorithm).expect("valid")
}

/// The seconds from `first` on, as shares of `each`.
pub(super) fn shares(seen: &Seen, first: usize, each: f64) -> impl Iterator<Item = f64> {
    seen.seconds.iter().skip(first).map(move |good| *good as f64 / each)
}

#[test]
fn c9_ten_minutes_of_ten_times_the_latency_leave_nothing_behind_after_one() {
    for peer in PEERS {
        for load in [0.3, 0.9] {
            let (workers, service) = peer;
            let offered = capacity(peer) * load;
            let mut world = World::new(Config::default(), workers, S * 20);
            world.run(steady(offered, service, S * 60));
            let before = world.run(steady(offered, service, S * 60));
            let slow = Phase { service: service * 10, ..steady(offered, service, S * 600) };
            world.run(slow);
            let recovering = world.run(steady(offered, service, S * 40));
            let after = world.run(steady(offered, service, S * 20));
            let (prior, limit) = (before.mean_limit(), after.mean_limit());
            assert!(limit >= 0.9 * prior, "{peer:?} at {load}: {limit} after {prior}");
            let good = |seen: &Seen| seen.good as f64 / seen.arrived as f64;
            assert!(good(&after) >= good(&before) - 0.01, "{peer:?} at {load}: {:.3}", good(&after));
            assert!(good(&recovering) >= 0.95, "{peer:?} at {load}: {:.3}", good(&recovering));
        }
    }
}

#[test]
fn c9_a_peer_that_stays_slow_is_given_as_many_calls_as_it_works_on() {
    for peer in PEERS {
        let (workers, service) = peer;
        let mut world = World::new(Config::default(), workers, S * 20);
        world.run(steady(capacity(peer) * 0.5, service, S * 60));
        let slow = service * 5;
        let offered = capacity((workers, slow)) * 3.0;
        let seen = world.run(steady(offered, slow, S * 60));
        let good = shares(&seen, 30, capacity((workers, slow))).take(30).sum::<f64>() / 30.0;
        assert!(good >= 0.97, "{peer:?}: {good:.3} of what it can, {:?}, {seen:?}", world.limit.snapshot());
    }
}

#[test]
fn c9_what_was_learnt_from_a_slow_peer_is_forgotten_when_it_is_quick() {
    for peer in PEERS {
        let (workers, service) = peer;
        let mut world = World::new(Config::default(), workers, S * 20);
        let slow = Phase { service: service * 10, ..steady(capacity(peer) * 0.09, service, S * 600) };
        world.run(slow);
        world.run(steady(capacity(peer) * 0.5, service, S * 60));
        let usual = world.limit.snapshot().usual.expect("there were windows");
        assert!(usual <= service * 2, "{peer:?}: {usual:?}");
        let overload = world.run(steady(capacity(peer) * 3.0, service, S * 60));
        let good = shares(&overload, 0, capacity(peer)).take(60).sum::<f64>() / 60.0;
        assert!(good >= 0.97, "{peer:?}: {good:.3}, {overload:?}");
    }
}

#[test]
fn c9_an_overload_is_never_taken_for_the_usual_however_long_it_lasts() {
    for peer in PEERS {
        let (workers, service) = peer;
        let mut world = World::new(Config::default(), workers, S * 20);
        world.run(steady(capacity(peer) * 0.5, service, S * 60));
        let calm = world.limit.snapshot().usual.expect("there were windows");
        let overload = world.run(steady(capacity(peer) * 3.0, service, S * 600));
        // At its least it waits behind as many as that.
        let at_least = service * 10_u32.div_ceil(workers) + 10 * MS;
        let (usual, waited) = (world.limit.snapshot().usual, world.limit.snapshot().latency);
        assert!(usual <= Some(calm.max(at_least) * 2), "{peer:?}: {usual:?} from {calm:?}");
        assert!(waited <= Some(calm.max(at_least) * 4), "{peer:?}: {waited:?}");
        assert!(overload.limits.1 <= (workers * 3).max(40), "{peer:?}: {:?}", overload.limits);
    }
}

#[test]
fn c9_steady_traffic_sees_no_dips() {
    for peer in PEERS {
        let (workers, service) = peer;
        let mut world = World::new(Config::default(), workers, S * 20);
        for (load, carried) in [(0.5, 0.5), (0.8, 0.8), (2.0, 1.0)] {
            world.run(steady(capacity(peer) * load, service, S * 60));
            let long = world.run(steady(capacity(peer) * load, service, S * 900));
            // Any ten seconds; single ones scatter on their own.
            let seconds: Vec<_> = shares(&long, 0, capacity(peer) * carried).take(900).collect();
            let least = seconds.chunks(10).map(|ten| ten.iter().sum::<f64>() / 10.0).fold(1.0, f64::min);
            let of = (capacity(peer) * carried * 10.0).sqrt();
            assert!(least >= 0.95 - 5.0 / of, "{peer:?} at {load}: {least:.3}, {:?}", long.limits);
        }
    }
}

#[test]
fn h18_a_peer_that_finishes_what_nobody_waits_for_recovers() {
    for algorithm in [Algorithm::GRADIENT2, Algorithm::Vegas, Algorithm::Aimd { slow: None }] {
        for peer in PEERS {
            for load in [0.7, 0.85, 0.95] {
                let (workers, service) = peer;
                let offered = capacity(peer) * load;
                let mut world = World::new(with(algorithm), workers, S);
                let before = world.run(steady(offered, service, S * 60));
                world.run(Phase { service: service * 10, ..steady(offered, service, S * 10) });
                let after = world.run(steady(offered, service, S * 60));
                let each = before.good as f64 / 60.0;
                let good = shares(&after, 15, each).take(30).sum::<f64>() / 30.0;
                assert!(good >= 0.95, "{algorithm:?} {peer:?} at {load}: {good:.3}, {before:?}, {after:?}");
            }
        }
    }
}
