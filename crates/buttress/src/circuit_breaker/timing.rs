//! When calls begin and end, as exactly as somebody wants to know it.

use super::handle::Shared;
use crate::{Outcome, Tick, clock};
use buttress_core::circuit_breaker::{Config, Ticket};
use buttress_core::{Bounds, Durations, Histogram};
use std::time::Duration;

/// How exactly the duration of calls is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timing {
    /// Nobody asks when a call began.
    Off,
    /// Slow calls are told by the cheap clock.
    Coarse,
    /// Slow calls are told by the precise clock. From here on a call ends out of line.
    Precise,
    /// Durations are recorded, by the cheap clock.
    Recorded,
    /// Durations are recorded, by the precise clock.
    RecordedPrecisely,
}

/// Below this, a clock that steps by 4 ms is too coarse to tell durations apart.
const COARSE_FROM: Duration = Duration::from_millis(100);

impl Timing {
    pub(super) fn of(config: &Config) -> Self {
        match config.slow_call_duration() {
            None => Self::Off,
            Some(slow) if slow >= COARSE_FROM => Self::Coarse,
            Some(_) => Self::Precise,
        }
    }

    /// The same with durations recorded by these bounds: at least as exactly as slow calls are told.
    pub(super) fn recorded(self, bounds: &Bounds) -> Self {
        let precise = bounds.lowest() < COARSE_FROM || self == Self::Precise;
        if precise { Self::RecordedPrecisely } else { Self::Recorded }
    }

    /// The time by the clock that is exact enough.
    #[inline(never)]
    fn now(self) -> Tick {
        if self == Self::Recorded { clock::now() } else { clock::precise() }
    }
}

impl Shared {
    /// When a call begins that begins now; nobody asks unless calls are timed.
    #[inline]
    pub(super) fn begins_at(&self) -> Tick {
        match self.timing {
            Timing::Off => Tick::ZERO,
            Timing::Coarse => clock::now(),
            exactly => exactly.now(),
        }
    }

    /// When a call ends that ends now, if the cheap clock is good enough for it.
    #[inline]
    pub(super) fn ends_at(&self) -> Option<Tick> {
        (self.timing < Timing::Precise).then(clock::now)
    }

    /// When the call with this ticket ends that ends now, like this.
    pub(super) fn ends_at_exactly(&self, ticket: &Ticket, outcome: Outcome) -> Tick {
        let now = self.timing.now();
        // A call that was given up has not ended.
        if outcome != Outcome::Cancelled
            && let Some(histogram) = self.histogram()
        {
            histogram.record(ticket.began_at(), now);
        }
        now
    }

    pub(super) fn durations(&self) -> Option<Durations> {
        self.histogram().map(Histogram::snapshot)
    }

    fn histogram(&self) -> Option<&Histogram> {
        self.audience.get()?.durations.as_deref()
    }
}
