//! Events on their way out, and the spans around them.

mod listeners;
mod span;
#[cfg(feature = "tracing")]
mod tracing;

pub(crate) use self::listeners::{Inline, Listen, Listeners};
pub(crate) use self::span::{InOperation, in_operation};
#[cfg(feature = "tracing")]
pub(crate) use self::tracing::{trace, traces_refusals};
