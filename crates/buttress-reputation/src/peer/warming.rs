//! Since when a peer is warming up.

use crate::sync::{AtomicU32, Ordering};
use buttress_core::Tick;
use std::time::Duration;

/// In units of 17 ms, which begin anew every two years: a peer that is as old to the second warms up once more.
#[derive(Debug)]
pub(super) struct Warming(AtomicU32);

const UNIT_BITS: u32 = 24;

/// So many units back the time may go, as another thread read it earlier: 18 min.
const BACK: u32 = 1 << 16;

impl Warming {
    pub(super) fn new(now: Tick) -> Self {
        Self(AtomicU32::new(unit(now)))
    }

    /// It begins again.
    pub(super) fn begin(&self, now: Tick) {
        self.0.store(unit(now), Ordering::Relaxed);
    }

    /// Since when it has been warming up.
    #[inline]
    pub(super) fn since(&self, now: Tick) -> Tick {
        Tick::from_nanos(now.as_nanos().saturating_sub(self.lasts(now).as_nanos() as u64))
    }

    /// For how long it has been warming up.
    #[inline]
    fn lasts(&self, now: Tick) -> Duration {
        let units = unit(now).wrapping_sub(self.0.load(Ordering::Relaxed));
        if units > u32::MAX - BACK {
            Duration::ZERO
        } else {
            Duration::from_nanos(u64::from(units) << UNIT_BITS)
        }
    }
}

const fn unit(now: Tick) -> u32 {
    (now.as_nanos() >> UNIT_BITS) as u32
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn time_since_it_began_grows_and_a_clock_that_goes_back_makes_it_none() {
        let start = Tick::from_nanos(u64::from(u32::MAX) << UNIT_BITS);
        let warming = Warming::new(start);
        let second = Duration::from_secs(1);
        assert_eq!(warming.lasts(start), Duration::ZERO);
        for seconds in [1, 60, 3_600, 50_000_000] {
            let lasts = warming.lasts(start + second * seconds);
            assert!(lasts <= second * seconds && lasts + second > second * seconds, "{lasts:?}");
        }
        assert_eq!(warming.lasts(Tick::from_nanos(start.as_nanos() - 1_000_000_000)), Duration::ZERO);
    }
}
