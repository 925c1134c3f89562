//! The line before the limits: who may pass at once, who waits, and for how long.

use super::shared::{PeerState, Shared};
use crate::clock;
use buttress_core::bandwidth::{Direction, Scope};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The limits of all peers together, and those of one where there is one.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) shared: Arc<Shared>,
    pub(super) peer: Option<Arc<PeerState>>,
}

impl Line {
    pub(super) fn try_consume(&self, direction: Direction, bytes: u64) -> bool {
        let bandwidth = &self.shared.bandwidth;
        let passed = match self.taken(direction) {
            Some(scope) => {
                bandwidth.count_throttled(direction, scope);
                Err(scope)
            }
            None => {
                let peer = self.peer.as_ref().map(|peer| &peer.debts);
                let passed = bandwidth.try_consume(direction, bytes, peer, clock::precise);
                passed.map_err(|short| short.scope)
            }
        };
        passed.map_err(|scope| self.shared.throttled(direction, scope)).is_ok()
    }

    pub(super) fn consume(&self, direction: Direction, bytes: u64) -> Duration {
        let peer = self.peer.as_ref().map(|peer| &peer.debts);
        self.shared.bandwidth.consume(direction, bytes, peer, clock::precise)
    }

    pub(super) async fn pass(&self, direction: Direction, bytes: u64) {
        let mut left = bytes;
        let mut told = false;
        while left > 0 {
            left -= match self.pass_now(direction, left) {
                Ok(passed) => passed,
                Err(scope) => {
                    if !std::mem::replace(&mut told, true) {
                        self.throttled(direction, scope);
                    }
                    self.pass_in_turn(direction, left).await
                }
            };
        }
    }

    /// Lets as many of `bytes` pass as there is room for, if there is for some and nobody waits for it; or says whose limit is
    /// in the way.
    #[inline]
    pub(super) fn pass_now(&self, direction: Direction, bytes: u64) -> Result<u64, Scope> {
        let bandwidth = &self.shared.bandwidth;
        if bandwidth.is_limited(direction)
            && let Some(scope) = self.taken(direction)
        {
            return Err(scope);
        }
        let peer = self.peer.as_ref().map(|peer| &peer.debts);
        bandwidth.take(direction, bytes, peer, clock::precise).map_err(|short| short.scope)
    }

    /// Counts and tells that something has to wait.
    pub(super) fn throttled(&self, direction: Direction, scope: Scope) {
        self.shared.bandwidth.count_throttled(direction, scope);
        self.shared.throttled(direction, scope);
    }

    /// Waits for its turn and for room, then lets as many of `bytes` pass as there is room for.
    ///
    /// First among those of its peer: who waits for that peer's own limit holds up nobody else. Only then among all.
    pub(super) async fn pass_in_turn(&self, direction: Direction, bytes: u64) -> u64 {
        let Shared { bandwidth, turns, changed, .. } = &*self.shared;
        loop {
            let _turn_of_peer = match &self.peer {
                Some(peer) => Some(self.room_for_peer(peer, direction, bytes).await),
                None => None,
            };
            let _turn = turn(turns.of(direction)).await;
            loop {
                // Before the question, so that no change after it is missed.
                let changed = changed.notified();
                let peer = self.peer.as_ref().map(|peer| &peer.debts);
                match bandwidth.take(direction, bytes, peer, clock::precise) {
                    Ok(passed) => return passed,
                    // Taken past the line meanwhile. Not waited for with the turn of all.
                    Err(short) if short.scope == Scope::Peer => break,
                    Err(short) => drop(timeout(short.wait, changed).await),
                }
            }
        }
    }

    async fn room_for_peer<'a>(
        &self,
        peer: &'a PeerState,
        direction: Direction,
        bytes: u64,
    ) -> SemaphorePermit<'a> {
        let turn = turn(peer.turns.of(direction)).await;
        loop {
            let changed = self.shared.changed.notified();
            let wait = self.shared.bandwidth.wait_of(direction, bytes, &peer.debts, clock::precise());
            match wait {
                None => return turn,
                Some(wait) => drop(timeout(wait, changed).await),
            }
        }
    }

    /// Whose room is for somebody who waits.
    #[inline]
    fn taken(&self, direction: Direction) -> Option<Scope> {
        if self.peer.as_ref().is_some_and(|peer| peer.turns.somebody_waits(direction)) {
            Some(Scope::Peer)
        } else {
            self.shared.turns.somebody_waits(direction).then_some(Scope::Global)
        }
    }
}

async fn turn(of: &Semaphore) -> SemaphorePermit<'_> {
    of.acquire().await.expect("it is never closed")
}
