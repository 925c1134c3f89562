//! The same by the definition: all that ever passed is kept, and each answer is worked out anew from that.

use super::*;
use proptest::prelude::*;

/// What passed one limit, and when.
struct Model {
    rate: u128,
    burst: u128,
    passed: Vec<(u64, u64)>,
}

const BYTE: u128 = SECOND as u128;

impl Model {
    fn new(rate: u64, burst_nanos: u128) -> Self {
        let burst = if rate == 0 { u128::MAX } else { (u128::from(rate) * burst_nanos).max(BYTE) };
        Self { rate: rate.into(), burst, passed: Vec::new() }
    }

    /// The most that any stretch of the past up to `now` let pass above the rate.
    fn debt(&self, now: u64) -> u128 {
        let mut sum = 0;
        let overs = self.passed.iter().rev().map(|(at, bytes)| {
            sum += u128::from(*bytes) * BYTE;
            u128::saturating_sub(sum, u128::from(now - at) * self.rate)
        });
        overs.max().unwrap_or(0)
    }

    fn has_room(&self, bytes: u64, now: u64) -> bool {
        self.rate == 0 || self.debt(now) + (u128::from(bytes) * BYTE).min(self.burst) <= self.burst
    }

    fn available(&self, now: u64) -> u64 {
        let room = self.burst.saturating_sub(self.debt(now)) / BYTE;
        if self.rate == 0 { u64::MAX } else { room as u64 }
    }

    /// No stretch of time saw more than burst and rate together.
    fn keeps_its_bound(&self) -> bool {
        let ends = self.passed.iter().map(|(at, _)| *at);
        self.rate == 0
            || ends.into_iter().all(|end| {
                let until = self.passed.iter().filter(|(at, _)| *at <= end);
                let mut rest: u128 = until.clone().map(|(_, bytes)| u128::from(*bytes) * BYTE).sum();
                until.into_iter().all(|(begin, bytes)| {
                    let kept = rest <= self.burst + u128::from(end - begin) * self.rate;
                    rest -= u128::from(*bytes) * BYTE;
                    kept
                })
            })
    }
}

#[derive(Clone, Debug)]
struct Step {
    after: u64,
    bytes: u64,
    part: bool,
    with_peer: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let after = prop_oneof![Just(0), 1..1_000_u64, 1..3 * SECOND];
    let bytes = prop_oneof![Just(0), 1..10_u64, 1..5_000_u64, Just(u64::from(u32::MAX))];
    (after, bytes, any::<bool>(), any::<bool>()).prop_map(|(after, bytes, part, with_peer)| Step {
        after,
        bytes,
        part,
        with_peer,
    })
}

fn rate() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..10_u64, 1..3_000_u64, 1..1_u64 << 40]
}

proptest! {
    #[test]
    fn c5_w54_w55_w56_it_admits_what_the_definition_admits_and_nothing_else(
        rates in (rate(), rate()),
        refill in 1..2_000_u64,
        burst in 1..20_u32,
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let interval = Duration::from_millis(refill);
        let line = bandwidth(|to| {
            to.upload(rates.0).per_peer_upload(rates.1).refill_interval(interval).burst(burst)
        });
        let peer = Peer::new();
        let model = |rate| Model::new(rate, interval.as_nanos() * u128::from(burst));
        let (mut all, mut own) = (model(rates.0), model(rates.1));
        let piece = |rate: u64| match rate {
            0 => u64::MAX,
            rate => u64::max(1, (u128::from(rate) * interval.as_nanos() / BYTE) as u64),
        };
        let mut now = 0;
        let mut in_bursts = true;
        for Step { after, bytes, part, with_peer } in steps {
            now += after;
            let of = with_peer.then_some(&peer);
            let room = |bytes| all.has_room(bytes, now) && (!with_peer || own.has_room(bytes, now));
            let least = piece(rates.0).min(if with_peer { piece(rates.1) } else { u64::MAX });
            let expected = if part {
                let most = all.available(now).min(if with_peer { own.available(now) } else { u64::MAX });
                room(bytes.min(least)).then(|| bytes.min(most))
            } else {
                room(bytes).then_some(bytes)
            };
            let passed = if part {
                line.take(UP, bytes, of, at(now))
            } else {
                line.try_consume(UP, bytes, of, at(now)).map(|()| bytes)
            };
            prop_assert_eq!(passed.ok(), expected);
            if let Some(passed) = expected {
                let burst = if with_peer { all.burst.min(own.burst) } else { all.burst };
                in_bursts &= u128::from(passed) * BYTE <= burst;
                all.passed.push((now, passed));
                if with_peer {
                    own.passed.push((now, passed));
                }
            } else if let Err(short) = passed {
                // At the time it says there is room for the one that takes longest, and not before.
                let due = now + short.wait.as_nanos() as u64;
                let model = if short.scope == Scope::Peer { &own } else { &all };
                let asked = if part { bytes.min(least) } else { bytes };
                prop_assert!(model.has_room(asked, due) && !model.has_room(asked, due - 1));
            }
        }
        // What is above a burst is passed whole only by who asks for all or nothing.
        prop_assert!(!in_bursts || all.keeps_its_bound() && own.keeps_its_bound());
        let total: u64 = all.passed.iter().map(|(_, bytes)| bytes).sum();
        prop_assert_eq!(line.lane(UP, Tick::from_nanos(now)).bytes, total);
    }
}
