//! When calls begin and end, as exactly as somebody wants to know it.

use super::handle::Shared;
use crate::{Outcome, Tick, clock};
use buttress_core::circuit_breaker::{Config, Ticket};
use buttress_core::{Bounds, Durations, Histogram};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// How exactly the duration of calls is measured: one of the numbers below.
pub(super) struct Timing(AtomicU8);

/// Nobody asks when a call began.
const OFF: u8 = 0;
/// Slow calls are told by the cheap clock.
const COARSE: u8 = 1;
/// Slow calls are told by the precise clock. From here on calls end out of line.
const PRECISE: u8 = 2;
/// Durations are measured by the cheap clock.
const MEASURED: u8 = 3;
/// Durations are measured by the precise clock.
const MEASURED_PRECISELY: u8 = 4;

/// Below this, a clock that steps by 4 ms is too coarse to tell durations apart.
const COARSE_FROM: Duration = Duration::from_millis(100);

impl Timing {
    pub(super) fn of(config: &Config) -> Self {
        Self(AtomicU8::new(match config.slow_call_duration() {
            None => OFF,
            Some(slow) if slow >= COARSE_FROM => COARSE,
            Some(_) => PRECISE,
        }))
    }

    #[inline]
    fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    /// Measures from now on; at least as exactly as slow calls are told.
    fn measure(&self, lowest: Duration) {
        let precise = lowest < COARSE_FROM || self.get() == PRECISE;
        self.0.store(if precise { MEASURED_PRECISELY } else { MEASURED }, Ordering::Release);
    }
}

impl Shared {
    /// When a call begins that begins now; nobody asks unless calls are timed.
    #[inline]
    pub(super) fn begins_at(&self) -> Tick {
        match self.timing.get() {
            OFF => Tick::ZERO,
            COARSE | MEASURED => clock::now(),
            _ => clock::precise(),
        }
    }

    /// When the call with this ticket ends that ends now, like this.
    #[inline]
    pub(super) fn ends_at(&self, ticket: &Ticket, outcome: Outcome) -> Tick {
        if self.timing.get() <= COARSE { clock::now() } else { self.ends_at_exactly(ticket, outcome) }
    }

    // Out of line, so that a breaker which does not measure pays one comparison.
    #[inline(never)]
    fn ends_at_exactly(&self, ticket: &Ticket, outcome: Outcome) -> Tick {
        let timing = self.timing.get();
        let now = if timing == MEASURED { clock::now() } else { clock::precise() };
        let began = ticket.began_at();
        // A call that began before anybody measured does not know when; one that was given up has not ended.
        if timing >= MEASURED
            && began != Tick::ZERO
            && outcome != Outcome::Cancelled
            && let Some(histogram) = self.histogram()
        {
            histogram.record(began, now);
        }
        now
    }

    pub(super) fn measure_durations(&self, bounds: Bounds) {
        let histogram = self.audience().durations.get_or_init(|| Box::new(Histogram::new(bounds)));
        self.timing.measure(histogram.bounds().lowest());
    }

    pub(super) fn durations(&self) -> Option<Durations> {
        self.histogram().map(Histogram::snapshot)
    }

    fn histogram(&self) -> Option<&Histogram> {
        self.audience.get()?.durations.get().map(|histogram| &**histogram)
    }
}
