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
        let closed = changes.into_iter().filter(|change| *change == Change::Closed).count();
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
            banned.into_iter().chain(pardon.join().expect("it ends")).collect::<Vec<_>>()
        });
        rig.told.extend(told);
        let times = |change: fn(&Change) -> bool| rig.told.iter().filter(|told| change(told)).count();
        let (bans, pardons) =
            (times(|told| matches!(told, Change::Banned { .. })), times(|told| *told == Change::Unbanned));
        assert_eq!(bans - pardons, usize::from(rig.peer.is_banned(rig.now)), "{:?}", rig.told);
    }
}
