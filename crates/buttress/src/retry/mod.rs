//! Tries a failed call again.

pub mod budget;
mod condition;
mod counters;
mod course;
mod dice;
mod explained;
mod future;
mod handle;
mod hooks;
mod layer;
mod nested;
mod replay;
mod service;
mod source;

pub use self::budget::Budget;
pub use self::condition::{ByClass, Condition, Decision, When};
pub use self::counters::Totals;
pub use self::explained::{Exhausted, Explained};
pub use self::future::ResponseFuture;
pub use self::handle::{Handle, Snapshot};
pub use self::hooks::{BackoffHook, FailureHook, Hooks, RetryHook, Retrying, SuccessHook, Watch};
pub use self::layer::RetryLayer;
pub use self::replay::{ByClone, Replay};
pub use self::service::RetryService;
pub use self::source::Source;
pub use buttress_core::retry::{Backoff, Builder, Config, GiveUp, Jitter, presets};
