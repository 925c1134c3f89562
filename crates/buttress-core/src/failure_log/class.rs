//! Failures that are the same, counted.

use super::{Category, Fingerprint, Flags, Severity};
use std::sync::Arc;
use std::time::SystemTime;

/// Failures that are the same but for what a mask hides.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Class {
    /// Its number.
    pub fingerprint: Fingerprint,
    /// What all of them say.
    pub template: Arc<str>,
    /// What was being done.
    pub operation: Arc<str>,
    /// By or with which part.
    pub component: Arc<str>,
    /// The type of the error.
    pub error_type: Arc<str>,
    /// How bad the last one was.
    pub severity: Severity,
    /// Of what sort the last one was.
    pub category: Category,
    /// Whether the last one was no call that failed, but something else worth knowing.
    #[cfg_attr(feature = "serde", serde(default))]
    pub aside: bool,
    /// How many there were, at most: [`Class::error`] of them may have been others. For a part of the time it is what the
    /// series holds, which is never too much.
    pub count: u64,
    /// By how much `count` may be too large, as the class took the place of another.
    pub error: u64,
    /// When the first one came since the class has its place.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub first: SystemTime,
    /// When the last one came.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub last: SystemTime,
    /// What is remarkable about it now.
    pub flags: Flags,
    /// When they came.
    pub series: Series,
}

/// How many there were over time. Times in which there were none are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Series {
    /// By the minute, of the last day, ascending.
    pub minutes: Vec<Bucket>,
    /// By the hour, of the last 30 days, ascending.
    pub hours: Vec<Bucket>,
}

/// How many there were in a minute or an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Bucket {
    /// When it began.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub start: SystemTime,
    /// How many there were.
    pub count: u64,
}

/// How many failures of one sort and severity there were, whatever their operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Tally {
    /// Of what sort.
    pub category: Category,
    /// How bad.
    pub severity: Severity,
    /// How many in all, or between the ends of the filter.
    pub count: u64,
    /// When they came.
    pub series: Series,
}

/// The calls of one operation over time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Volume {
    /// What was being done.
    pub operation: Arc<str>,
    /// By or with which part.
    pub component: Arc<str>,
    /// How many went well, in all or between the ends of the filter.
    pub successes: u64,
    /// How many failed, of those whose successes were counted as well.
    pub failures: u64,
    /// How many failures were read back from before: how many calls there were then is not known, so no rate has them.
    pub restored: u64,
    /// By the minute, of the last day, ascending.
    pub minutes: Vec<Calls>,
    /// By the hour, of the last 30 days, ascending.
    pub hours: Vec<Calls>,
}

/// The calls of a minute or an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Calls {
    /// When it began.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub start: SystemTime,
    /// How many went well.
    pub successes: u64,
    /// How many failed.
    pub failures: u64,
}
