//! The proxy's breakers as the demo watches them.

use buttress::circuit_breaker::{Handle, Subscription, Totals};
use buttress::{Event, EventKind};

use super::report::{OriginRow, Transition};
use super::schedule::NAMES;

/// The breaker of each origin, and what it has counted and announced since it was last asked.
#[derive(Debug)]
pub(super) struct Breakers(Vec<Watched>);

#[derive(Debug)]
struct Watched {
    handle: Handle,
    subscription: Subscription,
    /// Attempts that had ended when it was last asked.
    before: u64,
}

impl Breakers {
    pub(super) fn watch(handles: Vec<Handle>) -> Self {
        let watched = |handle: Handle| Watched { subscription: handle.subscribe(), handle, before: 0 };
        Self(handles.into_iter().map(watched).collect())
    }

    /// How each stands now, with its attempts and transitions since the last call.
    pub(super) fn take(&mut self) -> Vec<OriginRow> {
        let breakers = NAMES.iter().zip(&mut self.0);
        let taken = breakers.map(|(name, Watched { handle, subscription, before })| {
            let events = std::iter::from_fn(|| subscription.try_next());
            let transitions: Vec<_> = events.filter_map(transition).collect();
            // The breaker may be changing this very moment; the last change told is where the row ends.
            let state = transitions.last().map_or_else(|| handle.state(), |last| last.to);
            let now = ended(handle.snapshot().totals);
            let attempts = now - std::mem::replace(before, now);
            OriginRow { name, state, attempts, transitions }
        });
        taken.collect()
    }

    /// How many requests each has refused.
    pub(super) fn refused(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|watched| watched.handle.snapshot().totals.rejected)
    }
}

fn transition(event: Event) -> Option<Transition> {
    match event.kind {
        EventKind::Transition(happened) => {
            Some(Transition { from: happened.from, to: happened.to, cause: happened.cause.to_string() })
        }
        _ => None,
    }
}

/// Whatever came of them.
fn ended(totals: Totals) -> u64 {
    let Totals { successes, failures, throttled, ignored, cancelled, .. } = totals;
    successes + failures + throttled + ignored + cancelled
}
