//! Events as `tracing` events, all under the target `buttress`.

use crate::circuit_breaker::State;
use crate::{Event, EventKind};
use tracing::{info, warn};

/// Opening is a warning, everything else information.
pub(crate) fn trace(event: &Event) {
    let Event { layer, name, .. } = event;
    let EventKind::Transition(change) = &event.kind else { return };
    let (from, to, cause) = (change.from.as_str(), change.to.as_str(), &change.cause);
    let open_for = change.open_for.map(tracing::field::debug);
    if matches!(change.to, State::Open | State::ForcedOpen) {
        warn!(target: "buttress", layer, name, from, to, open_for, "{cause}");
    } else {
        info!(target: "buttress", layer, name, from, to, "{cause}");
    }
}
