//! Polling by hand, with wakers that count.

use buttress::BoxError;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use tower::Service;

/// A waker that counts.
#[derive(Debug, Default)]
pub struct WakeCount(AtomicUsize);

impl WakeCount {
    /// A fresh one and its waker.
    #[must_use]
    pub fn new() -> (Arc<Self>, Waker) {
        let count = Arc::new(Self::default());
        let waker = Waker::from(Arc::clone(&count));
        (count, waker)
    }

    /// How often it was woken.
    #[must_use]
    pub fn get(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for WakeCount {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Asks once whether `service` is ready.
pub fn poll_ready<Req, S: Service<Req>>(service: &mut S) -> Poll<Result<(), S::Error>> {
    service.poll_ready(&mut Context::from_waker(Waker::noop()))
}

/// Polls `service` until it is ready, and panics if it is not at once or fails.
pub fn ready<Req, S: Service<Req>>(service: &mut S) {
    assert!(matches!(poll_ready(service), Poll::Ready(Ok(()))), "the service is not ready");
}

/// Waits until `service` is ready, at most so long that no lease ends meanwhile.
///
/// # Panics
/// If it takes longer or fails.
pub async fn become_ready<Req, S: Service<Req, Error: Into<BoxError>>>(service: &mut S) {
    let ready = tokio::time::timeout(Duration::from_secs(10), poll_fn(|cx| service.poll_ready(cx))).await;
    if let Err(error) = ready.expect("the service does not become ready") {
        panic!("the service does not become ready: {}", error.into());
    }
}

/// A future polled by hand.
pub struct Task<F>(Pin<Box<F>>);

impl<F> std::fmt::Debug for Task<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Task")
    }
}

impl<F: Future> Task<F> {
    /// Takes `future`, unpolled.
    pub fn new(future: F) -> Self {
        Self(Box::pin(future))
    }

    /// Polls once.
    pub fn poll(&mut self) -> Poll<F::Output> {
        self.poll_with(Waker::noop())
    }

    /// Polls once, with this waker.
    pub fn poll_with(&mut self, waker: &Waker) -> Poll<F::Output> {
        self.0.as_mut().poll(&mut Context::from_waker(waker))
    }

    /// Polls until it is done; it must wake itself.
    pub fn finish(&mut self) -> F::Output {
        loop {
            if let Poll::Ready(output) = self.poll() {
                return output;
            }
        }
    }
}
