//! What a family of series is, and one of its series.

use super::members::Owner;
use crate::Durations;
use std::borrow::Cow;

/// Series of one name that differ in their labels: a row of the table of all metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Family {
    /// The name, without the namespace.
    pub name: &'static str,
    /// Whether the namespace stands before the name.
    pub prefixed: bool,
    /// What its values mean.
    pub kind: Kind,
    /// The labels its series have; those in brackets are only where the meaning says.
    pub labels: &'static [&'static str],
    /// What is counted, in the plural, or the unit.
    pub unit: &'static str,
    /// What it tells, in one line.
    pub meaning: &'static str,
}

/// What the values of a family mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Counts from when its owner was made, and never goes down.
    Counter,
    /// How things stand now.
    Gauge,
    /// Counts durations by buckets.
    Histogram,
}

impl Kind {
    /// The word that Prometheus has for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Family {
    /// The name as it is exported under `namespace`.
    #[must_use]
    pub fn full_name(&self, namespace: &str) -> String {
        match namespace {
            "" => self.name.to_owned(),
            _ if !self.prefixed => self.name.to_owned(),
            namespace => format!("{namespace}_{}", self.name),
        }
    }
}

/// The labels of a series and what they say.
pub(super) type Labels = Vec<(&'static str, Cow<'static, str>)>;

/// One value, or one histogram, of a family.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) family: &'static Family,
    pub(super) owner: Owner,
    pub(super) labels: Labels,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Count(u64),
    Level(f64),
    Durations(Durations),
}
