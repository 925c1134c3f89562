//! What became of lines.

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Pushed {
    /// It waits to be written.
    Queued,
    /// Its class has had its lines in this period: it is counted, and the next line of its class tells of it.
    Suppressed,
    /// There was no place for it, as the disk does not keep up: it is dropped and counted.
    Full,
}

/// How it stands with the lines. All that were pushed are `queued + written + suppressed + full + too_long + unfit + lost`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// So many wait to be written.
    pub queued: u64,
    /// So many were written.
    pub written: u64,
    /// So many were left out because their class had had its lines.
    pub suppressed: u64,
    /// So many were dropped because too many waited.
    pub full: u64,
    /// So many were dropped because they were longer than a line may be.
    pub too_long: u64,
    /// So many could not be put into JSON.
    pub unfit: u64,
    /// So many waited when the end came or all was cleared.
    pub lost: u64,
    /// So often the disk did not do what it was asked for.
    pub errors: u64,
    /// What is wrong with the disk now.
    pub trouble: Option<String>,
    /// So many files there are.
    pub files: u64,
    /// So long they are together.
    pub bytes: u64,
}
