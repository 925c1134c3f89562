//! How long the calls of a window took.

use super::config::Config;
use super::{Percentiles, Quantile};
use crate::Tick;
use crate::clock::nanos;
use crate::measure::{Marks, Pitch, Point};
use std::time::Duration;

/// Buckets that begin with twice the duration of the first of them: 16, so each is 1/16 of it long, and its middle is no more
/// than 1/32 from whatever it holds.
const PER_OCTAVE_BITS: u32 = 4;
const PER_OCTAVE: u64 = 1 << PER_OCTAVE_BITS;

/// The shortest duration that is told from none, in bits of nanoseconds: about a microsecond.
const UNIT_BITS: u32 = 10;

/// From a microsecond to two minutes, in which nobody waits for a call any more.
const BUCKETS: usize = 24 * PER_OCTAVE as usize;

/// A tenth of the window apart: so often all buckets are written down.
const MARKS: u32 = 10;

/// Durations over a window, in constant memory: recording one is one addition, to read a percentile is to look at all buckets.
#[derive(Debug)]
pub(super) struct Spread {
    marks: Marks<BUCKETS>,
    buckets: u64,
}

impl Spread {
    pub(super) fn new(config: &Config, now: Tick) -> Self {
        let (pitch, buckets) = pitch(config);
        Self { marks: Marks::new(&[pitch], now), buckets }
    }

    pub(super) fn restored(config: &Config, points: &[Point<BUCKETS>], position: u64, now: Tick) -> Self {
        let (pitch, buckets) = pitch(config);
        Self { marks: Marks::restored(&[pitch], points, position, now), buckets }
    }

    #[inline]
    pub(super) fn record(&self, took: Duration, now: Tick) {
        self.marks.add(bucket(nanos(took)), now);
    }

    pub(super) fn reset(&self, now: Tick) {
        self.marks.reset(now);
    }

    /// `None` without calls.
    pub(super) fn percentiles(&self, objective: f64, now: Tick) -> Option<Percentiles> {
        let counts = self.marks.read(now).within(0, self.buckets);
        let at = |quantile| percentile(&counts, quantile);
        let of_objective = match Quantile::new(objective) {
            Ok(quantile) => at(quantile),
            // That of all calls: the slowest.
            Err(_) => counts.iter().rposition(|count| *count > 0).map(middle),
        };
        Some(Percentiles {
            p50: at(Quantile::MEDIAN)?,
            p95: at(Quantile::P95)?,
            p99: at(Quantile::P99)?,
            of_objective: of_objective?,
        })
    }

    pub(super) fn points(&self, now: Tick) -> (u64, Vec<Point<BUCKETS>>) {
        let reading = self.marks.read(now);
        (reading.position(), reading.points())
    }
}

/// How often it is marked, and how many of the buckets are the window.
fn pitch(config: &Config) -> (Pitch, u64) {
    if config.tumbling {
        (Pitch::new(config.window, 0), 0)
    } else {
        (Pitch::new(config.window / MARKS, MARKS), MARKS.into())
    }
}

#[inline]
fn bucket(nanos: u64) -> usize {
    let units = nanos >> UNIT_BITS;
    let octave = (units | PER_OCTAVE).ilog2() - PER_OCTAVE_BITS;
    // The first octave and what is below it are as fine as the unit.
    let place = (u64::from(octave) << PER_OCTAVE_BITS) + (units >> octave);
    (place as usize).min(BUCKETS - 1)
}

/// The middle of a bucket.
fn middle(bucket: usize) -> Duration {
    let place = bucket as u64;
    let octave = (place >> PER_OCTAVE_BITS).saturating_sub(1);
    let first = (place - (octave << PER_OCTAVE_BITS)) << octave;
    Duration::from_nanos((first << UNIT_BITS) + (1 << (octave + u64::from(UNIT_BITS) - 1)))
}

/// The least duration that so large a share of the calls does not exceed.
fn percentile(counts: &[u64; BUCKETS], quantile: Quantile) -> Option<Duration> {
    let total: u64 = counts.iter().sum();
    let rank = quantile.rank(total);
    let mut seen = 0;
    let reached = counts.iter().position(|count| {
        seen += count;
        seen >= rank
    });
    reached.map(middle)
}

pub(super) const KINDS: usize = BUCKETS;

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn w39_the_middle_of_its_bucket_is_within_a_thirtieth_of_every_duration() {
        let mut nanos = 1_u64;
        while nanos < 1 << 37 {
            for nanos in [nanos, nanos + nanos / 3, nanos + nanos / 2].map(|nanos| nanos.min((1 << 37) - 1)) {
                let shown = middle(bucket(nanos)).as_nanos() as f64;
                let off = (shown - nanos as f64).abs();
                assert!(off <= (nanos as f64 / 32.0).max(512.0), "{nanos} shown as {shown}");
            }
            nanos = nanos * 9 / 8 + 1;
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert!((0..BUCKETS).all(|place| bucket(crate::clock::nanos(middle(place))) == place));
    }
}
