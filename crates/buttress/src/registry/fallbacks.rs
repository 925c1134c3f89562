//! How a fallback stands.

use crate::fallback::{Handle, Totals};

/// How one fallback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FallbackStatus {
    /// How often it was asked since it was made, by what made it so and how that ended. The numbers never become fewer.
    pub totals: Totals,
    /// Tells it from another that came under its name.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) seed: u64,
}

impl FallbackStatus {
    pub(crate) fn new(handle: &Handle) -> Self {
        Self { totals: handle.totals(), seed: handle.seed() }
    }
}
