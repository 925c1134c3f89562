//! A dropped future is a normal ending.

use super::answer;
use crate::{Make, Plan, Rig, Task, become_ready, run};
use tower::Service;

const POLLS: usize = 5;

/// B1 and B2: a call dropped before its first poll or after any other leaves nothing held, within the drop, and is written
/// down as cancelled once; one that is dropped after its end is not.
pub fn a_dropped_call_leaves_nothing(make: Make<'_>) {
    run(make, async |rig| {
        let mut service = rig.service();
        for k in 0..=POLLS {
            let before = written(rig);
            become_ready(&mut service).await;
            let mut call = Task::new(service.call(Plan::after(POLLS)));
            for _ in 0..k {
                assert!(call.poll().is_pending(), "the call ends before it should");
            }
            drop(call);
            rig.assert_at_rest(&format!("dropped after poll {k}"));
            assert_eq!(rig.probe.calls(), k + 1, "what was dropped earlier still takes a place");
            let (ended, cancelled) = (written(rig).0 - before.0, written(rig).1 - before.1);
            assert_eq!((ended, cancelled), one_of_each(rig), "outcomes and cancellations, after poll {k}");
        }
        let before = written(rig);
        let mut call = {
            become_ready(&mut service).await;
            Task::new(service.call(Plan::after(POLLS)))
        };
        assert_eq!(call.finish().ok(), Some("ok"));
        drop(call);
        let now = written(rig);
        assert_eq!(
            (now.0 - before.0, now.1),
            (one_of_each(rig).0, before.1),
            "a finished call was cancelled"
        );
        assert_eq!(answer(&mut service, Plan::OK).await.ok(), Some("ok"));
    });
}

fn written(rig: &Rig) -> (u64, u64) {
    rig.ledger().map_or((0, 0), |ledger| (ledger.ended, ledger.cancelled))
}

fn one_of_each(rig: &Rig) -> (u64, u64) {
    if rig.ledger().is_some() { (1, 1) } else { (0, 0) }
}
