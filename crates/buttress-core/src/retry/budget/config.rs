//! The knobs of a budget, as the whole numbers it reckons with.

use super::TOKEN;
use super::window::DEPOSIT_SLOTS;
use crate::InvalidConfig;
use crate::clock::nanos;
use crate::config::ensure;
use std::time::Duration;

/// How many retries there may be. Always valid: made by [`Config::default`], or checked when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) form: Form,
}

/// Tokens in billionths, times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `floor` in each window, and `ratio` for each request in it.
    Window {
        ratio: u64,
        floor: u64,
        slot: u64,
    },
    Bucket {
        max: u64,
        ratio: u64,
    },
}

impl Default for Config {
    /// 20 % of the requests and one retry a second, over 10 s: a peer that fails altogether gets little more than its usual
    /// load, and one that is hardly called is still tried again.
    fn default() -> Self {
        Self::new(0.2, 1.0, Duration::from_secs(10)).expect("the defaults are valid")
    }
}

impl Config {
    /// Retries up to `ratio` of the requests and `per_second`, both over `window`. The ratio is a share, 0.2 for 20 %, and up
    /// to 10 where several retries of one request are to be borne; `per_second` is what there is for those that make few
    /// requests, all of a window's at once at the beginning. Either can be 0 if the other is not. The window is 100 ms to
    /// 366 days; shorter ones forget a burst sooner.
    ///
    /// # Errors
    /// [`InvalidConfig`] names the first setting that cannot work, and what is allowed.
    pub fn new(ratio: f64, per_second: f64, window: Duration) -> Result<Self, InvalidConfig> {
        let ratio = share(ratio)?;
        let in_range = (0.0..=1e6).contains(&per_second);
        ensure(in_range, "budget per_second", per_second, "a number from 0 to 1000000")?;
        let allowed = Duration::from_millis(100)..=Duration::from_secs(366 * 24 * 3600);
        ensure(allowed.contains(&window), "budget window", format_args!("{window:?}"), "100 ms to 366 days")?;
        let slot = nanos(window) / DEPOSIT_SLOTS;
        let floor = u128::from(billionths(per_second)) * u128::from(slot * DEPOSIT_SLOTS) / u128::from(TOKEN);
        let floor = u64::try_from(floor).unwrap_or(u64::MAX);
        ensure(
            ratio > 0 || floor >= TOKEN,
            "budget per_second",
            per_second,
            "at least one in the window, when the ratio is 0",
        )?;
        Ok(Self { form: Form::Window { ratio, floor, slot } })
    }

    /// A bucket that holds `max` tokens and is full at first. A request adds `ratio` of a token, a retry takes a whole one. As
    /// gRPC's retry throttling, but that all of the bucket is for use, where gRPC stops at half of it: take half of its
    /// `maxTokens`.
    ///
    /// # Errors
    /// `max` is not from 1 to a billion, or `ratio` not from 0 to 10.
    pub fn token_bucket(max: u32, ratio: f64) -> Result<Self, InvalidConfig> {
        ensure((1..=1_000_000_000).contains(&max), "budget max", max, "1 to 1000000000 tokens")?;
        Ok(Self { form: Form::Bucket { max: u64::from(max) * TOKEN, ratio: share(ratio)? } })
    }
}

fn share(ratio: f64) -> Result<u64, InvalidConfig> {
    let in_range = (0.0..=10.0).contains(&ratio);
    ensure(in_range, "budget ratio", ratio, "a share from 0 to 10 (a fifth is 0.2, not 20)")?;
    Ok(billionths(ratio))
}

fn billionths(tokens: f64) -> u64 {
    (tokens * TOKEN as f64).round() as u64
}
