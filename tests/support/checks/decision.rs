//! What `poll_ready` decided is what `call` does.

use super::answer;
use crate::{Make, Plan, become_ready, poll_ready, run};
use std::task::Poll;
use tower::Service;

/// A1: who was told that it is ready has its call, also when the layer shuts in between; who was ready to be refused is
/// refused, also when it opens, as the service beneath was not asked. Where only the call can decide, it does.
pub fn a_decision_is_kept(make: Make<'_>) {
    run(make, async |rig| {
        let mut service = rig.service();
        become_ready(&mut service).await;
        rig.subject.set_shut(true);
        let admitted = !(rig.subject.decides_in_call && rig.subject.can_shut());
        let call = service.call(Plan::OK);
        assert_eq!(call.await.is_ok(), admitted, "whether it was called although the layer shut");
        assert_eq!(rig.probe.calls(), usize::from(admitted), "calls after the layer shut");

        let mut service = rig.service();
        if poll_ready(&mut service).is_pending() {
            rig.subject.set_shut(false);
            assert_eq!(
                answer(&mut service, Plan::OK).await.ok(),
                Some("ok"),
                "it waited until the layer opened"
            );
            return;
        }
        assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))), "to be refused is no error");
        rig.subject.set_shut(false);
        let admitted = rig.subject.decides_in_call || !rig.subject.can_shut();
        let before = rig.probe.calls();
        let call = service.call(Plan::OK);
        assert_eq!(call.await.is_ok(), admitted, "whether it was called although the layer opened");
        assert_eq!(rig.probe.calls() - before, usize::from(admitted), "calls after the layer opened");
        assert_eq!(answer(&mut service, Plan::OK).await.ok(), Some("ok"), "the call after that");
    });
}
