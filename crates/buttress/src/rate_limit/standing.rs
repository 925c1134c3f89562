//! How much of a limit is left.

use super::Rate;
use buttress_core::rate_limit::Snapshot;
use std::borrow::Cow;
use std::time::Duration;

/// How one limit stands, as its callers are told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// Its name.
    pub name: Cow<'static, str>,
    /// How many tokens come in which time.
    pub rate: Rate,
    /// How many tokens there are when none was taken for long.
    pub burst: u64,
    /// How many there are now.
    pub remaining: u64,
    /// How long until there is one more; `None` when all are there.
    pub more_in: Option<Duration>,
}

impl Standing {
    pub(super) fn new(name: Cow<'static, str>, snapshot: &Snapshot) -> Self {
        Self {
            name,
            rate: snapshot.rate,
            burst: snapshot.burst.into(),
            remaining: snapshot.remaining.into(),
            more_in: (snapshot.remaining < snapshot.burst).then_some(snapshot.more_in),
        }
    }

    /// How long it takes until all of the burst is back.
    #[must_use]
    pub fn refill(&self) -> Duration {
        time_of(self.burst, self.rate)
    }
}

/// How long it takes until so many tokens have come.
pub(super) fn time_of(tokens: u64, rate: Rate) -> Duration {
    let nanos = (u128::from(tokens) * rate.per().as_nanos()).div_ceil(rate.count().into());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
