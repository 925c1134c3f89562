//! The places a layer has to give: what a refusal touches, and what an idle holder costs the others.

use super::answer;
use crate::{Make, Plan, become_ready, poll_ready, run};
use std::task::Poll;
use std::time::Duration;
use tokio::time::advance;

/// A9: who refuses neither asks nor reserves the service beneath, and does not call it; where only the call can decide, it
/// holds what it reserved for the next one.
pub fn a_refusal_touches_nothing(make: Make<'_>) {
    run(make, async |rig| {
        let taken = rig.take_all();
        let mut service = rig.service();
        assert!(matches!(poll_ready(&mut service), Poll::Ready(Ok(()))), "it waits instead of refusing");
        if !rig.subject.decides_in_call {
            assert_eq!((rig.probe.ready_polls(), rig.probe.reserved()), (0, 0), "asked for readiness");
        }
        assert!(answer(&mut service, Plan::OK).await.is_err(), "all places are out, and yet it answers");
        assert_eq!(rig.probe.calls(), 0, "called although it was refused");
        drop((service, taken));
        let mut service = rig.service();
        assert_eq!(answer(&mut service, Plan::OK).await.ok(), Some("ok"), "the places are free again");
    });
}

/// A10: a ready service that is never called holds its own place and no more; and where places are leased, even services
/// that hold all of them do so only as long as a lease lasts.
pub fn an_idle_holder_pins_one_place(make: Make<'_>) {
    run(make, async |rig| {
        let all = rig.places();
        let mut idle: Vec<_> = (0..all).map(|_| rig.service()).collect();
        for (holders, service) in (1..).zip(&mut idle) {
            become_ready(service).await;
            assert!(rig.places() + holders >= all, "an idle service pins more than its own place");
        }
        if let Some(lease) = rig.subject.lease {
            advance(lease + Duration::from_millis(1)).await;
            assert_eq!(rig.places(), all, "leases that are over are still out");
        } else {
            idle.pop();
        }
        let mut other = rig.service();
        assert_eq!(answer(&mut other, Plan::OK).await.ok(), Some("ok"), "beside idle services");
        for mut late in idle {
            assert!(answer(&mut late, Plan::OK).await.is_ok(), "late, but a call all the same");
        }
    });
}
