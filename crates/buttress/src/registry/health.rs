//! Whether things are well, in one word and with the reasons.

use crate::circuit_breaker::{Snapshot, State};
use std::fmt::{self, Display};

/// How well something is; of several, the worst counts.
///
/// ```
/// use buttress::registry::Verdict;
///
/// assert_eq!(Verdict::Healthy.max(Verdict::Unhealthy), Verdict::Unhealthy);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Verdict {
    /// Calls flow.
    #[default]
    Healthy,
    /// Some calls flow, or are to find out whether they can again.
    Degraded,
    /// Calls are refused.
    Unhealthy,
}

impl Verdict {
    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }

    /// The verdict on a breaker, by what it answers a call now. One that is open and would admit a probe is degraded: who
    /// took its traffic away for being unhealthy would keep it open for ever. So is one that would be open but for its
    /// shadow.
    pub(crate) const fn of_breaker(state: State, refuses: bool) -> Self {
        match state {
            State::Closed | State::ForcedClosed => Self::Healthy,
            State::HalfOpen => Self::Degraded,
            State::Open | State::ForcedOpen if refuses => Self::Unhealthy,
            State::Open | State::ForcedOpen => Self::Degraded,
        }
    }

    /// The same of one that stood like this.
    pub(crate) fn of_snapshot(snapshot: &Snapshot) -> Self {
        let refuses = match snapshot.state {
            State::ForcedOpen => true,
            State::Open => !snapshot.shadow && snapshot.retry_after.is_some_and(|left| !left.is_zero()),
            _ => false,
        };
        Self::of_breaker(snapshot.state, refuses)
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The verdict on everything in a registry: the worst on any of it, and who is to blame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Health {
    /// The worst of all verdicts; healthy where there is nothing to judge.
    pub verdict: Verdict,
    /// Whatever is not healthy, by kind and name.
    pub reasons: Vec<Concern>,
}

/// Something that is not healthy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Concern {
    /// The kind, as `circuit_breaker`.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// How well it is.
    pub verdict: Verdict,
    /// The state it is in: `open`, or for one that keeps a state per key, `refusing 2 and probing 1 of 20 keys`.
    pub state: String,
}

impl Health {
    /// Takes the verdict on one more into account.
    pub(crate) fn judge(&mut self, kind: &'static str, name: &str, verdict: Verdict, state: impl Display) {
        self.verdict = self.verdict.max(verdict);
        if verdict > Verdict::Healthy {
            let (name, state) = (name.to_owned(), state.to_string());
            self.reasons.push(Concern { kind, name, verdict, state });
        }
    }

    /// Whether `other` says the same of the same ones, in whatever words.
    pub(crate) fn agrees_with(&self, other: &Self) -> bool {
        let same = |(one, other): (&Concern, &Concern)| {
            (one.kind, &one.name, one.verdict) == (other.kind, &other.name, other.verdict)
        };
        self.reasons.len() == other.reasons.len() && self.reasons.iter().zip(&other.reasons).all(same)
    }
}

impl Display for Health {
    /// `degraded: circuit_breaker orders is half_open`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.verdict)?;
        for (number, reason) in self.reasons.iter().enumerate() {
            write!(f, "{} {reason}", if number == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

impl Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} is {}", self.kind, self.name, self.state)
    }
}

/// The verdicts on many keys, counted.
#[derive(Default)]
pub(crate) struct Verdicts {
    keys: usize,
    degraded: usize,
    unhealthy: usize,
}

impl Verdicts {
    pub(crate) const fn new(keys: usize, degraded: usize, unhealthy: usize) -> Self {
        Self { keys, degraded, unhealthy }
    }

    pub(crate) const fn add(&mut self, verdict: Verdict) {
        self.keys += 1;
        match verdict {
            Verdict::Healthy => {}
            Verdict::Degraded => self.degraded += 1,
            Verdict::Unhealthy => self.unhealthy += 1,
        }
    }

    pub(crate) const fn keys(&self) -> usize {
        self.keys
    }

    pub(crate) const fn degraded(&self) -> usize {
        self.degraded
    }

    pub(crate) const fn unhealthy(&self) -> usize {
        self.unhealthy
    }

    /// The verdict on all of them together: while one key has its calls, others are what it is degraded by.
    pub(crate) const fn verdict(&self) -> Verdict {
        match self.degraded + self.unhealthy {
            0 => Verdict::Healthy,
            _ if self.unhealthy == self.keys => Verdict::Unhealthy,
            _ => Verdict::Degraded,
        }
    }
}

impl Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refusing {} and probing {} of {} keys", self.unhealthy, self.degraded, self.keys)
    }
}
