//! Time as the machines see it, and the one place that reads it.
//!
//! A machine never asks for the time: it gets a [`Tick`]. Whoever drives it reads [`coarse`] for buckets and open
//! times, [`precise`] where a few milliseconds matter, [`fine`] for rates, or a [`ManualClock`] in simulations and tests.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// A point in time: nanoseconds since an arbitrary start.
///
/// Subtraction saturates, so a clock that stands still, repeats or jumps back never makes a negative age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(u64);

impl Tick {
    /// The arbitrary start itself.
    pub const ZERO: Self = Self(0);
    /// A point no deadline reaches, about 584 years after the start.
    pub const MAX: Self = Self(u64::MAX);

    /// The point `nanos` nanoseconds after the start.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to this point; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for Tick {
    type Output = Self;

    /// The point `after` later, at most [`Tick::MAX`].
    fn add(self, after: Duration) -> Self {
        Self(self.0.saturating_add(nanos(after)))
    }
}

impl fmt::Display for Tick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}s", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

/// A duration in nanoseconds, at most 584 years.
#[must_use]
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A duration in eight bytes instead of sixteen, at most 584 years. Kept as one nanosecond more, so that what holds one
/// need not be larger to hold none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(NonZeroU64);

impl Span {
    pub(crate) const MAX: Self = Self(NonZeroU64::MAX);

    pub(crate) const fn from_secs(secs: u64) -> Self {
        Self::from_nanos(secs.saturating_mul(1_000_000_000))
    }

    const fn from_nanos(nanos: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(nanos))
    }

    pub(crate) const fn get(self) -> Duration {
        Duration::from_nanos(self.as_nanos())
    }

    pub(crate) const fn as_nanos(self) -> u64 {
        match self.0 {
            NonZeroU64::MAX => u64::MAX,
            nanos => nanos.get() - 1,
        }
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self::from_nanos(nanos(duration))
    }
}

/// The longest time by which [`coarse`] may lag behind [`precise`], with a margin of two: a kernel tick is 1, 4 or 10 ms.
pub const COARSE_LAG: Duration = Duration::from_millis(20);

/// The kernel's cached monotonic clock: about 2 ns a read, up to one kernel tick behind [`precise`] and never ahead.
///
/// Kept out of line: inlined twice into one function it costs more than the call does.
#[inline(never)]
#[must_use]
pub fn coarse() -> Tick {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return os::read(rustix::time::ClockId::MonotonicCoarse);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    os::read()
}

/// The monotonic clock at full resolution, on the same time line as [`coarse`].
#[inline(never)]
#[must_use]
pub fn precise() -> Tick {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return os::read(rustix::time::ClockId::Monotonic);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    os::read()
}

/// A clock of nanoseconds for about 9 ns a read: the processor's own counter where it runs evenly, else as [`precise`].
///
/// On a time line of its own, which begins at [`precise`] and leaves it by a few millionths: take its ticks for what reads no
/// other clock. The first reading finds out how fast the counter runs and takes up to 200 ms, so whatever reads it in a call
/// reads it once when it is made.
#[inline]
#[must_use]
pub fn fine() -> Tick {
    static LINE: LazyLock<Line> = LazyLock::new(|| Line::of(quanta::Clock::new()));
    LINE.read()
}

/// The processor's counter as a clock.
struct Line {
    clock: quanta::Clock,
    /// How long a step of the counter is, in units of which a nanosecond has 2⁵⁶: up to 128 ns fit, and what is cut off adds up
    /// to nanoseconds in a year.
    step: u64,
    /// What the steps of the counter are to be taken from or added to, to be the time. Wraps.
    offset: AtomicU64,
    /// What the counter showed when that was found out.
    start: AtomicU64,
}

const STEP_BITS: u32 = 56;

/// So many steps as nanoseconds.
#[inline]
const fn stepped(steps: u64, step: u64) -> u64 {
    ((steps as u128 * step as u128) >> STEP_BITS) as u64
}

impl Line {
    fn of(clock: quanta::Clock) -> Self {
        let step = clock.delta_as_nanos(0, 1 << STEP_BITS);
        let raw = clock.raw();
        let line = Self { clock, step, offset: AtomicU64::new(0), start: AtomicU64::new(raw) };
        line.begin(raw);
        line
    }

    #[inline]
    fn read(&self) -> Tick {
        // The offset first: beside a thread that finds that the counter began anew, an old one with a new count shows a time
        // that is over, which stops nobody. The other way round it would be one far ahead.
        let offset = self.offset.load(Ordering::Acquire);
        let raw = self.clock.raw();
        if raw < self.start.load(Ordering::Relaxed) {
            return self.begin(raw);
        }
        Tick(stepped(raw, self.step).wrapping_add(offset))
    }

    /// Goes on from [`precise`]. Counters begin anew after a machine was suspended, or restored from an image of another. The
    /// line would stand still until the counter is where it was, and no limit would let anything through for so long.
    #[cold]
    #[inline(never)]
    fn begin(&self, raw: u64) -> Tick {
        let at = precise();
        self.offset.store(at.0.wrapping_sub(stepped(raw, self.step)), Ordering::Release);
        self.start.store(raw, Ordering::Relaxed);
        at
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod os {
    use super::Tick;

    #[inline]
    pub(super) fn read(id: rustix::time::ClockId) -> Tick {
        let time = rustix::time::clock_gettime(id);
        Tick((time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod os {
    use super::{Tick, nanos};
    use std::sync::OnceLock;
    use std::time::{Instant, SystemTime};

    /// Other systems have no cached clock worth a dependency; both readings are the standard library's.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub(super) fn read() -> Tick {
        static START: OnceLock<Instant> = OnceLock::new();
        let start = *START.get_or_init(Instant::now);
        Tick(nanos(Instant::now().saturating_duration_since(start)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub(super) fn wall() -> SystemTime {
        SystemTime::now()
    }
}

/// What the clock on the wall shows, for people: to the millisecond or the kernel's tick. It jumps when somebody sets it, so
/// nothing is decided by it.
#[inline(never)]
#[must_use]
pub fn wall() -> SystemTime {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return SystemTime::UNIX_EPOCH + Duration::from_nanos(os::read(rustix::time::ClockId::RealtimeCoarse).0);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    os::wall()
}

/// A clock moved by hand, for simulations and tests of the machines.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub const fn new(start: Tick) -> Self {
        Self(AtomicU64::new(start.0))
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> Tick {
        Tick(self.0.load(Ordering::Relaxed))
    }

    /// Moves the clock forward and returns what it then shows.
    pub fn advance(&self, by: Duration) -> Tick {
        let now = self.now() + by;
        self.set(now);
        now
    }

    /// Sets the clock, also to an earlier time.
    pub fn set(&self, to: Tick) {
        self.0.store(to.0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f1_ages_saturate_when_the_clock_jumps_back() {
        assert_eq!(Tick::ZERO.since(Tick::MAX), Duration::ZERO);
        assert_eq!(Tick::MAX + Duration::MAX, Tick::MAX);
    }

    #[test]
    fn a_span_is_the_duration_it_was_made_of_and_none_takes_no_more() {
        for duration in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(86_400)] {
            assert_eq!(Span::from(duration).get(), duration);
        }
        assert_eq!(Span::from(Duration::MAX).get(), Duration::from_nanos(u64::MAX));
        assert_eq!(Span::from_secs(u64::MAX), Span::MAX);
        assert_eq!(size_of::<Option<Span>>(), 8);
    }

    #[test]
    fn steps_of_any_length_add_up_to_nanoseconds() {
        let one = 1_u128 << STEP_BITS;
        // Of clocks of 1 GHz, 3 GHz and 24 MHz, a day.
        for (hertz, step) in [(1_000_000_000, one), (3_000_000_000, one / 3), (24_000_000, 125 * one / 3)] {
            let step = u64::try_from(step).expect("up to 128 ns");
            let day = stepped(86_400 * hertz, step);
            assert!((86_399_999_999_999..=86_400_000_000_000).contains(&day), "{day} at {hertz} Hz");
        }
        assert_eq!(stepped(u64::MAX, 1 << STEP_BITS), u64::MAX);
    }

    #[test]
    fn f1_a_counter_that_begins_anew_does_not_stop_the_time() {
        let (clock, counter) = quanta::Clock::mock();
        counter.increment(1_000_000_u64);
        let line = Line::of(clock);
        counter.decrement(999_999_u64);
        let before = line.read();
        counter.increment(5_000_u64);
        assert_eq!(line.read().since(before), Duration::from_nanos(5_000));
        counter.increment(2_000_000_u64);
        assert_eq!(line.read().since(before), Duration::from_nanos(2_005_000), "and past its first start");
    }

    #[test]
    fn coarse_and_precise_share_a_time_line() {
        for _ in 0..1_000 {
            let (coarse, precise) = (coarse(), precise());
            assert!(coarse <= precise, "the coarse clock is ahead: {coarse} > {precise}");
        }
    }
}
