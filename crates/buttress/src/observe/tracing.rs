//! Events as `tracing` events, all under the target `buttress`.

use crate::circuit_breaker::State;
use crate::error_budget::Change as Budget;
use crate::health::{Change, Status};
use crate::{Event, EventKind};
use tracing::{Level, debug, enabled, info, warn};

/// Opening is a warning, and so is a budget that gets low or burns; any other change is information, a refusal is for debugging.
pub(crate) fn trace(event: &Event) {
    let Event { layer, name, .. } = event;
    let key = event.key.as_deref();
    match &event.kind {
        EventKind::Transition(change) => {
            let (from, to, cause) = (change.from.as_str(), change.to.as_str(), &change.cause);
            let open_for = change.open_for.map(tracing::field::debug);
            if matches!(change.to, State::Open | State::ForcedOpen) {
                warn!(target: "buttress", layer, name, key, from, to, open_for, "{cause}");
            } else {
                info!(target: "buttress", layer, name, key, from, to, "{cause}");
            }
        }
        EventKind::HealthChanged(Change { from, to }) => {
            let (from, to) = (from.as_str(), to.as_str());
            if to == Status::Unhealthy.as_str() {
                warn!(target: "buttress", layer, name, key, from, to, "health check");
            } else {
                info!(target: "buttress", layer, name, key, from, to, "health check");
            }
        }
        EventKind::Budget(change) => match change {
            Budget::Low { .. } | Budget::Exhausted { .. } | Budget::Burning { .. } => {
                warn!(target: "buttress", layer, name, "{change}");
            }
            _ => info!(target: "buttress", layer, name, "{change}"),
        },
        EventKind::Failing { .. } => warn!(target: "buttress", layer, name, key, "{}", event.kind),
        EventKind::Peer { number, change } if change.is_trouble() => {
            warn!(target: "buttress", layer, name, key, number, "{change}");
        }
        EventKind::Peer { number, change } => {
            info!(target: "buttress", layer, name, key, number, "{change}");
        }
        kind => debug!(target: "buttress", layer, name, key, "{kind}"),
    }
}

/// Whether anybody collects what [`trace`] makes of a refusal: a load while nobody does.
#[inline]
pub(crate) fn traces_refusals() -> bool {
    enabled!(target: "buttress", Level::DEBUG)
}
