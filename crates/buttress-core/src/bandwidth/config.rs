//! The knobs and their defaults, with reasons.

use super::Builder;
use super::level::Limit;
use super::words::Direction;
use std::num::NonZeroU32;
use std::time::Duration;

/// How many bytes may pass in a second, of all peers together and of each. Always valid: made by [`Config::default`], a preset,
/// or a checked [`Builder`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) upload: u64,
    pub(super) download: u64,
    pub(super) per_peer_upload: u64,
    pub(super) per_peer_download: u64,
    pub(super) refill_interval: Duration,
    pub(super) burst: NonZeroU32,
}

/// The limits of one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) global: Limit,
    pub(super) peer: Limit,
}

impl Limits {
    pub(super) const fn are_any(&self) -> bool {
        !self.global.is_none() || !self.peer.is_none()
    }
}

impl Default for Config {
    /// No limits, as only the owner of a line knows what it takes; a burst of 10 refills of 100 ms, so that what was left over of
    /// the last second can be had at once, and what has to wait goes on ten times a second.
    fn default() -> Self {
        Self {
            upload: 0,
            download: 0,
            per_peer_upload: 0,
            per_peer_download: 0,
            refill_interval: Duration::from_millis(100),
            burst: const { NonZeroU32::new(10).expect("ten is not zero") },
        }
    }
}

impl Config {
    /// The defaults, ready to be changed.
    pub fn builder() -> Builder {
        Self::default().to_builder()
    }

    /// These settings, ready to be changed.
    pub const fn to_builder(self) -> Builder {
        Builder::of(self)
    }

    /// Bytes per second of all peers together; 0 is no limit.
    #[must_use]
    pub const fn limit(&self, direction: Direction) -> u64 {
        match direction {
            Direction::Upload => self.upload,
            Direction::Download => self.download,
        }
    }

    /// Bytes per second of each peer; 0 is no limit of its own.
    #[must_use]
    pub const fn per_peer(&self, direction: Direction) -> u64 {
        match direction {
            Direction::Upload => self.per_peer_upload,
            Direction::Download => self.per_peer_download,
        }
    }

    /// What the rate brings in so much time is the least that something larger passes in.
    #[must_use]
    pub const fn refill_interval(&self) -> Duration {
        self.refill_interval
    }

    /// How many refills pass at once where nothing passed before.
    #[must_use]
    pub const fn burst(&self) -> NonZeroU32 {
        self.burst
    }

    pub(super) fn limits(&self, direction: Direction) -> Limits {
        let limit = |rate| Limit::new(rate, self.refill_interval, self.burst.get());
        Limits { global: limit(self.limit(direction)), peer: limit(self.per_peer(direction)) }
    }
}
