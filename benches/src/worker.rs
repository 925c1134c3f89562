//! Many calls through one service, one after the other, without a runtime.

use std::fmt::Debug;
use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread::yield_now;
use tower_service::Service;

/// Makes calls on one thread.
pub trait Worker: Send {
    /// Makes so many calls.
    fn run(&mut self, calls: u64);

    /// Another worker on the same state, for another thread.
    fn twin(&self) -> Box<dyn Worker>;

    /// Makes one call and looks at the result.
    ///
    /// # Panics
    /// When the call does not end as this worker's calls should: it would be measured under a wrong name.
    fn check(&mut self);
}

/// How the calls of a worker end.
type Expected<S> = fn(&Result<<S as Service<u64>>::Response, <S as Service<u64>>::Error>) -> bool;

/// Whether each call is made on a service of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lifetime {
    Kept,
    ClonedPerCall,
}

struct Calls<S: Service<u64>> {
    service: S,
    lifetime: Lifetime,
    expected: Expected<S>,
    request: u64,
}

/// A worker that keeps its service, after `before` calls that bring its state to where it is to be measured.
pub fn kept<S>(service: S, before: u64, expected: Expected<S>) -> Box<dyn Worker>
where
    S: Service<u64, Response: Debug, Error: Debug> + Clone + Send + 'static,
{
    with(service, before, expected, Lifetime::Kept)
}

/// A worker that clones its service for each call, as servers do that are given one to clone.
pub fn cloned_per_call<S>(service: S, before: u64, expected: Expected<S>) -> Box<dyn Worker>
where
    S: Service<u64, Response: Debug, Error: Debug> + Clone + Send + 'static,
{
    with(service, before, expected, Lifetime::ClonedPerCall)
}

fn with<S>(service: S, before: u64, expected: Expected<S>, lifetime: Lifetime) -> Box<dyn Worker>
where
    S: Service<u64, Response: Debug, Error: Debug> + Clone + Send + 'static,
{
    let mut calls = Calls { service, lifetime, expected, request: 0 };
    calls.run(before);
    Box::new(calls)
}

impl<S> Worker for Calls<S>
where
    S: Service<u64, Response: Debug, Error: Debug> + Clone + Send + 'static,
{
    // Out of line, so that the loop is the same code wherever it is measured from.
    #[inline(never)]
    fn run(&mut self, calls: u64) {
        let (service, first) = (&mut self.service, self.request);
        let lifetime = self.lifetime;
        drive(async move {
            for request in first..first + calls {
                let request = black_box(request);
                // By reference, as a copy would cost more than the service beneath.
                black_box(&match lifetime {
                    Lifetime::Kept => call(service, request).await,
                    Lifetime::ClonedPerCall => call(&mut service.clone(), request).await,
                });
            }
        });
        self.request += calls;
    }

    fn twin(&self) -> Box<dyn Worker> {
        let Self { lifetime, expected, request, .. } = *self;
        Box::new(Self { service: self.service.clone(), lifetime, expected, request })
    }

    fn check(&mut self) {
        // A number that no worker's own calls reach, and none that is special to a service.
        let result = drive(call(&mut self.service, u64::MAX));
        assert!((self.expected)(&result), "a call ended unexpectedly: {result:?}");
    }
}

/// A call as its users write it.
async fn call<S: Service<u64>>(service: &mut S, request: u64) -> Result<S::Response, S::Error> {
    poll_fn(|cx| service.poll_ready(cx)).await?;
    service.call(request).await
}

/// Polls to the end. Where a service makes callers wait for each other, they yield to each other.
fn drive<F: Future>(future: F) -> F::Output {
    let cx = &mut Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => yield_now(),
        }
    }
}
