//! How much to ask of something, by how it is.

use super::{Snapshot, Status};
use std::num::NonZeroU32;
use std::time::Duration;

/// How the network to something is, by what checks found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The status.
    pub status: Status,
    /// The mean of how long the last answers took; `None` without any.
    pub latency: Option<Duration>,
}

/// How many things to send in a batch, how many batches at a time, and how often to send one again.
///
/// ```
/// use buttress_core::health::{Advice, Conditions, Status};
/// use std::time::Duration;
///
/// let slow = Conditions { status: Status::Healthy, latency: Some(Duration::from_millis(300)) };
/// let advice = Advice::default().under(slow);
/// assert_eq!((advice.batch_size.get(), advice.concurrency.get(), advice.retries), (7, 2, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Things in a batch.
    pub batch_size: NonZeroU32,
    /// Batches at a time.
    pub concurrency: NonZeroU32,
    /// How often one is sent again that failed.
    pub retries: u32,
}

/// An answer that took longer shows a network, or a peer, that has more to do than it can.
const SLOW: Duration = Duration::from_millis(200);

/// And longer than this, one in trouble.
const VERY_SLOW: Duration = Duration::from_millis(500);

impl Default for Advice {
    /// Batches of 10, 3 at a time, 3 retries: walgit's numbers for a network that is well.
    fn default() -> Self {
        let of = |number| NonZeroU32::new(number).expect("above zero");
        Self { batch_size: of(10), concurrency: of(3), retries: 3 }
    }
}

impl Advice {
    /// What becomes of it under these conditions. The numbers are walgit's: to what is unhealthy a quarter in a batch, one batch at
    /// a time and two retries more; over 500 ms half in a batch, half the batches and one retry more; over 200 ms three
    /// quarters in a batch and one batch less.
    ///
    /// Retries are added only as far as all attempts at a time stay no more than they were: who is unwell is not asked for more
    /// work.
    #[must_use]
    pub fn under(self, conditions: Conditions) -> Self {
        let latency = conditions.latency.unwrap_or_default();
        let (batch_size, concurrency) = (self.batch_size.get(), self.concurrency.get());
        let (batch_size, concurrency, more) = if conditions.status == Status::Unhealthy {
            (batch_size / 4, 1, 2)
        } else if latency > VERY_SLOW {
            (batch_size / 2, concurrency / 2, 1)
        } else if latency > SLOW {
            // In two steps, as three times a large number may be too large.
            (batch_size - batch_size.div_ceil(4), concurrency - 1, 0)
        } else {
            return self;
        };
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let concurrency = at_least_one(concurrency);
        let attempts = u64::from(self.concurrency.get()) * (u64::from(self.retries) + 1);
        let most = u32::try_from(attempts / u64::from(concurrency.get()) - 1).unwrap_or(u32::MAX);
        let retries = self.retries.saturating_add(more).min(most);
        Self { batch_size: at_least_one(batch_size), concurrency, retries }
    }
}

impl Snapshot {
    /// What it says about the network.
    #[must_use]
    pub const fn conditions(&self) -> Conditions {
        Conditions { status: self.status, latency: self.latency }
    }
}
