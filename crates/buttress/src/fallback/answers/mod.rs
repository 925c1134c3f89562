//! Where the answers of a fallback come from.

mod function;
mod last_good;
mod service;
mod value;

pub use function::{Function, FunctionOfRequest};
pub use last_good::{LastGood, NothingKept};
pub use service::{OfService, OfServiceFuture};
pub use value::Value;

use super::cause::Cause;
use crate::BoxError;

/// Keeps of a request what a fallback needs of it.
pub trait KeepOf<Req> {
    /// What the service beneath gets.
    type Attempt;
    /// What is kept of the request while the service beneath works on it.
    type Kept;

    /// A call begins.
    fn keep(&self, request: Req) -> (Self::Attempt, Self::Kept);
}

/// Answers in the place of a call with a result of `Result<Res, Err>`. The first type parameter of the layer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot answer for a service with the request `{Req}`, the response `{Res}` and the error `{Err}`",
    label = "the fallback of the layer on this service",
    note = "a value or the response of a function or service must be a `{Res}`, and errors of these must be convertible into `buttress::BoxError`",
    note = "where the fallback gets the request, as by `service` and `function_of_request`, that must be `Clone`"
)]
pub trait Answers<Req, Res, Err>: KeepOf<Req> {
    /// What the service with the layer on it responds.
    type Response;
    /// How the fallback itself can fail.
    type Error: Into<BoxError>;
    /// The fallback at work.
    type Future: Future<Output = Result<Self::Response, Self::Error>>;

    /// The call needs this fallback.
    fn answer(&self, kept: Self::Kept, cause: Cause<'_, Res, Err>) -> Self::Future;

    /// The call had a good response of its own.
    fn good(&self, kept: Self::Kept, response: Res) -> Self::Response;

    /// The call had a response that is nothing to remember.
    fn pass(response: Res) -> Self::Response;
}
