//! State belongs to the value the user made.

use super::answer;
use crate::{Make, Plan, become_ready, run};

/// A layer that is applied twice, its clone, and the clones of their services have one state between them.
pub fn all_services_share_one_state(make: Make<'_>) {
    run(make, async |rig| {
        let mut services = [rig.service(), rig.service(), rig.service_of_a_clone(), rig.service().clone()];
        let before = rig.ledger();
        for (calls, service) in (1..).zip(&mut services) {
            assert_eq!(answer(service, Plan::OK).await.ok(), Some("ok"));
            let expected = before.map(|before| before.ended + calls);
            assert_eq!(rig.ledger().map(|now| now.ended), expected, "a service writes elsewhere");
        }
        if rig.subject.has_places() && !rig.subject.decides_in_call {
            let places = rig.places();
            for (taken, service) in (1..=places).zip(&mut services) {
                become_ready(service).await;
                assert_eq!(rig.held(), taken, "a service takes its place elsewhere");
            }
            assert_eq!(rig.places(), places.saturating_sub(services.len()), "places that are left");
        }
    });
}
