//! Every admitted call has one outcome.

use crate::walk::{Walk, pass, walks};
use crate::{Make, Plan, Rig, Task, poll_ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::task::Poll;
use tokio::runtime::Builder;
use tower::Service;

/// B7: after every step of any use, the calls that reached the service beneath are those in flight and those written down,
/// and with the refused ones they are all that were made. No more places are ever out than there are.
pub fn every_call_has_one_outcome(make: Make<'_>) {
    walks(make, async |rig, ops| {
        let mut walk = Walk::new(rig.service());
        for &op in ops {
            walk.step(op);
            pass(op).await;
            assert_balanced(rig, walk.calls, rig.probe.live());
            let (held, places) = (rig.held(), rig.subject.places);
            assert!(held <= places, "{held} of {places} places are out");
        }
        drop(walk);
        rig.assert_at_rest("after all calls");
    });
}

/// B7, by two threads that use clones of one service at full speed.
pub fn every_call_has_one_outcome_on_two_threads(make: Make<'_>) {
    const TASKS: u64 = 4;
    const CALLS: u64 = 3_000;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build();
    runtime.expect("a runtime can be made").block_on(async {
        let rig = Rig::new(make());
        let made = Arc::new(AtomicU64::new(0));
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let (mut service, made) = (rig.service(), Arc::clone(&made));
                tokio::spawn(async move {
                    for call in 0..CALLS {
                        if !matches!(poll_ready(&mut service), Poll::Ready(Ok(()))) {
                            tokio::task::yield_now().await;
                            continue;
                        }
                        made.fetch_add(1, SeqCst);
                        let plan = [Plan::FAIL, Plan::after(2), Plan::OK, Plan::OK][(call % 4) as usize];
                        let mut in_flight = Task::new(service.call(plan));
                        if call % 7 != task {
                            let _ = in_flight.finish();
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a task does not panic");
        }
        assert!(rig.probe.calls() > 0, "nothing was ever called");
        assert_balanced(&rig, made.load(SeqCst), 0);
        rig.assert_at_rest("after all calls");
    });
}

fn assert_balanced(rig: &Rig, made: u64, in_flight: usize) {
    assert_eq!(rig.probe.breaches(), 0, "called without having been ready");
    assert_eq!(rig.probe.live(), in_flight, "inner futures that are alive, and calls in flight");
    let Some(ledger) = rig.ledger() else { return };
    let admitted = rig.probe.calls() as u64;
    assert_eq!(ledger.ended + in_flight as u64, admitted, "outcomes and calls in flight, and admitted calls");
    assert_eq!(ledger.refused + admitted, made, "refused and admitted calls, and calls made");
    assert!(ledger.panicked <= ledger.cancelled && ledger.cancelled <= ledger.ended, "{ledger:?}");
}
