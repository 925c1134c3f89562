//! What a call through the layers of buttress costs.
//!
//! | module | holds |
//! |---|---|
//! | [`bodies`] | a service whose responses have bodies, and who reads them to the end |
//! | [`inner`] | the services beneath: their futures are ready at once, so that the layers are what is measured |
//! | [`over_http`] | a service of HTTP requests as one of numbers |
//! | [`worker`] | many calls through one service, one after the other |
//! | [`paths`] | the ways a call can take through buttress |
//! | [`admission`] | those through what admits calls: places and rates |
//! | [`budgets`] | those through an error budget |
//! | [`failures`] | those through what remembers the calls that fail |
//! | `peers` | the same ways through other crates (feature `peers`) |
//! | [`flood`] | more keys than there is room for |
//! | [`clients`] | more clients than a rate limit has room for |
//! | [`keys`] | states by key, with keys in no order |
//! | [`selection`] | one of some peers, and what came of it |
//! | [`measure`] | allocations, bytes, nanoseconds |
//! | [`callgrind`] | instructions |
//! | [`recorded`] | the instructions a path is known to cost |
//! | `table` | results for people and for programs (feature `peers`) |

pub mod admission;
pub mod bodies;
pub mod budgets;
pub mod callgrind;
pub mod clients;
pub mod failures;
pub mod flood;
pub mod inner;
pub mod keys;
pub mod measure;
pub mod over_http;
pub mod paths;
#[cfg(feature = "peers")]
pub mod peers;
pub mod recorded;
pub mod selection;
#[cfg(feature = "peers")]
pub mod table;
pub mod worker;
