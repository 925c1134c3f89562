//! Settings.

use super::builder::Builder;
use std::time::Duration;

/// How much is remembered, and what is remarkable.
///
/// ```
/// use buttress_core::failure_log::Config;
///
/// let config = Config::builder().records(5_000).per_operation(500).build()?;
/// assert_eq!(config.classes(), 256);
/// assert!(Config::builder().records(0).build().is_err());
/// # Ok::<(), buttress_core::InvalidConfig>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) records: usize,
    pub(super) per_operation: usize,
    pub(super) classes: usize,
    pub(super) operations: usize,
    pub(super) message: usize,
    pub(super) chain: usize,
    pub(super) metadata: usize,
    pub(super) value: usize,
    pub(super) retention: Duration,
    pub(super) new_for: Duration,
    pub(super) regressed_after: Duration,
    pub(super) spike_factor: u32,
    pub(super) spike_minimum: u32,
}

impl Default for Config {
    /// 1,000 records, of which 100 are of one operation, for 30 days: enough to read and to find patterns in. 256 classes and
    /// as many operations hold what a service does and how it fails, with room for surprises. At most, with every text as long
    /// as it may be and every operation called in every minute of a month, all of it takes 50 MiB; a service that fails as
    /// services do needs one or two.
    ///
    /// A class is new for an hour, which is how long somebody watches what was deployed. It is back when a day passed without
    /// it: what fails every night has not come back. It spikes with five times as many failures in five minutes as there
    /// usually are, and at least ten, as four instead of none are no news.
    fn default() -> Self {
        Self {
            records: 1_000,
            per_operation: 100,
            classes: 256,
            operations: 256,
            message: 512,
            chain: 8,
            metadata: 16,
            value: 256,
            retention: Duration::from_secs(30 * 86_400),
            new_for: Duration::from_secs(3_600),
            regressed_after: Duration::from_secs(86_400),
            spike_factor: 5,
            spike_minimum: 10,
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

    /// How many failures are kept.
    #[must_use]
    pub const fn records(&self) -> usize {
        self.records
    }

    /// How many of one operation.
    #[must_use]
    pub const fn per_operation(&self) -> usize {
        self.per_operation
    }

    /// How many classes are counted.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// How many operations are told apart.
    #[must_use]
    pub const fn operations(&self) -> usize {
        self.operations
    }

    /// How many bytes of a message, or of a cause, are kept.
    #[must_use]
    pub const fn message(&self) -> usize {
        self.message
    }

    /// How many causes of an error are kept.
    #[must_use]
    pub const fn chain(&self) -> usize {
        self.chain
    }

    /// How many metadata of a failure are kept.
    #[must_use]
    pub const fn metadata(&self) -> usize {
        self.metadata
    }

    /// How many bytes of a key, or of a metadata's name or value, are kept.
    #[must_use]
    pub const fn value(&self) -> usize {
        self.value
    }

    /// After how long a failure is forgotten.
    #[must_use]
    pub const fn retention(&self) -> Duration {
        self.retention
    }

    /// How long a class that was not seen before is new.
    #[must_use]
    pub const fn new_for(&self) -> Duration {
        self.new_for
    }

    /// After how long without a failure a class that comes again has regressed.
    #[must_use]
    pub const fn regressed_after(&self) -> Duration {
        self.regressed_after
    }

    /// How many times as many failures as usual are a spike.
    #[must_use]
    pub const fn spike_factor(&self) -> u32 {
        self.spike_factor
    }

    /// How many failures in five minutes a spike has at least.
    #[must_use]
    pub const fn spike_minimum(&self) -> u32 {
        self.spike_minimum
    }
}
