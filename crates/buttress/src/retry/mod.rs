//! Tries a failed call again.

#[cfg(feature = "http")]
mod attempt;
pub mod budget;
mod condition;
mod counters;
mod course;
mod dice;
mod explained;
mod future;
mod handle;
mod hooks;
#[cfg(feature = "http")]
mod http;
mod layer;
mod nested;
mod replay;
mod service;
mod source;

#[cfg(feature = "http")]
pub use self::attempt::{Attempt, NoRetry};
pub use self::budget::Budget;
pub use self::condition::{ByClass, Condition, Decision, When};
pub use self::counters::Totals;
pub use self::explained::{Exhausted, Explained};
pub use self::future::ResponseFuture;
pub use self::handle::{Handle, Snapshot};
pub use self::hooks::{BackoffHook, FailureHook, Hooks, RetryHook, Retrying, SuccessHook, Watch};
#[cfg(feature = "http")]
pub use self::http::{GrpcCondition, HttpCondition};
pub use self::layer::RetryLayer;
#[cfg(feature = "reqwest")]
pub use self::replay::ReqwestTape;
#[cfg(feature = "http")]
pub use self::replay::{ByBody, RepeatBody, ReplayBody, RequestTape};
pub use self::replay::{ByClone, Replay};
pub use self::service::RetryService;
pub use self::source::Source;
pub use buttress_core::retry::{Backoff, Builder, Config, GiveUp, Jitter, presets};
