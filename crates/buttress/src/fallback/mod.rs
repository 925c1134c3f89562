//! Answers in the place of calls that have no answer of their own.

mod answers;
mod cause;
mod error;
mod future;
mod handle;
#[cfg(feature = "http")]
mod http;
mod layer;
mod member;
mod protocol;
mod service;
mod when;

pub use answers::{
    Answers, Function, FunctionOfRequest, KeepOf, LastGood, NothingKept, OfService, OfServiceFuture, Value,
};
pub use cause::Cause;
pub use error::Failed;
pub use future::ResponseFuture;
pub use handle::{Ends, Handle, Totals};
#[cfg(feature = "http")]
pub use http::Http;
pub use layer::FallbackLayer;
pub use protocol::{Plain, Protocol};
pub use service::FallbackService;
pub use when::{AnyError, Open, OpenOrOpening, Seen, When};

/// In the extensions of a response: a fallback answered, and not the service that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Degraded {
    /// Where the answer comes from.
    pub source: &'static str,
}
