//! Who does worse than the others, as a function of what all of them did.

use super::{Config, FailurePercentage, SuccessRate};
use std::fmt;

/// Why a peer is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Rule {
    /// It succeeds less often than the others do.
    SuccessRate,
    /// Most of its calls fail.
    FailurePercentage,
}

impl Rule {
    /// The rule in lower case with underscores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SuccessRate => "success_rate",
            Self::FailurePercentage => "failure_percentage",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one peer did in an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: u32,
    pub(super) failures: u32,
    /// It is left out already.
    pub(super) out: bool,
}

/// What rates can differ by because they are rounded, as those of peers do that fail alike. Of a billion calls, one.
const ROUNDING: f64 = 1e-9;

impl Tally {
    fn success_rate(self) -> f64 {
        1.0 - self.failure_rate()
    }

    fn failure_rate(self) -> f64 {
        f64::from(self.failures) / f64::from(self.calls)
    }
}

/// Those that are to be left out, by their places: the worst first, and no more than may be out.
pub(super) fn outliers(config: &Config, tallies: &[Tally]) -> Vec<(usize, Rule)> {
    let mut found = Vec::new();
    if let Some(rule) = &config.success_rate
        && let Some(least) = least_success(rule, tallies)
    {
        let fewer = |tally: Tally| tally.success_rate() < least - ROUNDING;
        take(&mut found, tallies, rule.request_volume, Rule::SuccessRate, fewer);
    }
    if let Some(FailurePercentage { threshold, minimum_hosts, request_volume }) = config.failure_percentage
        && busy(tallies, request_volume).count() >= minimum_hosts as usize
    {
        // Products of whole numbers, so that 85 of a hundred are 85 %.
        let reached = |tally: Tally| f64::from(tally.failures) * 100.0 >= threshold * f64::from(tally.calls);
        take(&mut found, tallies, request_volume, Rule::FailurePercentage, reached);
    }
    found.sort_by(|(one, _), (other, _)| {
        let rate = |place: &usize| tallies[*place].failure_rate();
        rate(other).total_cmp(&rate(one)).then(one.cmp(other))
    });
    let out = tallies.iter().filter(|tally| tally.out).count();
    let most = (config.max_ejected.get() * tallies.len() as f64 + ROUNDING) as usize;
    found.truncate(most.max(1).saturating_sub(out));
    found
}

/// The rate below which a peer is an outlier; `None` where there are too few to compare.
fn least_success(rule: &SuccessRate, tallies: &[Tally]) -> Option<f64> {
    let rates = || busy(tallies, rule.request_volume).map(|tally| tally.success_rate());
    let hosts = rates().count();
    if hosts < rule.minimum_hosts as usize {
        return None;
    }
    let mean = rates().sum::<f64>() / hosts as f64;
    let variance = rates().map(|rate| (rate - mean).powi(2)).sum::<f64>() / hosts as f64;
    Some(mean - rule.deviations * variance.sqrt())
}

/// Those that have calls enough.
fn busy(tallies: &[Tally], request_volume: u32) -> impl Iterator<Item = Tally> {
    tallies.iter().copied().filter(move |tally| tally.calls >= request_volume)
}

/// Adds those that `rule` finds, of those that are in and that no other rule has found.
fn take(
    found: &mut Vec<(usize, Rule)>,
    tallies: &[Tally],
    request_volume: u32,
    rule: Rule,
    worse: impl Fn(Tally) -> bool,
) {
    let before = found.len();
    for (place, tally) in tallies.iter().enumerate() {
        let judged = tally.calls >= request_volume && !tally.out;
        if judged && worse(*tally) && !found[..before].iter().any(|(other, _)| *other == place) {
            found.push((place, rule));
        }
    }
}
