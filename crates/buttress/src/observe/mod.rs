//! Events on their way out.

mod listeners;
#[cfg(feature = "tracing")]
mod tracing;

pub(crate) use self::listeners::{Inline, Listen, Listeners};
#[cfg(feature = "tracing")]
pub(crate) use self::tracing::{trace, traces_refusals};
