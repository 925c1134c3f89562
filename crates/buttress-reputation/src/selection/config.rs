//! The knobs and their defaults, with reasons.

use super::choice::Prices;
use crate::{InvalidConfig, Ratio};
use std::time::Duration;

/// How often peers are asked that would not be chosen, and how many may be left out. Always valid: made by
/// [`Config::default`] and setters that check what they are given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    pub(super) explore_every: Duration,
    pub(super) explore_share: Ratio,
    pub(super) max_ejected: Ratio,
    pub(super) panic_threshold: Ratio,
    pub(super) tier_cost: f64,
}

/// What is left of the cost of a failure after three times the time in which it fades to a third.
const FADED: f64 = 0.05;

const HALF: Ratio = Ratio::new(0.5).expect("half is a ratio");

impl Default for Config {
    /// A member that was not asked for 2.5 s is asked, by at most one in 20 picks. So one that recovered is noticed within seconds,
    /// and if all of those picks meet dead ones, 5 % of the calls have to be retried. At most half of the members are left out, and
    /// nobody is when fewer than half remain: the others could not take twice their load. A tier below is as good as being half
    /// as slow again: enough to tell two of them apart, and little enough for one that is better by now to show it.
    fn default() -> Self {
        Self {
            explore_every: Duration::from_millis(2_500),
            explore_share: const { Ratio::new(0.05).expect("a twentieth is a ratio") },
            max_ejected: HALF,
            panic_threshold: HALF,
            tier_cost: 1.5,
        }
    }
}

impl Config {
    /// After how long a member is asked again that nobody chose, 2.5 s by default, and by how many of the picks at most, 5 % by
    /// default. Of large sets only as many are due as these picks can ask: 300 calls a second ask 15 such members a second.
    /// [`Ratio::ZERO`] asks nobody for that reason, and who once was bad may never be asked again.
    ///
    /// # Errors
    /// The time is not from 1 ms to 1 hour.
    pub fn explore(self, every: Duration, share: Ratio) -> Result<Self, InvalidConfig> {
        if !(Duration::from_millis(1)..=Duration::from_secs(3_600)).contains(&every) {
            return Err(InvalidConfig::new("explore_every", format_args!("{every:?}"), "1 ms to 1 hour"));
        }
        Ok(Self { explore_every: every, explore_share: share, ..self })
    }

    /// The share of the members that bans and ejections may leave out, half by default; beyond that they are ignored, for those
    /// who came last. Rounded down: of one member, none may be left out unless it is [`Ratio::ONE`]. An open breaker is a
    /// different matter, and always left out.
    #[must_use]
    pub const fn max_ejected(self, max: Ratio) -> Self {
        Self { max_ejected: max, ..self }
    }

    /// The share of the members that must be neither banned nor ejected, half by default. If it is less, bans and ejections are
    /// ignored: it is more likely that the judgement is wrong, or that the rest breaks down under the load, than that so many are
    /// bad. [`Ratio::ZERO`] never panics.
    #[must_use]
    pub const fn panic_threshold(self, threshold: Ratio) -> Self {
        Self { panic_threshold: threshold, ..self }
    }

    /// How many times as much a member seems to cost for each tier that it is below another, 1.5 by default; 1 takes no notice of
    /// tiers. So a lower tier is asked when those above are so much slower or so much busier, and when there are none.
    ///
    /// # Errors
    /// It is not from 1 to 100.
    pub fn tier_cost(self, times: f64) -> Result<Self, InvalidConfig> {
        if !(1.0..=100.0).contains(&times) {
            return Err(InvalidConfig::new("tier_cost", times, "1 to 100"));
        }
        Ok(Self { tier_cost: times, ..self })
    }

    /// What the members cost by where a failure costs so much.
    pub(super) fn prices(&self, failure: Duration) -> Prices {
        // Who is banned, and asked all the same as there are too few others, is no worse than poor.
        let tiers = [3, 3, 2, 1, 0].map(|steps| self.tier_cost.powi(steps));
        Prices { tiers, dear: failure.as_nanos() as f64 * FADED }
    }
}
