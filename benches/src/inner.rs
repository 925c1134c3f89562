//! The services beneath the layers.

use buttress::{Carry, Rejected};
use std::error::Error;
use std::fmt;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use tower_service::Service;

/// The error of the services here: small, and able to carry a rejection.
#[derive(Clone, Copy, Debug)]
pub enum CallError {
    /// The service failed.
    Failed,
    /// A layer above it refused.
    Rejected(Rejected),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed => f.write_str("failed"),
            Self::Rejected(rejected) => rejected.fmt(f),
        }
    }
}

impl Error for CallError {}

impl Carry for CallError {
    fn carry(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }

    fn rejected(&self) -> Option<Rejected> {
        match self {
            Self::Rejected(rejected) => Some(*rejected),
            Self::Failed => None,
        }
    }
}

/// What the services here answer with.
pub type Answer = Ready<Result<u64, CallError>>;

/// Answers with the request.
#[derive(Clone, Copy, Debug)]
pub struct Echo;

impl Service<u64> for Echo {
    type Response = u64;
    type Error = CallError;
    type Future = Answer;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: u64) -> Answer {
        ready(Ok(request))
    }
}

/// Fails, but for one call in a thousand: as long as its runs of failures end, rules on runs can be on and not fire.
#[derive(Clone, Copy, Debug)]
pub struct Failing;

/// One in how many calls to [`Failing`] succeeds.
const SUCCESS_IN: u64 = 1_000;

impl Service<u64> for Failing {
    type Response = u64;
    type Error = CallError;
    type Future = Answer;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: u64) -> Answer {
        ready(if request.is_multiple_of(SUCCESS_IN) { Ok(request) } else { Err(CallError::Failed) })
    }
}
