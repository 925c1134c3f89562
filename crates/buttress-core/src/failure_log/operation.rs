//! What is being done, and how often it went well.

use super::class::{Calls, Volume};
use super::counts::{Counts, Hours};
use super::line::{Ahead, Line, MINUTE, Start};
use crate::Tick;
use crate::measure::PerThread;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::AtomicU64 as Plain;

/// An operation of a component: what failures are recorded of, and what successes are counted for. Cheap to clone; all clones
/// count together.
#[derive(Clone)]
pub struct Operation(Arc<Shared>);

struct Shared {
    name: Arc<str>,
    component: Arc<str>,
    /// Its place in the log that made it.
    index: usize,
    start: Start,
    /// The tick at which the minute began that is being counted.
    minute: AtomicU64,
    successes: PerThread<Plain>,
    /// How many of them are no longer to be told of.
    forgotten: AtomicU64,
    failures: AtomicU64,
    restored: AtomicU64,
    /// What was recorded of it and was no call.
    aside: AtomicU64,
    marks: Mutex<Marks>,
}

/// What is already in the counts over time.
#[derive(Default)]
struct Marks {
    /// Of all, those that are no longer to be told of.
    forgotten: u64,
    successes: u64,
    failures: u64,
    counts: Counts<[u32; 2], [u64; 2]>,
}

const MINUTE_NANOS: u64 = MINUTE as u64 * 1_000_000;

impl Operation {
    pub(super) fn new(name: &str, component: &str, index: usize, start: Start) -> Self {
        Self(Arc::new(Shared {
            name: name.into(),
            component: component.into(),
            index,
            start,
            // A minute that is over: the first call begins its own.
            minute: AtomicU64::new(u64::MAX - 2 * MINUTE_NANOS),
            successes: PerThread::default(),
            forgotten: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            restored: AtomicU64::new(0),
            aside: AtomicU64::new(0),
            marks: Mutex::new(Marks::default()),
        }))
    }

    /// What is being done.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.0.name
    }

    /// By or with which part.
    #[must_use]
    pub fn component(&self) -> &Arc<str> {
        &self.0.component
    }

    /// Counts a call that went well. No lock, no allocation, and no line of memory that another thread writes.
    #[inline]
    pub fn succeeded(&self, now: Tick) {
        self.keep_minute(now);
        self.0.successes.count(|count| count);
    }

    /// The same, unless it takes more than a look: whether it is counted. For code that is short where it can be, and has
    /// [`Operation::succeeded`] somewhere else.
    #[inline(always)]
    #[must_use = "a call that is not counted is still to be"]
    pub fn succeeded_at_once(&self, now: Tick) -> bool {
        self.is_in_minute(now) && self.0.successes.count_at_once(|count| count)
    }

    /// How many calls went well.
    #[must_use]
    pub fn successes(&self) -> u64 {
        self.all_successes().wrapping_sub(self.0.forgotten.load(Ordering::Relaxed))
    }

    /// How many failed, as far as they were recorded by this process.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.0.failures.load(Ordering::Relaxed)
    }

    fn all_successes(&self) -> u64 {
        self.0.successes.sum(|count| count)
    }

    pub(super) fn failed(&self, now: Tick) {
        self.keep_minute(now);
        self.0.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// By one at a time: who takes records in has the memory of the log.
    pub(super) fn count_restored(&self, alike: u64) {
        let restored = self.restored().saturating_add(alike);
        self.0.restored.store(restored, Ordering::Relaxed);
    }

    pub(super) fn count_aside(&self) {
        self.0.aside.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn aside(&self) -> u64 {
        self.0.aside.load(Ordering::Relaxed)
    }

    pub(super) fn restored(&self) -> u64 {
        self.0.restored.load(Ordering::Relaxed)
    }

    pub(super) fn index(&self) -> usize {
        self.0.index
    }

    /// Whether the log that began so has made it.
    pub(super) fn began_with(&self, start: &Start) -> bool {
        self.0.start.is(start)
    }

    /// Forgets what was counted. No failure may be counted meanwhile.
    pub(super) fn clear(&self) {
        let mut marks = lock(&self.0.marks);
        let forgotten = self.all_successes();
        *marks = Marks { forgotten, ..Marks::default() };
        self.0.forgotten.store(forgotten, Ordering::Relaxed);
        self.0.failures.store(0, Ordering::Relaxed);
        self.0.restored.store(0, Ordering::Relaxed);
        self.0.aside.store(0, Ordering::Relaxed);
    }

    #[inline]
    fn keep_minute(&self, now: Tick) {
        if !self.is_in_minute(now) {
            self.begin_minute(now);
        }
    }

    #[inline]
    fn is_in_minute(&self, now: Tick) -> bool {
        // Wraps when time went back, so that this is the one comparison for both.
        now.as_nanos().wrapping_sub(self.0.minute.load(Ordering::Relaxed)) < MINUTE_NANOS
    }

    /// Writes down what the minute that is over had, and begins the one of `now`.
    #[cold]
    #[inline(never)]
    fn begin_minute(&self, now: Tick) {
        let mut marks = lock(&self.0.marks);
        let minute = self.0.minute.load(Ordering::Relaxed);
        // Not by a thread that is late, which would find the minute of before begun anew.
        let late = minute.saturating_sub(now.as_nanos());
        if now.as_nanos().wrapping_sub(minute) >= MINUTE_NANOS && (late == 0 || late > MINUTE_NANOS) {
            self.write_down(&mut marks, minute);
            self.0.minute.store(self.0.start.minute_of(now), Ordering::Relaxed);
        }
    }

    /// Everything counted since the last time was counted in the minute that began at `minute`.
    fn write_down(&self, marks: &mut Marks, minute: u64) {
        let (successes, failures) = (self.all_successes().wrapping_sub(marks.forgotten), self.failures());
        let more = [successes.wrapping_sub(marks.successes), failures.wrapping_sub(marks.failures)];
        if more == [0, 0] {
            return;
        }
        (marks.successes, marks.failures) = (successes, failures);
        let few = more.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let began = self.0.start.place(Tick::from_nanos(minute));
        marks.counts.add(began.into(), few, more, |_| ());
    }

    /// What there was between the two points, or in all where they have no end.
    pub(super) fn volume(&self, between: &RangeInclusive<Line>, told: Hours, ahead: Ahead) -> Volume {
        let mut marks = lock(&self.0.marks);
        self.write_down(&mut marks, self.0.minute.load(Ordering::Relaxed));
        let counts = marks.counts.clone();
        let totals = [marks.successes, marks.failures];
        drop(marks);
        let minutes: Vec<_> =
            counts.minutes(between).map(|(start, count)| calls(ahead, start, count.map(u64::from))).collect();
        let hours: Vec<_> =
            counts.hours(between, told).map(|(start, count)| calls(ahead, start, count)).collect();
        let everything = *between == (Line::MIN..=Line::MAX);
        let [successes, failures] = if everything {
            totals
        } else {
            let (older, minutes) = counts.split(between);
            let all = older.into_iter().chain(minutes.into_iter().map(|count| count.map(u64::from)));
            all.fold([0, 0], |sum, count| [sum[0] + count[0], sum[1] + count[1]])
        };
        Volume {
            operation: self.0.name.clone(),
            component: self.0.component.clone(),
            successes,
            failures,
            restored: self.restored(),
            minutes,
            hours,
        }
    }
}

fn calls(ahead: Ahead, start: Line, [successes, failures]: [u64; 2]) -> Calls {
    Calls { start: ahead.wall(start), successes, failures }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("name", &self.0.name)
            .field("component", &self.0.component)
            .field("successes", &self.successes())
            .field("failures", &self.failures())
            .finish()
    }
}
