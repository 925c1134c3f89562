//! What a router and its clones share.

use super::discover::Discovery;
use super::trail::{LookOut, Trail};
use crate::selection::NoPeer;
use crate::selection::Selection;
use buttress::{Reason, Refusal, Rejected};
use std::hash::Hash;
use std::sync::Arc;
use std::task::Context;

/// What a peer can go by. Nothing to implement: every type that can be one is.
pub trait PeerId: Clone + Eq + Hash + Send + Sync + 'static {}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> PeerId for K {}

/// What a router, its clones and its calls share.
pub(super) struct Common<K: PeerId, S> {
    pub(super) selection: Selection<K, S>,
    /// What its rejections are made of.
    pub(super) rejected: Rejected,
    pub(super) discovery: Option<Discovery<K, S>>,
}

impl<K: PeerId, S> Common<K, S> {
    /// Takes in what there is to hear of peers that come and go.
    #[inline]
    pub(super) fn discover(&self, cx: &Context<'_>) {
        if let Some(discovery) = &self.discovery {
            discovery.go_on(&self.selection, cx);
        }
    }

    /// The rejection of a call that has no peer.
    #[cold]
    pub(super) fn reject(&self, no_peer: NoPeer) -> Rejected {
        self.rejected.because(match no_peer.retry_after {
            Some(wait) => Refusal::after(Reason::NoPeer, wait),
            None => Refusal::new(Reason::NoPeer),
        })
    }
}

impl<K: PeerId, S: Send + Sync + 'static> Common<K, S> {
    /// Writes into the trail where the request goes.
    #[inline]
    pub(super) fn note(self: &Arc<Self>, trail: Option<&Trail>, number: u64) {
        if let Some(trail) = trail {
            trail.goes_to(number, || Arc::clone(self) as Arc<dyn LookOut>);
        }
    }
}

impl<K: PeerId, S: Send + Sync + 'static> LookOut for Common<K, S> {
    fn would_admit(&self, wanted: &dyn Fn(u64) -> bool) -> bool {
        self.selection.would_admit_by(wanted)
    }
}
