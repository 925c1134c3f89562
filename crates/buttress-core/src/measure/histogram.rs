//! How long calls took, in buckets.

use crate::clock::nanos;
use crate::sync::{AtomicU64, Ordering};
use crate::{InvalidConfig, Tick};
use std::time::Duration;

/// The most bounds a histogram has.
const MOST: usize = 16;

/// The upper bounds of a histogram's buckets: a call falls into the first whose bound it does not exceed, and into one more
/// when it exceeds them all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    nanos: [u64; MOST],
    len: usize,
}

impl Default for Bounds {
    /// Those of Prometheus' own clients: 5, 10, 25, 50, 100, 250 and 500 ms, 1, 2.5, 5 and 10 s. They suit calls over a
    /// network.
    fn default() -> Self {
        let millis = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
        Self::new(&millis.map(Duration::from_millis)).expect("ascending and few enough")
    }
}

impl Bounds {
    /// Bounds of the user's own.
    ///
    /// # Errors
    /// There are none or more than 16 of them, one is zero, or they do not ascend.
    pub fn new(bounds: &[Duration]) -> Result<Self, InvalidConfig> {
        let refuse = |allowed| Err(InvalidConfig::new("bounds", format_args!("{bounds:?}"), allowed));
        if bounds.is_empty() || bounds.len() > MOST {
            return refuse("1 to 16 of them");
        }
        if bounds[0].is_zero() || !bounds.is_sorted_by(|earlier, later| earlier < later) {
            return refuse("above zero, each above the one before");
        }
        let mut own = Self { nanos: [0; MOST], len: bounds.len() };
        for (own, bound) in own.nanos.iter_mut().zip(bounds) {
            *own = nanos(*bound);
        }
        Ok(own)
    }

    /// The bounds, ascending.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Duration> {
        self.as_nanos().iter().copied().map(Duration::from_nanos)
    }

    /// The lowest bound: what a clock must be able to tell.
    #[must_use]
    pub const fn lowest(&self) -> Duration {
        Duration::from_nanos(self.nanos[0])
    }

    fn as_nanos(&self) -> &[u64] {
        &self.nanos[..self.len]
    }
}

impl std::fmt::Debug for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Counts calls by how long they took. 288 bytes, no lock; recording is a search among at most 16 numbers and two additions.
///
/// In this order, so that what a call writes lies on as few lines as it can.
#[derive(Debug)]
#[repr(C)]
pub struct Histogram {
    bounds: Bounds,
    /// In nanoseconds. Starts again at zero after 584 years of calls: which 10,000 calls at a time take three weeks for, and
    /// who reads it as a counter copes with.
    sum: AtomicU64,
    /// One for each bound, and one for what exceeds them all.
    counts: [AtomicU64; MOST + 1],
}

impl Histogram {
    /// An empty one.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let zero = || AtomicU64::new(0);
        Self { bounds, counts: std::array::from_fn(|_| zero()), sum: zero() }
    }

    /// The bounds of its buckets.
    #[must_use]
    pub const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// A call took from `began` to `ended`.
    pub fn record(&self, began: Tick, ended: Tick) {
        let took = ended.as_nanos().saturating_sub(began.as_nanos());
        let bucket = self.bounds.as_nanos().partition_point(|bound| *bound < took);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(took, Ordering::Relaxed);
    }

    /// What was recorded so far. A call that is being recorded may be counted and not be in the sum yet, or the other way
    /// round.
    #[must_use]
    pub fn snapshot(&self) -> Durations {
        let buckets = &self.counts[..=self.bounds.len];
        Durations {
            bounds: self.bounds,
            counts: buckets.iter().map(|count| count.load(Ordering::Relaxed)).collect(),
            sum: Duration::from_nanos(self.sum.load(Ordering::Relaxed)),
        }
    }
}

/// How long calls took, as a plain value: what a [`Histogram`] held at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Durations {
    /// The upper bounds of the buckets.
    pub bounds: Bounds,
    /// The calls in each bucket alone; the last one has those that exceed all bounds.
    pub counts: Vec<u64>,
    /// The time of all calls together.
    pub sum: Duration,
}

impl Durations {
    /// All calls.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The mean; `None` without calls.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let nanos = nanos(self.sum).checked_div(self.count())?;
        Some(Duration::from_nanos(nanos))
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use std::thread;

    fn after(nanos: u64) -> (Tick, Tick) {
        (Tick::from_nanos(7), Tick::from_nanos(7 + nanos))
    }

    #[test]
    fn s2_33_a_call_falls_into_the_first_bucket_that_it_does_not_exceed() {
        let histogram = Histogram::new(Bounds::new(&[10, 20, 30].map(Duration::from_nanos)).unwrap());
        for nanos in [0, 10, 11, 20, 21, 30, 31, 1_000] {
            let (began, ended) = after(nanos);
            histogram.record(began, ended);
        }
        let durations = histogram.snapshot();
        assert_eq!(durations.counts, [2, 2, 2, 2]);
        assert_eq!((durations.count(), durations.sum), (8, Duration::from_nanos(1_123)));
        assert_eq!(durations.mean(), Some(Duration::from_nanos(140)));
        // F1: a clock that went back makes no negative time.
        histogram.record(Tick::MAX, Tick::ZERO);
        assert_eq!(histogram.snapshot().counts, [3, 2, 2, 2]);
    }

    #[test]
    fn s2_33_the_default_bounds_are_those_of_prometheus() {
        let seconds: Vec<_> = Bounds::default().iter().map(|bound| bound.as_secs_f64()).collect();
        assert_eq!(seconds, [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
        assert_eq!(Histogram::new(Bounds::default()).snapshot().mean(), None);
    }

    #[test]
    fn bounds_that_do_not_work_are_refused_by_name() {
        let refused = |nanos: &[u64]| {
            let bounds: Vec<_> = nanos.iter().copied().map(Duration::from_nanos).collect();
            Bounds::new(&bounds).unwrap_err().to_string()
        };
        assert_eq!(refused(&[]), "bounds is [], allowed is 1 to 16 of them");
        assert!(refused(&(1..=17).collect::<Vec<_>>()).ends_with("1 to 16 of them"));
        for wrong in [&[0, 1][..], &[2, 1], &[1, 1]] {
            assert!(refused(wrong).ends_with("allowed is above zero, each above the one before"));
        }
        let most: Vec<_> = (1..=16).map(Duration::from_secs).collect();
        assert_eq!(Bounds::new(&most).unwrap().iter().collect::<Vec<_>>(), most);
    }

    #[test]
    fn no_call_is_lost_between_threads_and_the_size_is_what_the_page_says() {
        let histogram = Histogram::new(Bounds::default());
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for nanos in 0..10_000 {
                        let (began, ended) = after(nanos);
                        histogram.record(began, ended);
                    }
                });
            }
        });
        let durations = histogram.snapshot();
        assert_eq!((durations.count(), durations.sum.as_nanos()), (40_000, 4 * 9_999 * 5_000));
        assert!(size_of::<Histogram>() <= 288, "{}", size_of::<Histogram>());
    }
}
