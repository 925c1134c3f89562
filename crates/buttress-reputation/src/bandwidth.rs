//! How many bytes pass, of all peers together and of each.

use crate::adjust::{Adjusted, Adjuster};
use crate::peer::Cold;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use buttress_core::Tick;
use buttress_core::bandwidth::{Bandwidth, Config, Direction, Lane, Peer, Short};
use buttress_core::keyed::Worth;
use std::sync::Arc;
use std::time::Duration;

/// The limits of a ledger, and what passed.
#[derive(Debug)]
pub(crate) struct Line {
    bandwidth: Bandwidth,
    /// As they were given; what decides has its own.
    config: Mutex<Config>,
    /// Whether each peer has a limit of its own, outside the lock.
    limits_peers: [AtomicU64; 2],
    /// Bytes that were counted and not limited.
    beside: [AtomicU64; 2],
}

/// What one peer was sent, and what it sent.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    bytes: [AtomicU64; 2],
}

/// Whom bytes are counted for, and where what that peer owes is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account<'a> {
    pub(crate) traffic: &'a Traffic,
    pub(crate) cold: &'a Cold,
}

impl Account<'_> {
    /// What is lost if it is forgotten: one that owes more than half of a burst would have all of it again, and who moved bytes
    /// has totals.
    pub(crate) fn worth(&self, now: Tick) -> Worth {
        let moved = Direction::ALL.iter().any(|direction| self.traffic.bytes(*direction) > 0);
        let owes = self.cold.lock().debts_if_any().map_or(Worth::Nothing, |debts| debts.worth(now));
        owes.max(if moved { Worth::Memory } else { Worth::Nothing })
    }

    /// Forgets what it owes.
    pub(crate) fn reset(&self) {
        if let Some(debts) = self.cold.lock().debts_if_any() {
            debts.reset();
        }
    }
}

impl Traffic {
    /// Goes on from what was counted before, sent and received.
    #[cfg(any(feature = "persist", test))]
    pub(crate) fn restore(&self, bytes: [u64; 2]) {
        for (count, bytes) in self.bytes.iter().zip(bytes) {
            count.store(bytes, Ordering::Relaxed);
        }
    }

    /// Bytes that passed in this direction. They never become fewer.
    pub(crate) fn bytes(&self, direction: Direction) -> u64 {
        self.bytes[direction as usize].load(Ordering::Relaxed)
    }

    fn add(&self, direction: Direction, bytes: u64) {
        self.bytes[direction as usize].fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Line {
    pub(crate) fn new(config: Config) -> Self {
        let zero = || AtomicU64::new(0);
        let line = Self {
            bandwidth: Bandwidth::new(&config),
            config: Mutex::new(config),
            limits_peers: [zero(), zero()],
            beside: [zero(), zero()],
        };
        line.say_whether_peers_are_limited(&config);
        line
    }

    pub(crate) fn config(&self) -> Config {
        *lock(&self.config)
    }

    /// From now on these limits hold. What passed stays so: a debt is so many bytes.
    pub(crate) fn set(&self, config: Config, now: Tick) {
        // Held all the while, so that of two changes the same one is last in both.
        let mut before = lock(&self.config);
        *before = config;
        self.bandwidth.set(&config, now);
        self.say_whether_peers_are_limited(&config);
    }

    /// Moves one limit to where `adjuster` wants it, if it wants it elsewhere.
    pub(crate) fn adjust(&self, adjuster: &Adjuster, now: Tick) -> Option<Adjusted> {
        let direction = adjuster.direction();
        // Held all the while, so that the limit that is moved is the one that was looked at.
        let mut config = lock(&self.config);
        let adjusted = adjuster.adjust(&self.lane(direction, now), now)?;
        let settings = match direction {
            Direction::Upload => config.to_builder().upload(adjusted.to),
            Direction::Download => config.to_builder().download(adjusted.to),
        };
        *config = settings.build().expect("a valid setting with another limit is one");
        self.bandwidth.set(&config, now);
        Some(adjusted)
    }

    /// Lets all of `bytes` pass, in the limit of all and in that of the peer, or none of them in either.
    pub(crate) fn try_transfer(
        &self,
        of: Account<'_>,
        direction: Direction,
        bytes: u64,
        now: impl FnOnce() -> Tick,
    ) -> Result<(), Short> {
        self.bandwidth.try_consume(direction, bytes, self.debts(of, direction).as_deref(), now)?;
        of.traffic.add(direction, bytes);
        Ok(())
    }

    /// Lets `bytes` pass, and says how long until there is room again.
    pub(crate) fn transfer(
        &self,
        of: Account<'_>,
        direction: Direction,
        bytes: u64,
        now: impl FnOnce() -> Tick,
    ) -> Duration {
        of.traffic.add(direction, bytes);
        self.bandwidth.consume(direction, bytes, self.debts(of, direction).as_deref(), now)
    }

    /// Counts what is limited elsewhere, or not at all.
    pub(crate) fn add_bytes(&self, traffic: &Traffic, direction: Direction, bytes: u64) {
        traffic.add(direction, bytes);
        self.beside[direction as usize].fetch_add(bytes, Ordering::Relaxed);
    }

    /// How this direction stands.
    pub(crate) fn lane(&self, direction: Direction, now: Tick) -> Lane {
        let mut lane = self.bandwidth.lane(direction, now);
        lane.bytes += self.beside[direction as usize].load(Ordering::Relaxed);
        lane
    }

    /// How many bytes of one peer can pass now; `None` without a limit for each.
    pub(crate) fn available_to(&self, of: Account<'_>, direction: Direction, now: Tick) -> Option<u64> {
        let debts = self.debts(of, direction)?;
        self.bandwidth.available_to(&debts, direction, now)
    }

    pub(crate) fn summary(&self, now: Tick) -> BandwidthSummary {
        let [upload, download] = Direction::ALL.map(|direction| self.lane(direction, now));
        BandwidthSummary {
            total_uploaded: upload.bytes,
            total_downloaded: download.bytes,
            upload_available: upload.available,
            download_available: download.available,
            upload_limit_bps: upload.limit,
            download_limit_bps: download.limit,
        }
    }

    fn say_whether_peers_are_limited(&self, config: &Config) {
        for direction in Direction::ALL {
            let limited = config.per_peer(direction) != 0;
            self.limits_peers[direction as usize].store(limited.into(), Ordering::Relaxed);
        }
    }

    /// What it owes, where each peer has a limit.
    fn debts(&self, of: Account<'_>, direction: Direction) -> Option<Arc<Peer>> {
        let limited = self.limits_peers[direction as usize].load(Ordering::Relaxed) != 0;
        limited.then(|| of.cold.lock().debts())
    }
}

/// How many bytes passed, of all peers together, and how many can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct BandwidthSummary {
    /// Bytes that peers were sent. They never become fewer, whoever is forgotten.
    pub total_uploaded: u64,
    /// Bytes that peers sent.
    pub total_downloaded: u64,
    /// How many bytes peers can be sent now; `None` without a limit.
    pub upload_available: Option<u64>,
    /// How many bytes peers can send now; `None` without a limit.
    pub download_available: Option<u64>,
    /// Bytes per second that all peers together are sent; 0 is no limit.
    pub upload_limit_bps: u64,
    /// Bytes per second that all peers together send; 0 is no limit.
    pub download_limit_bps: u64,
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
