//! Many threads on one peer.

use super::*;
use crate::sync::{AtomicU64, Ordering};
use std::thread;

const THREADS: u64 = 4;

/// How often the breaker is to close before the threads may stop: each of these times it had opened before, and probed.
const TIMES: u64 = 500;

/// What the threads have in common.
#[derive(Default)]
struct Common {
    /// Calls begun so far, which are the clock: 50 ms each. A thread that is held up does not hold up the time.
    calls: AtomicU64,
    closed: AtomicU64,
    judged: AtomicU64,
}

impl Common {
    fn now(&self) -> Tick {
        START + millis(self.calls.load(Ordering::SeqCst) * 50)
    }

    fn note(&self, changes: Changes) {
        let closed = changes.told().filter(|change| *change == Change::Closed).count();
        self.closed.fetch_add(closed as u64, Ordering::SeqCst);
    }
}

/// Whichever thread comes first, and however long one is held up in between: this ends, what was judged is counted once, and
/// what was leased has come back.
#[test]
fn w49_f7_threads_that_ask_judge_and_look_at_once_end_and_leave_nothing_under_way() {
    let soon = millis(100);
    let compact = crate::breaker::Config::builder().open_for(soon).escalation(1.0, soon).build().unwrap();
    let full = buttress_core::circuit_breaker::Config::builder().open_for(soon).escalation(1.0, soon);
    for kind in [Kind::Compact(compact), Kind::Full(full.build().unwrap())] {
        let mut rig = Rig::new(|builder| builder.breaker(kind).ban(None));
        let common = Common::default();
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (rig, common) = (&rig, &common);
                scope.spawn(move || {
                    while common.closed.load(Ordering::SeqCst) < TIMES {
                        call(rig, common, thread);
                    }
                });
            }
        });
        let judged = common.judged.load(Ordering::SeqCst);
        assert!(judged >= TIMES * 2, "{judged}: it takes that many to open and to close so often");
        assert_eq!((rig.peer.samples(), rig.peer.in_flight()), (judged, 0));

        // No lease is out, or it would be for seconds yet; and calls that go well are what closes it.
        rig.now = common.now() + secs(1);
        for _ in 0..10 {
            let ticket = rig.admit().expect("its open time is over, and no probe is out");
            rig.settle(ticket, Outcome::Success, None);
        }
        assert_eq!(rig.peer.state(), State::Closed);
    }
}

/// One call of a thread, if the peer may be asked.
fn call(rig: &Rig, common: &Common, thread: u64) {
    let call = common.calls.fetch_add(1, Ordering::SeqCst);
    let now = START + millis(call * 50);
    // Runs of failures, so that it opens and closes again and again.
    let outcome = if call % 300 < 200 { FAILURE } else { Outcome::Success };
    let outcome = if call % 7 == thread { Outcome::Cancelled } else { outcome };
    let mut changes = Changes::default();
    match rig.peer.admit(&rig.rules, now, &mut changes) {
        Ok(ticket) => {
            common.judged.fetch_add(u64::from(outcome != Outcome::Cancelled), Ordering::SeqCst);
            common.note(rig.peer.settle(&rig.rules, ticket, outcome, Some(millis(1)), now));
        }
        // Another thread may be in the middle of what decides that.
        Err(_) => thread::yield_now(),
    }
    common.note(changes);
    if call.is_multiple_of(100) {
        let _ = (rig.peer.worth(&rig.rules, now), rig.peer.snapshot(&rig.rules, now));
    }
}

#[test]
fn w48_what_is_told_of_bans_and_pardons_at_once_is_how_it_stands_in_the_end() {
    for _ in 0..2_000 {
        let mut rig = Rig::without_breaker();
        let start = std::sync::Barrier::new(2);
        let told = thread::scope(|scope| {
            let pardon = scope.spawn(|| {
                start.wait();
                rig.peer.reset(&rig.rules, rig.now)
            });
            start.wait();
            let banned = rig.peer.ban(&rig.rules, "by hand".into(), None, rig.now);
            banned.told().chain(pardon.join().expect("it ends").told()).collect::<Vec<_>>()
        });
        rig.told.extend(told);
        let times = |change: fn(&Change) -> bool| rig.told.iter().filter(|told| change(told)).count();
        let (bans, pardons) =
            (times(|told| matches!(told, Change::Banned { .. })), times(|told| *told == Change::Unbanned));
        assert_eq!(bans - pardons, usize::from(rig.peer.is_banned(rig.now)), "{:?}", rig.told);
    }
}

/// What listeners would think of a peer who hear of it in the order of the numbers.
#[derive(Debug, PartialEq)]
struct Heard {
    banned: bool,
    ejected: bool,
    tier: Tier,
    breaker: State,
}

impl Heard {
    fn hear(&mut self, change: Change) {
        match change {
            Change::Banned { again, .. } => {
                assert_eq!(self.banned, again);
                self.banned = true;
            }
            Change::Unbanned => assert!(std::mem::take(&mut self.banned)),
            Change::Ejected { .. } => assert!(!std::mem::replace(&mut self.ejected, true)),
            Change::Readmitted => assert!(std::mem::take(&mut self.ejected)),
            Change::Tier { from, to } => assert_eq!(std::mem::replace(&mut self.tier, to), from),
            Change::Opened => assert_ne!(std::mem::replace(&mut self.breaker, State::Open), State::Open),
            Change::HalfOpened => {
                assert_eq!(std::mem::replace(&mut self.breaker, State::HalfOpen), State::Open);
            }
            Change::Closed => assert_ne!(std::mem::take(&mut self.breaker), State::Closed),
        }
    }
}

#[test]
fn d3_whoever_hears_in_the_order_of_the_numbers_what_threads_do_knows_how_it_stands_in_the_end() {
    const ROUNDS: u64 = 100_000;
    let soon = millis(100);
    let breaker = crate::breaker::Config::builder().open_for(soon).escalation(1.0, soon).build().unwrap();
    let rig = Rig::new(|builder| builder.breaker(Kind::Compact(breaker)));
    let does = |thread: u64| {
        let mut told = Vec::new();
        for round in 0..ROUNDS {
            let (peer, rules) = (&rig.peer, &rig.rules);
            let now = START + millis(round);
            let mut asked = Changes::default();
            let _ = peer.ask(rules, now, &mut asked);
            told.extend(asked);
            told.extend(match (round.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40).wrapping_add(thread) % 32 {
                0 => peer.ban(rules, "by hand".into(), Some(now + soon), now),
                1 => peer.unban(rules, now),
                2..4 => peer.reset(rules, now),
                4..10 => peer.eject(rules, crate::outlier::Rule::SuccessRate, now + soon, now),
                points @ 10..14 => {
                    peer.judge(rules, &Deed::points(if points < 12 { 30.0 } else { -30.0 }), now)
                }
                even => peer.judge(rules, &Deed::sync(even % 2 == 0), now),
            });
        }
        told
    };
    let mut told: Vec<_> = thread::scope(|scope| {
        let threads = [0, 1, 2].map(|thread| scope.spawn(move || does(thread)));
        threads.into_iter().flat_map(|thread| thread.join().expect("it ends")).collect()
    });
    told.sort_by_key(|event| event.number);
    let tier = rig.rules.tiers.of(rig.rules.scoring.score(rig.rules.scoring.fresh(), 0));
    let mut heard = Heard { banned: false, ejected: false, tier, breaker: State::Closed };
    told.iter().for_each(|event| heard.hear(event.change));
    let peer = &rig.peer;
    let ejected = peer.ejected_until.load(Ordering::Relaxed) != 0;
    let (banned, tier) = (peer.ban_word().is_marked(), peer.marked_tier());
    assert_eq!(heard, Heard { banned, ejected, tier, breaker: peer.state() });
}
