//! The contract kit: holds a layer to the contract of `tower::Service`, and to what buttress adds to it.
//!
//! A [`Subject`] describes a layer, a [`Rig`] puts it before a [`Probe`], and [`checks`] holds what must be true of every one.
//! A check is a function that panics with what it found. All layers of buttress are in [`subjects`].

pub mod breaker;
pub mod checks;
mod drive;
mod erased;
pub mod killed;
pub mod load;
mod over_http;
mod plan;
mod probe;
mod rig;
mod run;
pub mod serve;
mod subject;
pub mod subjects;
mod walk;

pub use drive::{Task, WakeCount, become_ready, poll_ready, ready};
pub use erased::{CallResult, Contracted, Erased, ErasedFuture};
pub use over_http::{Above, Below, CallBody, OverHttp};
pub use plan::{PanicAt, Plan, ProbeError, Trap};
pub use probe::{Call, Probe, Readiness};
pub use rig::Rig;
pub use run::{AtEnd, caught, paused, run, settle};
pub use subject::{Ledger, Make, Subject, Taken};

/// Compiles if `T` can go to and be seen by other threads.
pub const fn assert_send_sync<T: Send + Sync + 'static>(_: &T) {}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../crates/buttress/src/hosts.md")]
struct Hosts;
