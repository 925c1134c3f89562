//! Settings.

use super::builder::Builder;
use crate::clock::Span;
use std::time::Duration;

/// How many calls are under way at a time, how many wait for a turn, and for how long.
///
/// ```
/// use buttress_core::bulkhead::Config;
/// use std::time::Duration;
///
/// let config = Config::builder().max_concurrent(32).queue(16).max_wait(Duration::from_millis(200)).build()?;
/// assert_eq!(config.max_concurrent(), 32);
/// assert!(Config::builder().max_concurrent(0).build().is_err());
/// # Ok::<(), buttress_core::InvalidConfig>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) max_concurrent: u32,
    pub(super) queue: u32,
    pub(super) max_wait: Option<Span>,
}

impl Default for Config {
    /// 100 calls at a time: a thousand calls a second of 100 ms each need as many. As many again may wait, so that with all
    /// places taken the last one in the queue waits about as long as one call takes; a longer queue only makes calls older.
    /// They wait for up to a second, which leaves time for the call before somebody with a timeout of a few seconds is gone.
    fn default() -> Self {
        Self { max_concurrent: 100, queue: 100, max_wait: Some(Span::from_secs(1)) }
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

    /// What may be under way at a time, by weight.
    #[must_use]
    pub const fn max_concurrent(&self) -> u32 {
        self.max_concurrent
    }

    /// How many calls may wait for a turn.
    #[must_use]
    pub const fn queue(&self) -> u32 {
        self.queue
    }

    /// How long a call may wait for its turn; `None` for as long as its caller does.
    #[must_use]
    pub fn max_wait(&self) -> Option<Duration> {
        self.max_wait.map(Span::get)
    }
}
