//! Events on their way out, and the spans around them.

mod listeners;
mod span;
#[cfg(feature = "tracing")]
mod tracing;

pub(crate) use self::listeners::{Inline, Listen, Listeners};
pub(crate) use self::span::{InOperation, in_operation};
#[cfg(feature = "tracing")]
pub(crate) use self::tracing::{trace, traces_refusals};

#[cfg(not(feature = "tracing"))]
pub(crate) const fn trace(_: &crate::Event) {}

#[cfg(not(feature = "tracing"))]
pub(crate) const fn traces_refusals() -> bool {
    false
}
