//! Counts over windows of any length, in constant memory and with one addition per call.
//!
//! Calls are added to totals that only grow. Once in a while the totals are written down, as the mark of the bucket of time
//! that begins: what a window held is the difference between two marks, and what it holds is that between the totals and a
//! mark. So nothing is cleared, nothing is lost between two buckets and nothing is counted in both, whatever threads do.
//!
//! A call that finds a mark due writes it before it is counted, unless another does so already: it does not wait for that. A call
//! that comes meanwhile, or is late, is counted in the bucket before. Only after a pause, when that may be long ago, do the first
//! calls wait for the one that writes. A gap without calls leaves marks that are equal, however long it was.
//!
//! Several rings keep marks at different pitches, so that a long window does not need the fine marks of a short one.

use crate::Tick;
use crate::clock::nanos;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering, lock, try_lock};
use std::array;
use std::time::Duration;

/// How often a ring is marked, and how many buckets it looks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pitch {
    nanos: u64,
    buckets: u64,
}

impl Pitch {
    /// Buckets of `pitch`, at least a nanosecond, of which the last `buckets` and the current one are known.
    pub(crate) fn new(pitch: Duration, buckets: u32) -> Self {
        Self { nanos: nanos(pitch).max(1), buckets: buckets.into() }
    }

    /// Whether it looks back over so long a window.
    pub(crate) const fn reaches(self, window: u64) -> bool {
        self.buckets > 0 && self.buckets_of(window) <= self.buckets
    }

    /// What so many counters take.
    #[cfg(all(test, not(buttress_loom)))]
    pub(crate) const fn bytes(self, counters: usize) -> usize {
        (self.buckets as usize + 1) * counters * size_of::<u64>()
    }

    /// The fewest buckets that, before the current one, are as long as `window`.
    pub(crate) const fn buckets_of(self, window: u64) -> u64 {
        window.div_ceil(self.nanos)
    }
}

/// What was counted up to some time: a mark as it is taken along to another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point<const N: usize> {
    /// In nanoseconds since the counting began.
    pub(crate) at: u64,
    /// Less what was counted before all that is kept.
    pub(crate) counts: [u64; N],
}

/// What every call writes, on lines of its own: what every call reads changes seldom and stays where it is.
#[derive(Debug)]
#[repr(align(64))]
struct Totals<const N: usize>([AtomicU64; N]);

/// `N` counters over time.
#[derive(Debug)]
pub(crate) struct Marks<const N: usize> {
    /// The tick at which the next mark is due.
    next: AtomicU64,
    /// The shortest pitch, in nanoseconds.
    finest: u64,
    rings: Mutex<Rings<N>>,
    totals: Totals<N>,
}

impl<const N: usize> Marks<N> {
    pub(crate) fn new(pitches: &[Pitch], now: Tick) -> Self {
        Self::with(pitches, 0, now, |_| [0; N])
    }

    /// Goes on at `position` nanoseconds since the counting began, with what `points`, ascending, say was counted before it.
    pub(crate) fn restored(pitches: &[Pitch], points: &[Point<N>], position: u64, now: Tick) -> Self {
        let latest = points.last().map_or([0; N], |point| point.counts);
        // The totals begin at zero, so what came before lies below it, and only differences are looked at.
        Self::with(pitches, position, now, |at| {
            let before = points.partition_point(|point| point.at <= at).checked_sub(1);
            let counted = before.map_or([0; N], |index| points[index].counts);
            difference(counted, latest)
        })
    }

    fn with(pitches: &[Pitch], position: u64, now: Tick, counted_at: impl Fn(u64) -> [u64; N]) -> Self {
        let rings: Vec<_> = pitches.iter().map(|pitch| Ring::new(*pitch, position, &counted_at)).collect();
        let rings = Rings { began: now, position, rings };
        Self {
            next: AtomicU64::new(rings.next()),
            finest: pitches.iter().map(|pitch| pitch.nanos).min().unwrap_or(u64::MAX),
            rings: Mutex::new(rings),
            totals: Totals(array::from_fn(|_| AtomicU64::new(0))),
        }
    }

    /// Counts one, and returns how many there were of them before. A mark that is due is written first: whether it was.
    #[inline]
    pub(crate) fn add(&self, which: usize, now: Tick) -> (u64, bool) {
        let marked = now.as_nanos() >= self.next.load(Ordering::Relaxed) && self.mark(now);
        (self.totals.0[which].fetch_add(1, Ordering::AcqRel), marked)
    }

    /// What was counted of one kind, in the order of the additions: each either is in it, or sees what its thread wrote before.
    pub(crate) fn settled(&self, which: usize) -> u64 {
        self.totals.0[which].fetch_add(0, Ordering::AcqRel)
    }

    #[cold]
    #[inline(never)]
    fn mark(&self, now: Tick) -> bool {
        let late = now.as_nanos().saturating_sub(self.next.load(Ordering::Relaxed));
        if late >= self.finest {
            return self.catch_up(now);
        }
        try_lock(&self.rings).is_some_and(|rings| self.advance(rings, now))
    }

    /// Writes the marks that are due, if there are any.
    pub(crate) fn catch_up(&self, now: Tick) -> bool {
        self.advance(lock(&self.rings), now)
    }

    fn advance(&self, mut rings: MutexGuard<'_, Rings<N>>, now: Tick) -> bool {
        let marks = rings.advance(now, || self.totals());
        if marks {
            self.next.store(rings.next(), Ordering::Relaxed);
        }
        marks
    }

    /// What was counted since this was made.
    #[inline]
    pub(crate) fn totals(&self) -> [u64; N] {
        array::from_fn(|which| self.total(which))
    }

    #[inline]
    pub(crate) fn total(&self, which: usize) -> u64 {
        self.totals.0[which].load(Ordering::Relaxed)
    }

    /// Looks at the windows that end now. Whoever comes meanwhile to write a mark leaves it to the next call.
    pub(crate) fn read(&self, now: Tick) -> Reading<'_, N> {
        let rings = lock(&self.rings);
        let position = rings.position_at(now);
        // After the lock was taken, so that none is less than a mark of it.
        let totals = self.totals();
        Reading { rings, position, totals }
    }

    /// Begins anew: no window holds what was counted before, and the first bucket begins now.
    pub(crate) fn reset(&self, now: Tick) {
        let mut rings = lock(&self.rings);
        let totals = self.totals();
        rings.began = now;
        rings.position = 0;
        rings.rings.iter_mut().for_each(|ring| ring.clear(totals));
        self.next.store(rings.next(), Ordering::Relaxed);
    }
}

/// The marks as they are, and the totals beside them.
#[derive(Debug)]
pub(crate) struct Reading<'a, const N: usize> {
    rings: MutexGuard<'a, Rings<N>>,
    position: u64,
    totals: [u64; N],
}

impl<const N: usize> Reading<'_, N> {
    /// What the last `buckets` buckets of a ring and the current one hold; no more than it looks back.
    pub(crate) fn within(&self, ring: usize, buckets: u64) -> [u64; N] {
        difference(self.totals, self.before(ring, buckets))
    }

    /// What was counted before those.
    pub(crate) fn before(&self, ring: usize, buckets: u64) -> [u64; N] {
        let ring = &self.rings.rings[ring];
        let newest = ring.epoch_at(self.position);
        // What is not marked yet begins with what there is.
        ring.mark(newest.saturating_sub(buckets.min(ring.pitch.buckets))).unwrap_or(self.totals)
    }

    /// How long it is since the counting began, in nanoseconds.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// What was counted up to the beginning of each bucket that is kept, of all rings, and until now, the oldest first. Marks
    /// that are as the one before are left out.
    pub(crate) fn points(&self) -> Vec<Point<N>> {
        let mut points: Vec<_> = self.rings.rings.iter().flat_map(Ring::points).collect();
        // What came at this very nanosecond belongs behind a mark of it, which may be among them.
        points.push(Point { at: self.position.saturating_add(1), counts: self.totals });
        points.sort_unstable_by_key(|point| point.at);
        points.dedup_by_key(|point| point.counts);
        let oldest = points[0].counts;
        for point in &mut points {
            point.counts = difference(point.counts, oldest);
        }
        points
    }
}

#[derive(Debug)]
struct Rings<const N: usize> {
    /// The tick of `position`.
    began: Tick,
    position: u64,
    rings: Vec<Ring<N>>,
}

impl<const N: usize> Rings<N> {
    fn position_at(&self, now: Tick) -> u64 {
        self.position.saturating_add(nanos(now.since(self.began)))
    }

    /// The tick at which the first of the next buckets begins.
    fn next(&self) -> u64 {
        let next = self.rings.iter().map(Ring::ends).min().unwrap_or(u64::MAX);
        self.began.as_nanos().saturating_add(next.saturating_sub(self.position))
    }

    /// Marks all buckets that have begun; whether there were any.
    fn advance(&mut self, now: Tick, totals: impl Fn() -> [u64; N]) -> bool {
        let position = self.position_at(now);
        if self.rings.iter().all(|ring| position < ring.ends()) {
            return false;
        }
        let totals = totals();
        self.rings.iter_mut().for_each(|ring| ring.advance(position, totals));
        true
    }
}

#[derive(Debug)]
struct Ring<const N: usize> {
    pitch: Pitch,
    /// The number of the bucket that was marked last.
    newest: u64,
    /// What was counted before each of the last buckets, at the place of its number.
    marks: Box<[[u64; N]]>,
}

impl<const N: usize> Ring<N> {
    fn new(pitch: Pitch, position: u64, counted_at: &impl Fn(u64) -> [u64; N]) -> Self {
        let places = pitch.buckets + 1;
        let mut ring =
            Self { pitch, newest: position / pitch.nanos, marks: vec![[0; N]; places as usize].into() };
        for epoch in ring.kept() {
            ring.marks[(epoch % places) as usize] = counted_at(epoch * pitch.nanos);
        }
        ring
    }

    /// The bucket of that time, or the newest, if the clock went back.
    fn epoch_at(&self, position: u64) -> u64 {
        (position / self.pitch.nanos).max(self.newest)
    }

    /// When the bucket after the newest begins.
    const fn ends(&self) -> u64 {
        self.newest.saturating_add(1).saturating_mul(self.pitch.nanos)
    }

    /// The buckets whose marks are kept.
    fn kept(&self) -> std::ops::RangeInclusive<u64> {
        self.newest.saturating_sub(self.pitch.buckets)..=self.newest
    }

    fn mark(&self, epoch: u64) -> Option<[u64; N]> {
        (epoch <= self.newest).then(|| self.marks[self.place(epoch)])
    }

    fn place(&self, epoch: u64) -> usize {
        (epoch % self.marks.len() as u64) as usize
    }

    fn advance(&mut self, position: u64, totals: [u64; N]) {
        let newest = self.epoch_at(position);
        // Nothing was counted in the buckets that were not marked, and of a long gap only the end is kept.
        let oldest = self.newest.saturating_add(1).max(newest.saturating_sub(self.pitch.buckets));
        for epoch in oldest..=newest {
            let place = self.place(epoch);
            self.marks[place] = totals;
        }
        self.newest = newest;
    }

    fn clear(&mut self, totals: [u64; N]) {
        self.newest = 0;
        self.marks.fill(totals);
    }

    fn points(&self) -> impl Iterator<Item = Point<N>> {
        self.kept().map(|epoch| Point { at: epoch * self.pitch.nanos, counts: self.marks[self.place(epoch)] })
    }
}

/// Totals wrap, and what was counted before a process began lies below zero.
fn difference<const N: usize>(later: [u64; N], earlier: [u64; N]) -> [u64; N] {
    array::from_fn(|which| later[which].wrapping_sub(earlier[which]))
}

#[cfg(all(test, buttress_loom))]
mod models;
#[cfg(all(test, not(buttress_loom)))]
mod tests;
