//! What the tests of the rate limit have in common.

use buttress::rate_limit::{Config, Handle, Rate};
use buttress::{Reason, Rejected, Tick, clock};
use std::error::Error;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::Service;

/// A service that notes when it is called with what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer(Arc<Mutex<Vec<(Tick, u32)>>>);

impl Peer {
    pub(crate) fn calls(&self) -> Vec<u32> {
        self.0.lock().unwrap().iter().map(|(_, request)| *request).collect()
    }

    /// When it was called, in milliseconds since `start`.
    pub(crate) fn millis_since(&self, start: Tick) -> Vec<u128> {
        self.0.lock().unwrap().iter().map(|(at, _)| at.since(start).as_millis()).collect()
    }
}

impl Service<u32> for Peer {
    type Response = u32;
    type Error = std::io::Error;
    type Future = Ready<Result<u32, std::io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u32) -> Self::Future {
        self.0.lock().unwrap().push((clock::now(), request));
        ready(Ok(request))
    }
}

pub(crate) fn per_second(count: u64, burst: u32) -> Config {
    Config::new(Rate::per_second(count).unwrap(), burst).unwrap()
}

/// So many a second, so many at once.
pub(crate) fn limit(count: u64, burst: u32) -> Handle {
    Handle::new("api", per_second(count, burst))
}

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Why it was refused, and for how long.
pub(crate) fn refusal(error: &(dyn Error + 'static)) -> (Reason, Option<Duration>) {
    let rejected = Rejected::find(error).unwrap();
    assert!(!rejected.was_sent());
    (rejected.reason(), rejected.retry_after())
}
