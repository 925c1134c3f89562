//! Probes that hold a layer to the contract of `tower::Service`, and to what buttress adds to it.

pub mod breaker;
mod drive;
mod probe;
pub mod serve;

pub use drive::{Task, WakeCount, poll_ready, ready};
pub use probe::{Call, Plan, Probe, ProbeError, Readiness};

/// Compiles if `T` can go to and be seen by other threads.
pub const fn assert_send_sync<T: Send + Sync + 'static>(_: &T) {}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
