//! How a budget stands.

use buttress_core::error_budget::{self as core, Level};

/// How the budgets of one handle stood at one instant.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The name of the handle.
    pub name: &'static str,
    /// How low it is, of several objectives the lowest.
    pub level: Level,
    /// Each objective.
    pub objectives: Vec<ObjectiveSnapshot>,
    /// Calls that not every objective counts.
    pub totals: Totals,
}

/// How one objective stood.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ObjectiveSnapshot {
    /// Its name: that of the handle, and of several its own behind that.
    pub name: &'static str,
    /// Its budget.
    pub budget: core::Snapshot,
}

/// Calls that not every objective counts, since the handle was made. The numbers only ever grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Totals {
    /// Calls that a layer beneath refused and did not send: bad for an objective that
    /// [counts rejections](core::Config::count_rejections), and nothing for others.
    pub refused_beneath: u64,
    /// Calls that the peer throttled: the same, as it is a refusal whoever says it.
    pub throttled: u64,
    /// Calls whose classifier said that they say nothing.
    pub ignored: u64,
    /// Calls that were dropped before they had a result.
    pub cancelled: u64,
    /// Cancelled calls that were dropped by a panic.
    pub panicked: u64,
    /// Calls that were shed, and not sent.
    pub shed: u64,
}

impl Snapshot {
    /// Whether every objective is met: no more calls were bad in its window than it allows.
    #[must_use]
    pub fn all_met(&self) -> bool {
        self.objectives.iter().all(|objective| objective.budget.met)
    }
}
