//! How the log stands.

/// How the log stands at one instant, as a plain value. Its sums agree with each other: what is in it was counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// How many failures were recorded.
    pub recorded: u64,
    /// How many were read back from before.
    pub restored: u64,
    /// How many records are kept.
    pub records: usize,
    /// How many records had to go for others, or for their age.
    pub dropped: u64,
    /// How many classes have a place.
    pub classes: usize,
    /// How many classes had to go for others.
    pub replaced: u64,
    /// How many operations are told apart.
    pub operations: usize,
    /// How many operations were asked for that found no place, and count as `other`.
    pub overflowed: u64,
    /// How many texts panicked when they were to be told.
    pub panicked: u64,
    /// How many calls went well.
    pub successes: u64,
    /// How many failures each operation has, by operation and component. Together as many as were recorded and read back.
    pub failures: Vec<OperationFailures>,
    /// How many there are of each sort and severity. Together as many as were recorded and read back.
    pub tallies: Vec<TallyCount>,
}

/// How many failures an operation has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct OperationFailures {
    /// What was being done.
    pub operation: std::sync::Arc<str>,
    /// By or with which part.
    pub component: std::sync::Arc<str>,
    /// How many failed, with those that were read back.
    pub failures: u64,
}

/// How many failures are of a sort and severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TallyCount {
    /// Of what sort.
    pub category: super::Category,
    /// How bad.
    pub severity: super::Severity,
    /// How many.
    pub failures: u64,
}
