//! Telling what happens to the peers of a ledger.

use super::KIND;
use crate::key::bounded;
use crate::observe::{Inline, Listen, Listeners};
use crate::rejected::Site;
use crate::{Event, EventKind, PeerChange};
use buttress_core::text::{escaped, is_hostile};
use std::fmt;
use std::sync::Arc;

/// Those who are told of one ledger, and `tracing`.
pub struct PeerEvents {
    site: &'static Site,
    listeners: Listeners,
    seed: u64,
}

/// Somebody who wants to hear of the peers of a ledger.
#[derive(Clone)]
pub struct PeerListener(pub(super) Arc<dyn Listen>);

impl PeerEvents {
    /// For the ledger of this name, which is kept for good.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let site = Site::intern(KIND, name);
        Self { site, listeners: Listeners::default(), seed: site.seed() }
    }

    /// The name of the ledger.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.site.name
    }

    /// Another number for each, also of the same name.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Tells `listener` from now on.
    pub fn listen(&self, listener: PeerListener) {
        self.listeners.push(listener.0, || {});
    }

    /// Calls `listener` with each event, on the thread on which it happens; a panic in it is caught and
    /// [counted](Self::listener_panics).
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.listeners.push(Arc::new(Inline(listener)), || {});
    }

    /// How often one of those who are told panicked.
    #[must_use]
    pub fn listener_panics(&self) -> u64 {
        self.listeners.panics()
    }

    /// `change` happens to `peer`: `tracing` hears it, and all who listen. Its `number` is greater than that of whatever happened to
    /// that peer before, as two threads may tell what they did in another order.
    pub fn happens(&self, peer: &impl fmt::Display, number: u64, change: PeerChange) {
        let peer = peer_label(peer).into();
        self.listeners.happens(self.site, Some(peer), EventKind::Peer { number, change });
    }
}

/// The id of a peer as it is shown: in one line that no terminal obeys, and in at most 256 bytes, of which the last are a hash
/// where it is longer. Ids are what strangers call themselves.
#[must_use]
pub fn peer_label(peer: &impl fmt::Display) -> String {
    let id = peer.to_string();
    let id = if id.contains(is_hostile) { escaped(&id).to_string() } else { id };
    bounded(&id).into_owned()
}

impl fmt::Debug for PeerEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerEvents").field("name", &self.name()).finish_non_exhaustive()
    }
}

impl fmt::Debug for PeerListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerListener").finish_non_exhaustive()
    }
}
