//! One peer, for code that has it in hand.

use super::Direction;
use super::handle::passes;
use super::line::Line;
use crate::clock;
use std::fmt;

/// One peer of a [`Handle`](super::Handle). Ask for it anew with each transfer: one that is kept while it owes nothing can lose its
/// place to another, and whoever asks later begins without its debts.
#[derive(Clone)]
pub struct Peer(pub(super) Line);

impl Peer {
    pub(super) fn line(&self) -> Line {
        self.0.clone()
    }

    /// How many bytes of this peer can pass now; `None` without a limit for peers.
    #[must_use]
    pub fn available(&self, direction: Direction) -> Option<u64> {
        let peer = self.0.peer.as_ref()?;
        self.0.shared.bandwidth.available_to(&peer.debts, direction, clock::precise())
    }
}

passes!(Peer);

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("of", &self.0.shared.site.name).finish_non_exhaustive()
    }
}
