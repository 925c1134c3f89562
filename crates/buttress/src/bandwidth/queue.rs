//! Who waits, and who of them is next.

use super::line::Line;
use super::shared::PeerState;
use crate::clock;
use buttress_core::bandwidth::{Bandwidth, Direction, Scope};
use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How much later than the first in line the next one looks after it, the one behind that after twice this, and so on: more than
/// timers are late by. So few look in vain, however many wait: the n-th once in n times this.
const LATE: Duration = Duration::from_millis(10);

/// From here on nobody looks later than who is before: a second is long enough.
const LATEST: u32 = 100;

/// Those who wait in one direction: first among those of their peer, then, once that has room, among all. Who waits for a limit of
/// its own holds up nobody else.
///
/// A part is handed to whoever is next by anybody who asks, be it for itself. A body that nobody reads any more has a place in
/// line until its turn has come, and no longer.
#[derive(Default)]
pub(super) struct Queue {
    /// Whether anybody waits, outside the lock: mostly nobody does.
    occupied: AtomicBool,
    lists: Mutex<Lists>,
}

#[derive(Default)]
struct Lists {
    /// How many ever came; each is known by how many came before.
    came: u64,
    waiters: HashMap<u64, Waiter>,
    /// Who waits for the limit of all.
    all: VecDeque<u64>,
    /// Who waits for that of a peer, and in front the one who has been let through to all; by the address of the peer, which lives
    /// as long as they wait.
    of_peers: HashMap<usize, VecDeque<u64>>,
    /// Who is woken once the lock is free: what a waker does is not known.
    woken: Vec<Arc<Notify>>,
}

struct Waiter {
    bytes: u64,
    peer: Option<Arc<PeerState>>,
    stage: Stage,
    woken: Arc<Notify>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    AmongPeers,
    AmongAll,
    /// So many bytes passed; it has left the lists.
    Passed(u64),
}

/// What is asked for room.
#[derive(Clone, Copy)]
struct Limits<'a> {
    bandwidth: &'a Bandwidth,
    direction: Direction,
}

fn key(peer: &Arc<PeerState>) -> usize {
    Arc::as_ptr(peer).addr()
}

impl Queue {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        !self.occupied.load(Ordering::Relaxed)
    }

    /// Whose room is for somebody who waits, once all for whom there is room have it.
    #[cold]
    pub(super) fn taken(&self, line: &Line, direction: Direction) -> Option<Scope> {
        self.with(|lists| {
            let peer = line.peer.as_ref().map(key);
            lists.serve(Limits::of(line, direction), peer);
            match peer {
                Some(peer) if lists.of_peers.contains_key(&peer) => Some(Scope::Peer),
                _ if lists.all.is_empty() => None,
                _ => Some(Scope::Global),
            }
        })
    }

    /// The settings, or the debts, have changed: who waits asks again.
    pub(super) fn wake_all(&self) {
        self.with(|lists| lists.woken.extend(lists.waiters.values().map(|waiter| Arc::clone(&waiter.woken))));
    }

    fn with<R>(&self, change: impl FnOnce(&mut Lists) -> R) -> R {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut lists);
        let occupied = !(lists.all.is_empty() && lists.of_peers.is_empty());
        self.occupied.store(occupied, Ordering::Relaxed);
        let woken = mem::take(&mut lists.woken);
        drop(lists);
        woken.iter().for_each(|waiter| waiter.notify_one());
        result
    }
}

impl Lists {
    fn join(&mut self, line: &Line, bytes: u64) -> (u64, Arc<Notify>) {
        let (id, woken) = (self.came, Arc::new(Notify::new()));
        self.came += 1;
        let peer = line.peer.clone();
        let stage = match &peer {
            None => {
                self.all.push_back(id);
                Stage::AmongAll
            }
            Some(peer) => {
                self.of_peers.entry(key(peer)).or_default().push_back(id);
                Stage::AmongPeers
            }
        };
        self.waiters.insert(id, Waiter { bytes, peer, stage, woken: Arc::clone(&woken) });
        (id, woken)
    }

    fn leave(&mut self, id: u64) {
        let Some(waiter) = self.waiters.remove(&id) else { return };
        if matches!(waiter.stage, Stage::Passed(_)) {
            return;
        }
        if let Some(peer) = &waiter.peer {
            self.leave_peer(key(peer), id);
        }
        let first = self.all.front() == Some(&id);
        self.all.retain(|waits| *waits != id);
        if first {
            self.wake(self.all.front().copied());
        }
    }

    fn leave_peer(&mut self, peer: usize, id: u64) {
        let Some(list) = self.of_peers.get_mut(&peer) else { return };
        let first = list.front() == Some(&id);
        list.retain(|waits| *waits != id);
        let next = list.front().copied();
        if next.is_none() {
            self.of_peers.remove(&peer);
        } else if first {
            self.wake(next);
        }
    }

    fn wake(&mut self, id: Option<u64>) {
        self.woken.extend(id.and_then(|id| self.waiters.get(&id)).map(|waiter| Arc::clone(&waiter.woken)));
    }

    /// Lets everybody pass for whom there is room, after the first of `peer` has had its look, and returns how long until there
    /// is room for the next of all.
    fn serve(&mut self, limits: Limits<'_>, peer: Option<usize>) -> Option<Duration> {
        if let Some(peer) = peer {
            self.advance(limits, peer);
        }
        let before = self.all.front().copied();
        let wait = loop {
            let Some(id) = self.all.front().copied() else { break None };
            let waiter = self.waiters.get_mut(&id).expect("who is in a list waits");
            let peer = waiter.peer.clone();
            waiter.stage = match limits.take(waiter) {
                Ok(passed) => Stage::Passed(passed),
                // Taken past the line meanwhile. It waits for that among those of its peer.
                Err((Scope::Peer, _)) => Stage::AmongPeers,
                Err((_, wait)) => break Some(wait),
            };
            let passed = waiter.stage != Stage::AmongPeers;
            self.all.pop_front();
            self.wake(Some(id));
            if let Some(peer) = peer.as_ref().filter(|_| passed).map(key) {
                self.leave_peer(peer, id);
                self.advance(limits, peer);
            }
        };
        if before != self.all.front().copied() {
            self.wake(self.all.front().copied());
        }
        wait
    }

    /// Lets the first of `peer` through to all if that has room for it.
    fn advance(&mut self, limits: Limits<'_>, peer: usize) {
        let Some(&first) = self.of_peers.get(&peer).and_then(VecDeque::front) else { return };
        let waiter = self.waiters.get_mut(&first).expect("who is in a list waits");
        if waiter.stage == Stage::AmongPeers && limits.wait_for_peer(waiter).is_none() {
            waiter.stage = Stage::AmongAll;
            self.all.push_back(first);
        }
    }

    /// What passed of `id`, or when it looks again, where `wait` is how long until there is room for the next of all.
    fn passed(&self, limits: Limits<'_>, id: u64, wait: Option<Duration>) -> Result<u64, Duration> {
        let waiter = self.waiters.get(&id).expect("it has not left");
        let place = |list: &VecDeque<u64>| list.iter().position(|waits| *waits == id).unwrap_or(usize::MAX);
        let (wait, place) = match (waiter.stage, &waiter.peer) {
            (Stage::Passed(passed), _) => return Ok(passed),
            (Stage::AmongPeers, Some(peer)) => {
                let list = &self.of_peers[&key(peer)];
                let first = &self.waiters[&list[0]];
                match first.stage {
                    Stage::AmongPeers => (limits.wait_for_peer(first), place(list)),
                    _ => (wait, usize::MAX),
                }
            }
            _ => (wait, place(&self.all)),
        };
        let late = LATE * u32::try_from(place).map_or(LATEST, |place| place.min(LATEST));
        Err(wait.unwrap_or_default().saturating_add(late))
    }
}

impl<'a> Limits<'a> {
    fn of(line: &'a Line, direction: Direction) -> Self {
        Self { bandwidth: &line.shared.bandwidth, direction }
    }

    fn take(self, waiter: &Waiter) -> Result<u64, (Scope, Duration)> {
        let peer = waiter.peer.as_ref().map(|peer| &peer.debts);
        let passed = self.bandwidth.take(self.direction, waiter.bytes, peer, clock::precise);
        passed.map_err(|short| (short.scope, short.wait))
    }

    fn wait_for_peer(self, waiter: &Waiter) -> Option<Duration> {
        let peer = waiter.peer.as_ref()?;
        self.bandwidth.wait_of(self.direction, waiter.bytes, &peer.debts, clock::precise())
    }
}

/// A place in line. Dropped, it is given up.
pub(super) struct Place<'a> {
    line: &'a Line,
    direction: Direction,
    id: u64,
    woken: Arc<Notify>,
}

impl<'a> Place<'a> {
    /// The last one.
    pub(super) fn last(line: &'a Line, direction: Direction, bytes: u64) -> Self {
        let (id, woken) = line.queue(direction).with(|lists| lists.join(line, bytes));
        Self { line, direction, id, woken }
    }

    /// How many bytes passed, or how long to wait until it is asked again, unless [woken](Self::woken) before.
    pub(super) fn ask(&self) -> Result<u64, Duration> {
        let limits = Limits::of(self.line, self.direction);
        self.line.queue(self.direction).with(|lists| {
            let wait = lists.serve(limits, self.line.peer.as_ref().map(key));
            lists.passed(limits, self.id, wait)
        })
    }

    pub(super) async fn woken(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.line.queue(self.direction).with(|lists| lists.leave(self.id));
    }
}
