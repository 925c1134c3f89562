//! The future of one call.

use super::permit::Permit;
use crate::JudgedCall;

/// The response of a [`CircuitBreakerService`](super::CircuitBreakerService).
pub type ResponseFuture<F, L, R, J> = JudgedCall<F, Permit<L>, R, J>;
