//! Many threads on one peer.

use super::*;
use std::thread;

const CALLS: u32 = 20_000;

#[test]
fn w49_f7_threads_that_ask_judge_and_look_at_once_end_and_leave_nothing_under_way() {
    let soon = millis(100);
    let compact = crate::breaker::Config::builder().open_for(soon).escalation(1.0, soon).build().unwrap();
    let full = buttress_core::circuit_breaker::Config::builder().open_for(soon).escalation(1.0, soon);
    for kind in [Kind::Compact(compact), Kind::Full(full.build().unwrap())] {
        let rig = Rig::new(|builder| builder.breaker(kind).ban(None));
        let calls = |thread: u32| {
            let mut judged = 0;
            for call in 0..CALLS {
                // Runs of failures, so that it opens and closes again and again.
                let outcome = if call % 200 < 100 { FAILURE } else { Outcome::Success };
                let now = START + millis(u64::from(call) * 50);
                let mut changes = Changes::default();
                if let Ok(ticket) = rig.peer.admit(&rig.rules, now, &mut changes) {
                    let outcome = if call % 7 == thread { Outcome::Cancelled } else { outcome };
                    judged += u64::from(outcome != Outcome::Cancelled);
                    rig.peer.settle(&rig.rules, ticket, outcome, Some(millis(1)), now);
                }
                if call % 100 == 0 {
                    let _ = (rig.peer.worth(&rig.rules, now), rig.peer.snapshot(&rig.rules, now));
                }
            }
            judged
        };
        let judged: u64 = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || calls(thread))).collect();
            threads.into_iter().map(|thread| thread.join().expect("it ends")).sum()
        });
        assert!(judged > u64::from(CALLS) / 2, "{judged}: it was hardly ever closed");
        assert_eq!((rig.peer.samples(), rig.peer.in_flight()), (judged, 0));
    }
}
