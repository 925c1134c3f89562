//! The span that an operation runs in.

/// A future in the span of its operation; without feature `tracing`, the future alone.
#[cfg(feature = "tracing")]
pub(crate) type InOperation<F> = tracing::instrument::Instrumented<F>;
#[cfg(not(feature = "tracing"))]
pub(crate) type InOperation<F> = F;

/// Makes the call in the span of the operation with these names, operation and component.
#[cfg(feature = "tracing")]
pub(crate) fn in_operation<F>(names: Option<(&str, &str)>, call: impl FnOnce() -> F) -> InOperation<F> {
    use tracing::{Instrument, Span, info_span};

    let span = names.map_or_else(
        Span::none,
        |(operation, component)| info_span!(target: "buttress", "operation", operation, component),
    );
    span.in_scope(call).instrument(span)
}

/// Makes the call.
#[cfg(not(feature = "tracing"))]
pub(crate) fn in_operation<F>(_: Option<(&str, &str)>, call: impl FnOnce() -> F) -> InOperation<F> {
    call()
}
