//! The clock that handles read. Machines get the time as an argument.

#[cfg(feature = "tower")]
pub(crate) use buttress::clock::fine;
#[cfg(feature = "registry")]
pub(crate) use buttress::clock::{now, precise};

#[cfg(not(feature = "registry"))]
pub(crate) use buttress_core::clock::{coarse as now, precise};
