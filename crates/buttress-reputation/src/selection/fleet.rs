//! How many may be left out: a count of those that are banned or ejected, and from which place on that is ignored.

use super::Config;
use super::choice::Candidate;
use crate::sync::{AtomicU64, Mutex, Ordering, lock, try_lock};
use crate::{Ratio, Tick};

/// How often they are counted. Bans come after many failures, so that a tenth of a second more or less is little.
const EVERY_NANOS: u64 = 100_000_000;

/// How many of them one pick counts: some microseconds' worth, so that nobody waits for the count of ten thousand.
const SLICE: usize = 256;

/// The place from which on bans and ejections are ignored, as no place is beyond it.
const NOWHERE: u64 = u64::MAX;

/// What the count said last, and the one under way.
#[derive(Debug)]
pub(super) struct Fleet {
    honoured: AtomicU64,
    /// When the next count begins, in nanoseconds.
    due: AtomicU64,
    count: Mutex<Count>,
}

/// How far a count has come.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// Which list it is of. A later one has a higher number.
    list: u64,
    at: usize,
    out: usize,
    /// The first of those that are out and one too many.
    spared_from: Option<usize>,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            honoured: AtomicU64::new(NOWHERE),
            due: AtomicU64::new(0),
            count: Mutex::new(Count::default()),
        }
    }
}

impl Fleet {
    /// The place from which on bans and ejections are ignored.
    #[inline]
    pub(super) fn honoured(&self) -> usize {
        usize::try_from(self.honoured.load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    /// Whether it is time to go on with the count.
    #[inline]
    pub(super) fn is_due(&self, now: Tick) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        // Further ahead than it was ever set: the clock was put back.
        now.as_nanos() >= due || due > now.as_nanos().saturating_add(EVERY_NANOS)
    }

    /// Goes on with the count of the list of this version if it is time to, and nobody else does.
    #[inline]
    pub(super) fn look<C: Candidate>(&self, version: u64, candidates: &[C], rules: &Config, now: Tick) {
        if self.is_due(now)
            && let Some(mut count) = try_lock(&self.count)
        {
            self.go_on(&mut count, (version, candidates), rules, now, SLICE);
        }
    }

    /// Counts all of them at once, for whom there was nobody where bans and ejections were ignored from `honoured` on: whether they
    /// are from an earlier place on.
    #[cold]
    pub(super) fn recount<C: Candidate>(
        &self,
        version: u64,
        candidates: &[C],
        rules: &Config,
        now: Tick,
        honoured: usize,
    ) -> bool {
        let mut count = lock(&self.count);
        // Somebody else may have done so meanwhile.
        if honoured > 0 && self.honoured() >= honoured && version >= count.list {
            count.begin();
            self.go_on(&mut count, (version, candidates), rules, now, candidates.len());
        }
        self.honoured() < honoured
    }

    #[cold]
    fn go_on<C: Candidate>(
        &self,
        count: &mut Count,
        (version, candidates): (u64, &[C]),
        rules: &Config,
        now: Tick,
        most: usize,
    ) {
        if version < count.list {
            // Whoever read that is late.
            return;
        }
        if version > count.list {
            *count = Count::of(version);
        }
        if count.go_on(candidates, rules.max_ejected, now, most) {
            let honoured = count.honoured(candidates.len(), rules.panic_threshold);
            self.honoured.store(honoured.map_or(NOWHERE, |place| place as u64), Ordering::Relaxed);
            self.due.store(now.as_nanos().saturating_add(EVERY_NANOS), Ordering::Relaxed);
            count.begin();
        }
    }

    /// There are others now, in the list of this version: their count begins.
    pub(super) fn changed(&self, version: u64) {
        *lock(&self.count) = Count::of(version);
        self.due.store(0, Ordering::Relaxed);
    }
}

impl Count {
    fn of(list: u64) -> Self {
        Self { list, ..Self::default() }
    }

    /// Begins again, in the same list.
    fn begin(&mut self) {
        *self = Self::of(self.list);
    }

    /// Counts so many more: whether that was all of them.
    fn go_on<C: Candidate>(&mut self, candidates: &[C], max_ejected: Ratio, now: Tick, most: usize) -> bool {
        let end = candidates.len().min(self.at.saturating_add(most));
        // There may be fewer than were counted, as long as it has not been said that there are others.
        for (place, candidate) in (self.at..).zip(candidates.get(self.at..end).unwrap_or_default()) {
            if candidate.is_out(now) {
                self.out += 1;
                // A quotient is rounded as the decimal it is compared with was; a product can end just beside a whole number.
                let too_many = self.out as f64 / candidates.len() as f64 > max_ejected.get();
                if too_many && self.spared_from.is_none() {
                    self.spared_from = Some(place);
                }
            }
        }
        self.at = end;
        end == candidates.len()
    }

    /// The place from which on bans and ejections are ignored, of so many candidates.
    fn honoured(self, candidates: usize, panic_threshold: Ratio) -> Option<usize> {
        let remain = candidates.saturating_sub(self.out);
        let panics = candidates > 0 && (remain as f64 / candidates as f64) < panic_threshold.get();
        if panics { Some(0) } else { self.spared_from }
    }
}
