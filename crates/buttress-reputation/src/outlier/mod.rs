//! Peers that do worse than the others do, and are left out for a while.
//!
//! A breaker looks at one peer, and opens where that one fails. This looks at all of them side by side: one that fails five times
//! as often as the others is a bad choice though most of its calls succeed, and where all of them fail alike, none is.
//!
//! # How it decides
//! Once in each [interval](Builder::interval), of the calls that ended in it:
//!
//! - [`SuccessRate`]: who succeeds less often than the mean less 1.9 standard deviations. Of peers that have at least 100 calls,
//!   when there are at least 5 such.
//! - [`FailurePercentage`]: who fails at least 85 % of its calls. Of peers that have at least 50, when there are at least 5 such.
//!
//! The worst first, they are left out for 30 s the first time, and 30 s longer each time that it happens again, up to 300 s; an
//! interval that a peer spends among the others takes one of those times back. No more than a tenth of the peers is out at a time,
//! but always one may be.
//!
//! After Envoy's outlier detection and gRPC's (proposal A50), with their numbers. What differs: the worst go first, where those
//! take whoever comes first; the share of those that are out is never exceeded but for the first one, where theirs is only not
//! exceeded before; a peer returns when its time is over, and not at the interval that follows; and there is no percentage of
//! cases in which nothing is done, as a detector that is switched off does as much.
//!
//! # What drives it
//! Picks of a [selection](crate::selection): one that finds an interval to be over looks at some of the peers, and the next ones
//! go on, so that none of them waits for a look at ten thousand, and none waits for another.

mod config;
mod detector;
mod standing;
mod verdict;

pub use config::{Builder, Config, FailurePercentage, SuccessRate};
pub(crate) use detector::{Detector, Watched};
pub(crate) use standing::Standing;
pub use verdict::Rule;

#[cfg(all(test, not(buttress_loom)))]
mod tests;
