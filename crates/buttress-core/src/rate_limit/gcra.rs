//! The arithmetic of a bucket, in whole numbers that are exact.
//!
//! A bucket is known by the time at which it will be full again (the *theoretical arrival time* of GCRA). Time is counted in
//! units of which a nanosecond has `per_nano` and a token `token`, both whole: at 7 a second a nanosecond has 7 units and a
//! token 10⁹. So nothing is ever rounded, and nothing is lost however often the bucket is asked:
//!
//! ```text
//! full'  = max(full, now) + cost · token
//! admits   when full' <= now + capacity,     capacity = burst · token
//! wait   = full' - now - capacity, rounded up to whole nanoseconds
//! ```

use super::Config;

/// The most units a bucket holds, so that a word of 56 bits has as much room again for debt and much more for time.
const MOST: u64 = 1 << 54;

/// The most units in a nanosecond: with 2²³, every whole number up to 2²³ a second and all powers of two up to 2³² are exact,
/// and a word has room for seconds of debt. Where that does not come within a billionth, 2³² does, for milliseconds.
const FINEST: [u64; 2] = [1 << 23, 1 << 32];

/// The numbers of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gcra {
    /// Units in a token.
    pub(super) token: u64,
    /// Units in a nanosecond.
    pub(super) per_nano: u64,
    /// Units in a full bucket.
    pub(super) capacity: u64,
    pub(super) burst: u32,
}

/// Not now, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum No {
    /// Admitted after so many units from now, and not before.
    After(u64),
    /// More than the bucket ever holds.
    TooLarge,
}

impl Gcra {
    /// `None` if they do not fit.
    pub(super) fn of(config: &Config) -> Option<Self> {
        FINEST.into_iter().find_map(|finest| Self::with(config, finest, MOST))
    }

    /// With at most `finest` units in a nanosecond and `most` in a full bucket.
    fn with(config: &Config, finest: u64, most: u64) -> Option<Self> {
        let (per, count) = (config.rate().per_nanos(), config.rate().count());
        let burst = config.burst();
        let (token, per_nano) = closest(per, count, most / u64::from(burst), finest)?;
        Some(Self { token, per_nano, capacity: token * u64::from(burst), burst })
    }

    /// With at most 32 units in a nanosecond, for words that cannot be told to count from elsewhere. Where that is not exact,
    /// a token is larger by less than a unit.
    pub(super) fn coarse(config: &Config) -> Self {
        const FINEST: u64 = 32;
        let (per, count) = (config.rate().per_nanos(), config.rate().count());
        let units = |per_nano: u64| {
            let token = (u128::from(per) * u128::from(per_nano)).div_ceil(u128::from(count));
            let capacity = token * u128::from(config.burst());
            (capacity <= u128::from(2 * MOST)).then_some((token, capacity))
        };
        let exact = count / gcd(per, count);
        let finest = if exact <= FINEST { exact } else { FINEST };
        let fitting = (1..=finest).rev().find_map(|per_nano| Some((per_nano, units(per_nano)?)));
        let (per_nano, (token, capacity)) = fitting.expect("a config fits with one unit in a nanosecond");
        let narrow = |units| u64::try_from(units).expect("at most a capacity, which fits");
        Self { token: narrow(token), per_nano, capacity: narrow(capacity), burst: config.burst() }
    }

    /// What `full` becomes when `cost` is taken at `now`. Wraps where numbers make no sense, as those of a bucket that is being
    /// changed do.
    #[inline]
    pub(super) const fn take(&self, full: u64, cost: u32, now: u64) -> Result<u64, No> {
        let from = if full > now { full } else { now };
        let after = from.wrapping_add((cost as u64).wrapping_mul(self.token));
        let most = now.wrapping_add(self.capacity);
        if cost > self.burst {
            Err(No::TooLarge)
        } else if after <= most {
            Ok(after)
        } else {
            Err(No::After(after - most))
        }
    }

    /// Units that could be taken at `now`; negative for a bucket in debt.
    pub(super) fn room(&self, full: u64, now: u64) -> i64 {
        // All of them are below 2⁶³: units of a word, and twice what a bucket holds.
        now.wrapping_add(self.capacity).wrapping_sub(full.max(now)) as i64
    }

    /// So many units as nanoseconds, rounded up: at the end of them, and not before, they have passed.
    #[inline]
    pub(super) const fn nanos(&self, units: u64) -> u64 {
        if self.per_nano == 1 { units } else { units.div_ceil(self.per_nano) }
    }
}

/// The fraction of whole numbers closest to `over / under`, with the upper one up to `most_over` and the lower one up to
/// `most_under`: itself in lowest terms if that fits, else the last of its convergents that does. `None` if even that is off
/// by a billionth.
fn closest(over: u64, under: u64, most_over: u64, most_under: u64) -> Option<(u64, u64)> {
    let (mut num, mut den) = (u128::from(over), u128::from(under));
    // Convergents (p, q) of the continued fraction: the one before, and the last.
    let (mut before, mut last) = ((0_u128, 1_u128), (1_u128, 0_u128));
    while den != 0 {
        let (whole, rest) = (num / den, num % den);
        let next = (whole * last.0 + before.0, whole * last.1 + before.1);
        if next.0 > u128::from(most_over) || next.1 > u128::from(most_under) {
            break;
        }
        (before, last) = (last, next);
        (num, den) = (den, rest);
    }
    let (token, per_nano) = last;
    // |token / per_nano - over / under|, as a share of the latter.
    let (exact, near) = (u128::from(over) * per_nano, token * u128::from(under));
    let close = token > 0 && per_nano > 0 && exact.abs_diff(near).checked_mul(1_000_000_000)? < exact;
    if !close {
        return None;
    }
    Some((u64::try_from(token).ok()?, u64::try_from(per_nano).ok()?))
}

const fn gcd(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
