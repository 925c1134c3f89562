//! A panic is nobody else's problem.

use super::answer;
use crate::{Ledger, Make, PanicAt, Plan, Task, become_ready, caught, run};
use std::time::Duration;
use tokio::time::advance;
use tower::Service;

/// B3: a panic in the inner `call`, in the inner future or in a function of the user reaches the caller, costs that call
/// alone and is written down; whatever the call held is free.
pub fn a_panic_costs_one_call(make: Make<'_>) {
    run(make, async |rig| {
        let mut service = rig.service();
        let places = rig.subject.has_places().then(|| rig.places());
        let inner = [PanicAt::Call, PanicAt::Future];
        for place in inner.into_iter().chain(rig.subject.hooks.iter().copied()) {
            become_ready(&mut service).await;
            let before = rig.ledger();
            let ended = caught(|| Task::new(service.call(Plan::panic(place))).finish().is_ok());
            assert!(ended.is_err_and(|text| text.contains("planned")), "{place:?}: the panic is swallowed");
            assert_eq!(rig.probe.live(), 0, "{place:?}: the inner future is still alive");
            assert_eq!(rig.probe.breaches(), 0, "{place:?}: called without having been ready");
            assert_eq!(rig.held(), 0, "{place:?}: a place is still held");
            // Who is asked about a request is asked before it is admitted.
            let panics = u64::from(place != PanicAt::Request);
            let expected = before.map(|before| Ledger {
                ended: before.ended + panics,
                cancelled: before.cancelled + panics,
                panicked: before.panicked + panics,
                refused: before.refused,
            });
            assert_eq!(rig.ledger(), expected, "{place:?}: what was written down");
            advance(Duration::from_millis(1)).await;
            let next = answer(&mut service, Plan::OK).await;
            assert_eq!(next.ok(), Some("ok"), "{place:?}: the next call");
        }
        drop(service);
        if let Some(places) = places {
            assert_eq!(rig.places(), places, "places were lost");
        }
    });
}
