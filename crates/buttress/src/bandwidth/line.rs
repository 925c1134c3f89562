//! The line before the limits: who may pass at once, who waits, and for how long.

use super::queue::{Place, Queue};
use super::shared::{PeerState, Shared};
use crate::clock;
use buttress_core::bandwidth::{Direction, Scope};
use std::sync::Arc;
use std::time::Duration;
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
    pub(super) async fn pass_in_turn(&self, direction: Direction, bytes: u64) -> u64 {
        let place = Place::last(self, direction, bytes);
        loop {
            match place.ask() {
                Ok(passed) => return passed,
                Err(wait) => drop(timeout(wait, place.woken()).await),
            }
        }
    }

    #[inline]
    pub(super) fn queue(&self, direction: Direction) -> &Queue {
        &self.shared.queues[direction as usize]
    }

    /// Whose room is for somebody who waits.
    #[inline]
    fn taken(&self, direction: Direction) -> Option<Scope> {
        let queue = self.queue(direction);
        if queue.is_empty() { None } else { queue.taken(self, direction) }
    }
}
