//! How a bandwidth stands.

use crate::bandwidth::{Lane, Snapshot};

/// How the limits of one line stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BandwidthStatus {
    /// What callers send.
    pub upload: LaneStatus,
    /// What callers receive.
    pub download: LaneStatus,
    /// How many peers have debts of their own.
    pub peers: usize,
    /// How many can have.
    pub capacity: usize,
    /// How many had to go so that another could have its own.
    pub evicted: u64,
    /// How often a peer was given the debt that those without room share.
    pub overflowed: u64,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

/// How one direction stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct LaneStatus {
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

impl BandwidthStatus {
    pub(crate) fn new(snapshot: &Snapshot, seed: u64) -> Self {
        let Snapshot { peers, capacity, evicted, overflowed, .. } = *snapshot;
        let [upload, download] = [&snapshot.upload, &snapshot.download].map(LaneStatus::new);
        Self { upload, download, peers, capacity, evicted, overflowed, seed }
    }
}

impl LaneStatus {
    /// What the status says of this lane.
    #[must_use]
    pub const fn new(lane: &Lane) -> Self {
        let Lane { bytes, limit, per_peer, available, throttled, throttled_peers, .. } = *lane;
        Self { bytes, limit, per_peer, available, throttled, throttled_peers }
    }
}
