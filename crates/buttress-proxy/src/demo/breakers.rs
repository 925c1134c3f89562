//! The proxy's breakers as the demo watches them.

use buttress::circuit_breaker::{Handle, Subscription};
use buttress::{Event, EventKind};

use super::report::{Breaker, Transition};
use super::schedule::NAMES;

/// The breaker of each origin, and what it has announced since it was last asked.
#[derive(Debug)]
pub(super) struct Breakers(Vec<(Handle, Subscription)>);

impl Breakers {
    pub(super) fn watch(handles: Vec<Handle>) -> Self {
        Self(handles.into_iter().map(|handle| (handle.clone(), handle.subscribe())).collect())
    }

    /// How each stands now, with its transitions since the last call.
    pub(super) fn take(&mut self) -> Vec<Breaker> {
        let breakers = NAMES.iter().zip(&mut self.0);
        let taken = breakers.map(|(name, (handle, subscription))| {
            let events = std::iter::from_fn(|| subscription.try_next());
            let transitions: Vec<_> = events.filter_map(transition).collect();
            // The breaker may be changing this very moment; the last change told is where the row ends.
            let state = transitions.last().map_or_else(|| handle.state(), |last| last.to);
            Breaker { name, state, transitions }
        });
        taken.collect()
    }

    /// How many requests each has refused.
    pub(super) fn refused(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|(handle, _)| handle.snapshot().totals.rejected)
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
