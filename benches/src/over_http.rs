//! A service of HTTP requests as one of numbers: what it costs to make one of each is part of every figure of it.

use crate::inner::CallError;
use http::{Request, Response};
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use tower_service::Service;

/// Makes a request of each number.
#[derive(Clone, Copy, Debug)]
pub struct OverHttp<S>(pub S);

impl<S: Service<Request<u64>>> Service<u64> for OverHttp<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: u64) -> S::Future {
        self.0.call(Request::new(request))
    }
}

/// Answers with an empty body of type `B`.
#[derive(Debug)]
pub struct Empty<B>(pub fn() -> B);

// By hand, as a body need not be `Clone` for a service that makes them to be.
impl<B> Clone for Empty<B> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<B> Service<Request<u64>> for Empty<B> {
    type Response = Response<B>;
    type Error = CallError;
    type Future = Ready<Result<Response<B>, CallError>>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, _: Request<u64>) -> Self::Future {
        ready(Ok(Response::new((self.0)())))
    }
}
