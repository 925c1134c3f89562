//! One direction: its two limits, and what passed.

use super::config::Limits;
use super::level::{Level, Limit};
use super::peer::Peer;
use super::words::{Direction, Scope, Short};
use crate::Tick;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use std::time::Duration;

/// What decides, and counts.
#[derive(Debug)]
pub(super) struct Gate {
    /// Whether there is any limit, outside the lock: without one nothing is decided.
    limited: AtomicU64,
    state: Mutex<State>,
    bytes: AtomicU64,
    throttled: [AtomicU64; 2],
}

#[derive(Debug)]
struct State {
    limits: Limits,
    /// When those were set.
    since: Tick,
    level: Level,
}

/// The room in both limits at one instant.
pub(super) struct Room<'a> {
    global: &'a Level,
    peer: Option<&'a Level>,
    piece: u64,
}

impl Room<'_> {
    /// All of `bytes`, or nothing.
    pub(super) fn all(&self, bytes: u64) -> Result<u64, Short> {
        let global = self.global.wait(bytes).map(|wait| Short { scope: Scope::Global, wait });
        let peer = self.peer.and_then(|level| level.wait(bytes));
        let peer = peer.map(|wait| Short { scope: Scope::Peer, wait });
        match [global, peer].into_iter().flatten().max_by_key(|short| short.wait) {
            None => Ok(bytes),
            Some(short) => Err(short),
        }
    }

    /// As many of `bytes` as there is room for, or nothing if that is too few to bother.
    pub(super) fn part(&self, bytes: u64) -> Result<u64, Short> {
        self.all(bytes.min(self.piece))?;
        let available = [self.global.available(), self.peer.and_then(Level::available)];
        Ok(available.into_iter().flatten().fold(bytes, u64::min))
    }
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            limited: AtomicU64::new(limits.are_any().into()),
            state: Mutex::new(State { limits, since: Tick::ZERO, level: Level::NONE }),
            bytes: zero(),
            throttled: [zero(), zero()],
        }
    }

    #[inline]
    pub(super) fn is_limited(&self) -> bool {
        self.limited.load(Ordering::Relaxed) != 0
    }

    /// Lets pass what `decide` makes of the room there is, in both limits or in neither.
    #[inline]
    pub(super) fn take(
        &self,
        direction: Direction,
        peer: Option<&Peer>,
        now: impl FnOnce() -> Tick,
        decide: impl FnOnce(&Room<'_>) -> Result<u64, Short>,
    ) -> Result<u64, Short> {
        let passed = if self.is_limited() {
            self.settled(direction, peer, now(), |piece, global, mut of_peer| {
                let passed = decide(&Room { piece, global, peer: of_peer.as_deref() })?;
                global.add(passed);
                if let Some(of_peer) = &mut of_peer {
                    of_peer.add(passed);
                }
                Ok(passed)
            })?
        } else {
            decide(&Room { piece: u64::MAX, global: &Level::NONE, peer: None })?
        };
        self.bytes.fetch_add(passed, Ordering::Relaxed);
        Ok(passed)
    }

    /// Lets `bytes` pass, and says how long until there is room again.
    pub(super) fn force(
        &self,
        direction: Direction,
        peer: Option<&Peer>,
        now: impl FnOnce() -> Tick,
        bytes: u64,
    ) -> Duration {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if !self.is_limited() {
            return Duration::ZERO;
        }
        self.settled(direction, peer, now(), |_, global, of_peer| {
            let waits = [Some(global), of_peer].into_iter().flatten().filter_map(|level| {
                level.add(bytes);
                level.wait(0)
            });
            waits.max().unwrap_or(Duration::ZERO)
        })
    }

    pub(super) fn wait_of(
        &self,
        direction: Direction,
        bytes: u64,
        peer: &Peer,
        now: Tick,
    ) -> Option<Duration> {
        self.settled(direction, Some(peer), now, |piece, _, of_peer| of_peer?.wait(bytes.min(piece)))
    }

    pub(super) fn available_to(&self, direction: Direction, peer: &Peer, now: Tick) -> Option<u64> {
        self.settled(direction, Some(peer), now, |_, _, of_peer| of_peer?.available())
    }

    /// Shows the least part and both levels at `now`. The lock of a peer is taken within that of its direction.
    fn settled<R>(
        &self,
        direction: Direction,
        peer: Option<&Peer>,
        now: Tick,
        show: impl FnOnce(u64, &mut Level, Option<&mut Level>) -> R,
    ) -> R {
        let mut state = lock(&self.state);
        let State { limits, since, level } = &mut *state;
        level.settle(&limits.global, *since, now);
        let mut of_peer = peer.map(|peer| lock(peer.level(direction)));
        if let Some(of_peer) = &mut of_peer {
            of_peer.settle(&limits.peer, *since, now);
        }
        let piece = |limit: &Limit| if limit.is_none() { u64::MAX } else { limit.piece };
        let of_peer_piece = of_peer.as_ref().map_or(u64::MAX, |_| piece(&limits.peer));
        let least = piece(&limits.global).min(of_peer_piece);
        show(least, level, of_peer.as_deref_mut())
    }

    pub(super) fn set(&self, limits: Limits, now: Tick) {
        let mut state = lock(&self.state);
        let State { limits: before, since, level } = &mut *state;
        level.settle(&before.global, *since, now);
        *before = limits;
        *since = now;
        self.limited.store(limits.are_any().into(), Ordering::Relaxed);
    }

    pub(super) fn reset(&self) {
        lock(&self.state).level = Level::NONE;
    }

    pub(super) fn count_throttled(&self, scope: Scope) {
        self.throttled[scope as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn lane(&self, now: Tick) -> Lane {
        let mut state = lock(&self.state);
        let State { limits, since, level } = &mut *state;
        level.settle(&limits.global, *since, now);
        let [throttled, throttled_peers] =
            [Scope::Global, Scope::Peer].map(|scope| self.throttled[scope as usize].load(Ordering::Relaxed));
        Lane {
            bytes: self.bytes.load(Ordering::Relaxed),
            limit: limits.global.rate,
            per_peer: limits.peer.rate,
            available: level.available(),
            throttled,
            throttled_peers,
        }
    }
}

/// How one direction stood at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lane {
    /// Bytes that passed since it was made. They never become fewer.
    pub bytes: u64,
    /// Bytes per second of all peers together; 0 is no limit.
    pub limit: u64,
    /// Bytes per second of each peer; 0 is no limit of its own.
    pub per_peer: u64,
    /// How many bytes of all peers together can pass now; `None` without a limit.
    pub available: Option<u64>,
    /// How often there was no room in the limit of all together. It never becomes fewer.
    pub throttled: u64,
    /// How often there was none in the limit of one peer. It never becomes fewer.
    pub throttled_peers: u64,
}
