//! How a budget stands.

/// What a budget has and did, true for one instant. All but the balance are totals since it was made, which only grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Retries it would grant now.
    pub balance: u64,
    /// Original requests; `None` for a bucket of tokens, which does not count them.
    pub deposits: Option<u64>,
    /// Retries granted, those that were refunded included.
    pub withdrawn: u64,
    /// Retries refused.
    pub refused: u64,
    /// Retries granted and not made.
    pub refunded: u64,
}
