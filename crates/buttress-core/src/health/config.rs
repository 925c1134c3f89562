//! Settings.

use super::builder::Builder;
use crate::Ratio;
use crate::config::Difference;
use std::time::Duration;

/// How often something is looked at, how long that may take, and how many findings make a status.
///
/// ```
/// use buttress_core::health::Config;
/// use std::time::Duration;
///
/// let config = Config::builder().interval(Duration::from_secs(30)).build()?;
/// assert_eq!(config.timeout(), Duration::from_secs(5));
/// let overlapping = Config::builder().timeout(Duration::from_secs(10)).build();
/// assert_eq!(overlapping.unwrap_err().knob(), "timeout");
/// # Ok::<(), buttress_core::InvalidConfig>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) jitter: Ratio,
    pub(super) unhealthy_after: u32,
    pub(super) healthy_after: u32,
    pub(super) degraded_over: Option<Duration>,
}

impl Default for Config {
    /// Every 10 s, which notices within half a minute what takes three findings, and costs a peer less than it notices. 5 s
    /// for an answer: whoever takes longer is of no use to callers either. A tenth of jitter, so that checks of many instances
    /// do not come together. Unhealthy after 3 bad findings in a row, so that one lost packet is none; healthy after one good
    /// one, as an answer is a proof.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
            jitter: Ratio::new(0.1).expect("a tenth is a share"),
            unhealthy_after: 3,
            healthy_after: 1,
            degraded_over: None,
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

    /// The time from one look to the next.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        self.interval
    }

    /// How long a look may take.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The share of the interval by which it is longer or shorter at random.
    #[must_use]
    pub const fn jitter(&self) -> Ratio {
        self.jitter
    }

    /// How many bad findings in a row make it unhealthy.
    #[must_use]
    pub const fn unhealthy_after(&self) -> u32 {
        self.unhealthy_after
    }

    /// How many good findings in a row make it healthy again.
    #[must_use]
    pub const fn healthy_after(&self) -> u32 {
        self.healthy_after
    }

    /// What takes longer than this is degraded; `None` for no such limit.
    #[must_use]
    pub const fn degraded_over(&self) -> Option<Duration> {
        self.degraded_over
    }

    /// The time from one look to the next, spread by `roll` of `0.0..1.0`.
    #[must_use]
    pub fn spread(&self, roll: f64) -> Duration {
        self.interval.mul_f64(1.0 + self.jitter.get() * 2.0f64.mul_add(roll.clamp(0.0, 1.0), -1.0))
    }

    /// The least [`spread`](Self::spread) there is.
    pub(super) fn shortest(&self) -> Duration {
        self.spread(0.0)
    }

    /// The first setting in which the two differ; `None` if they are the same.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        Difference::first(self.knobs(), other.knobs())
    }

    fn knobs(&self) -> [(&'static str, String); 6] {
        [
            ("interval", format!("{:?}", self.interval)),
            ("timeout", format!("{:?}", self.timeout)),
            ("jitter", self.jitter.get().to_string()),
            ("unhealthy_after", self.unhealthy_after.to_string()),
            ("healthy_after", self.healthy_after.to_string()),
            (
                "degraded_over",
                self.degraded_over.map_or_else(|| "off".to_owned(), |limit| format!("{limit:?}")),
            ),
        ]
    }
}
