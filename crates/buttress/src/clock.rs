//! The one clock of the layers.

use crate::Tick;
use std::time::SystemTime;

/// The time by which layers decide: the kernel's cached monotonic clock, up to a few milliseconds behind.
///
/// With feature `test-util` it is tokio's clock instead, so that paused time moves sleeps and decisions alike.
#[inline]
#[must_use]
pub fn now() -> Tick {
    #[cfg(not(any(test, feature = "test-util")))]
    return buttress_core::clock::coarse();
    #[cfg(any(test, feature = "test-util"))]
    tokio_clock::now()
}

/// The same time line at full resolution, where a few milliseconds matter.
#[inline]
#[must_use]
pub fn precise() -> Tick {
    #[cfg(not(any(test, feature = "test-util")))]
    return buttress_core::clock::precise();
    #[cfg(any(test, feature = "test-util"))]
    tokio_clock::now()
}

/// Nanoseconds for about 9 ns a read, on a time line of its own: for rates, whose bursts can be shorter than the steps of
/// [`now`]. What reads it in a call reads it once when it is made, as the first reading takes up to 200 ms.
///
/// With feature `test-util` it is tokio's clock as well.
#[inline]
#[must_use]
pub fn fine() -> Tick {
    #[cfg(not(any(test, feature = "test-util")))]
    return buttress_core::clock::fine();
    #[cfg(any(test, feature = "test-util"))]
    tokio_clock::now()
}

/// The wall-clock time of `at`, as it looks from now: for people and logs, never for decisions.
#[must_use]
pub fn system_time(at: Tick) -> SystemTime {
    wall().checked_sub(precise().since(at)).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The wall-clock time: for dates that a peer wrote, which mean nothing else.
pub(crate) fn wall() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    SystemTime::now()
}

#[cfg(any(test, feature = "test-util"))]
mod tokio_clock {
    use crate::Tick;
    use std::sync::OnceLock;
    use std::time::{Duration, Instant};

    /// The start lies well before the first reading: a runtime that paused its clock earlier than that shows an earlier
    /// time, and must not be cut off at zero.
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub(super) fn now() -> Tick {
        static START: OnceLock<Instant> = OnceLock::new();
        let margin = Duration::from_secs(24 * 3600);
        let start = *START.get_or_init(|| {
            let now = Instant::now();
            now.checked_sub(margin).unwrap_or(now)
        });
        let since = tokio::time::Instant::now().into_std().saturating_duration_since(start);
        Tick::ZERO + since
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn paused_time_moves_decisions_too() {
        let before = now();
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(now().since(before), Duration::from_secs(3600));
        assert_eq!(precise(), now());
        let hour = system_time(now()).duration_since(system_time(before)).expect("the later is later");
        assert!(hour.abs_diff(Duration::from_secs(3600)) < Duration::from_secs(60), "{hour:?}");
    }
}
