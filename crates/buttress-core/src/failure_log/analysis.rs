//! What stands out: what fails alike, at the same time, again and again, or more than before.

use super::evidence::Evidence;
use super::recommend::{Findings, recommendations};
use super::{Correlation, Pattern, Periodic, Rates, Record, Regression, Statistics};
use super::{correlation, patterns, periodic, regression, unit};
use std::fmt;
use std::sync::Arc;

/// How many of the last failures are told.
const RECENT: usize = 10;

/// What to analyse, and how sure to be.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Options {
    /// How sure a pattern must be, from 0 to 1; 0.7 by default, which takes three failures.
    pub min_confidence: f64,
    /// Whether each component has its patterns told apart as well; not by default.
    pub by_component: bool,
    /// The components that have a circuit breaker in front of them, which they need not be told to have; none by default.
    pub breakers: Vec<Arc<str>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_confidence: 0.7, by_component: false, breakers: Vec::new() }
    }
}

/// How urgent something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Priority {
    /// When there is time.
    Low,
    /// This week.
    Medium,
    /// Today.
    High,
    /// Now.
    Critical,
}

impl Priority {
    /// The priority as one lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What to do about the failures of one operation: how badly it does, and what helps, the best first. Where a part of
/// buttress helps, it is named with the numbers to set it by, if it is not there yet: nobody told the log which parts are.
///
/// | what is seen | what is named |
/// |---|---|
/// | failures of the network | a circuit breaker, unless it is [known](Options::breakers) to be there: `failure_rate_threshold` five times what fails now, within 20 % and 50 %; `minimum_calls` as many as come in 30 s, within 5 and 100 |
/// | calls that waited for nothing | an adaptive timeout, and a bulkhead: how many waited how long |
/// | a quarter of the failures are of retries | a retry budget of 10 % |
/// | answers that say it is asked too much | a rate limit: what it lets in now |
/// | storage, transactions, authentication, validation | a fallback or a replica; parameters, and full jitter; new credentials; the caller |
/// | a regression, a period, a pair | the time to look at, the next time it is due, one cause for both |
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Recommendation {
    /// How urgent it is.
    pub priority: Priority,
    /// The component and the operation it is about, such as `payments/charge`.
    pub about: String,
    /// What to do, and which numbers say so.
    pub text: String,
}

impl fmt::Display for Recommendation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}: {}", self.priority, self.about, self.text)
    }
}

/// The patterns of one component.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ComponentPatterns {
    /// The component.
    pub component: Arc<str>,
    /// How many failures it has.
    pub failures: u64,
    /// What they have in common.
    pub patterns: Vec<Pattern>,
}

/// What stands out among the failures of a span.
///
/// It is for people, who decide what follows from it; nothing in buttress admits or refuses a call because of it.
///
/// Patterns only say what failures have in common. The findings are more: that something is
/// [periodic](Self::periodic), [comes together](Self::correlations) or [is worse than it was](Self::regressions). Each of
/// them is held against what chance brings about, over all that was compared, so that an ordinary day has none. Periods
/// below six hours and correlations are looked for in the last day of the span, where failures are known to the minute.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Analysis {
    /// How many patterns there are.
    pub pattern_count: usize,
    /// What failures have in common, the most frequent first; at most twenty.
    pub patterns: Vec<Pattern>,
    /// The same for each component, where that was asked for, the one with the most failures first.
    pub by_component: Vec<ComponentPatterns>,
    /// What comes back after the same time, again and again.
    pub periodic: Vec<Periodic>,
    /// What fails together, the surest first.
    pub correlations: Vec<Correlation>,
    /// What is worse than it was, or new, or back.
    pub regressions: Vec<Regression>,
    /// What to do about it, the most urgent first; at most five, each about something else.
    pub recommendations: Vec<Recommendation>,
    /// All of it in a sentence or two.
    pub summary: String,
    /// The last ten failures, the newest first.
    pub recent: Vec<Record>,
}

impl Analysis {
    pub(super) fn of(evidence: &Evidence, statistics: &Statistics, rates: &Rates, options: &Options) -> Self {
        let units = unit::units(evidence);
        let (since, until) = (evidence.known, evidence.until);
        let periodic = periodic::periodic(&units, since, until);
        let correlations = correlation::correlations(&units, since, until);
        let regressions = regression::regressions(&units, &evidence.traffic, since, until);
        let findings =
            Findings { rates, periodic: &periodic, correlations: &correlations, regressions: &regressions };
        let recommendations = recommendations(evidence, &findings, options);
        let patterns = patterns::patterns(evidence, &evidence.ranked(), options.min_confidence);
        let summary = summary(statistics, &findings, &patterns);
        Self {
            pattern_count: patterns.len(),
            by_component: if options.by_component {
                by_component(evidence, statistics, options.min_confidence)
            } else {
                Vec::new()
            },
            recent: evidence.records.iter().rev().take(RECENT).cloned().collect(),
            patterns,
            periodic,
            correlations,
            regressions,
            recommendations,
            summary,
        }
    }

    /// How many findings there are: what is periodic, comes together or is worse than it was.
    #[must_use]
    pub fn findings(&self) -> usize {
        self.periodic.len() + self.correlations.len() + self.regressions.len()
    }
}

fn by_component(evidence: &Evidence, statistics: &Statistics, min_confidence: f64) -> Vec<ComponentPatterns> {
    let ranked = evidence.ranked();
    let components = statistics.by_component.iter().map(|count| {
        let own: Vec<_> = ranked.iter().copied().filter(|fault| fault.component == count.of).collect();
        ComponentPatterns {
            component: Arc::clone(&count.of),
            failures: count.failures,
            patterns: patterns::patterns(evidence, &own, min_confidence),
        }
    });
    components.collect()
}

fn summary(statistics: &Statistics, found: &Findings<'_>, patterns: &[Pattern]) -> String {
    let total = statistics.total;
    let several = |many: usize, one: &str, more: &str| match many {
        1 => format!("1 {one}"),
        many => format!("{many} {more}"),
    };
    let Some(top) = statistics.top_errors.first() else {
        return match total {
            0 => "nothing failed".to_owned(),
            total => format!("{total} failures, of which no more is known"),
        };
    };
    let share = top.failures as f64 / total as f64 * 100.0;
    let mut text = several(usize::try_from(total).unwrap_or(usize::MAX), "failure", "failures");
    if let Some(percent) = found.rates.overall.percent {
        text.push_str(&format!(" ({percent:.1} % of the calls)"));
    }
    text.push_str(&format!(
        ", {}; the most frequent fault is {share:.0} % of them, in {}; ",
        several(patterns.len(), "pattern", "patterns"),
        unit::place(&top.component, &top.operation)
    ));
    let found = [
        (found.regressions.len(), "regression", "regressions"),
        (found.periodic.len(), "periodic fault", "periodic faults"),
        (found.correlations.len(), "pair that fails together", "pairs that fail together"),
    ];
    let named: Vec<_> = found
        .into_iter()
        .filter(|(many, ..)| *many > 0)
        .map(|(many, one, more)| several(many, one, more))
        .collect();
    text.push_str(&if named.is_empty() { "nothing unusual".to_owned() } else { named.join(", ") });
    text
}
