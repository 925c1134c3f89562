//! Calls that are judged when their body has ended.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod boxed;
mod rules;
mod script;
mod stall;
mod wire;

use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, Totals};
use buttress::{AtEnd, FailureKind, Respond, classify};
use http::Request;
use http_body::{Body, Frame};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use support::Task;
use tower::{Layer, Service};

type Layered = CircuitBreakerLayer<Handle, Respond, AtEnd<classify::Http>>;

fn layer(handle: &Handle) -> Layered {
    CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end().respond()
}

/// The service beneath: answers once, with this response.
struct Answers<T>(Option<T>);

impl<T> Service<Request<()>> for Answers<T> {
    type Response = T;
    type Error = Infallible;
    type Future = Ready<Result<T, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(self.0.take().unwrap()))
    }
}

/// What `layer` makes of `response`.
fn answered<T, L, Res>(layer: &L, response: T) -> Res
where
    L: Layer<Answers<T>, Service: Service<Request<()>, Response = Res, Error = Infallible>>,
{
    let mut service = layer.layer(Answers(Some(response)));
    support::ready(&mut service);
    Task::new(service.call(Request::new(()))).finish().unwrap()
}

type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

fn poll<B: Body + Unpin>(body: &mut B) -> Polled<B> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

fn handle() -> Handle {
    Handle::new("bodies", Config::default())
}

/// Success, failure, ignored, cancelled.
fn outcomes(handle: &Handle) -> [u64; 4] {
    let Totals { successes, failures, ignored, cancelled, .. } = handle.snapshot().totals;
    [successes, failures, ignored, cancelled]
}

const NOTHING_YET: [u64; 4] = [0; 4];
const SUCCESS: [u64; 4] = [1, 0, 0, 0];
const FAILURE: [u64; 4] = [0, 1, 0, 0];
const IGNORED: [u64; 4] = [0, 0, 1, 0];

fn last_failure(handle: &Handle) -> Option<FailureKind> {
    handle.snapshot().last_failure.map(|last| last.kind)
}
