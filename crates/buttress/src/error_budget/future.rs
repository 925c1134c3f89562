//! The future of one call.

use super::recording::Recording;
use crate::JudgedCall;

/// The response of an [`ErrorBudgetService`](super::ErrorBudgetService).
pub type ResponseFuture<F, L, R, J> = JudgedCall<F, Recording<L>, R, J>;
