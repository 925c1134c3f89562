//! The ways a call can take through what admits it: places and rates, and all layers around an attempt.

use crate::inner::{Answer, CallError, Echo};
use crate::keys::mixed;
use crate::over_http::{Empty, OverHttp};
use crate::paths::{self, LONG, Path};
use crate::worker::{Worker, cloned_per_call, kept};
use buttress::bulkhead::{self, BulkheadLayer, adaptive_limit};
use buttress::rate_limit::{self, Keyed, Rate, RateLimitLayer};
use buttress::{CircuitBreakerLayer, InvalidConfig, RetryLayer, TimeoutLayer, retry};
use buttress_core::Tick;
use buttress_core::rate_limit::{Window, WindowConfig};
use std::future::ready;
use std::mem;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// A bulkhead with its defaults: there is room, and a queue in which nobody waits.
pub const BULKHEAD: Path = Path {
    name: "bulkhead, admitted",
    make: || kept(BulkheadLayer::new(places(100)).typed().layer(Echo), 0, |result| result.is_ok()),
};

/// The same held by a `&'static` handle.
pub const BULKHEAD_STATIC: Path = Path {
    name: "bulkhead, admitted, &'static",
    make: || {
        // Leaked, as a static would be: a few hundred bytes for each state that is measured.
        let handle: &'static bulkhead::Handle =
            Box::leak(Box::new(bulkhead::Handle::new("static", places(100))));
        kept(BulkheadLayer::from_handle(handle).typed().layer(Echo), 0, |result| result.is_ok())
    },
};

/// The same with the service cloned for each call.
pub const BULKHEAD_CLONED: Path = Path {
    name: "bulkhead, admitted, cloned per call",
    make: || {
        let service = BulkheadLayer::new(places(100)).typed().layer(Echo);
        cloned_per_call(service, 0, |result| result.is_ok())
    },
};

/// A bulkhead whose limit follows what the peer bears.
pub const BULKHEAD_ADAPTIVE: Path = Path {
    name: "bulkhead, admitted, adaptive",
    make: || {
        let layer = BulkheadLayer::adaptive(adaptive_limit::Config::default());
        kept(layer.typed().layer(Echo), 0, |result| result.is_ok())
    },
};

/// A bulkhead without room and without a queue.
pub const BULKHEAD_FULL: Path = Path {
    name: "bulkhead, full",
    make: || {
        let config = bulkhead::Config::builder().max_concurrent(1).queue(0).build();
        let handle = bulkhead::Handle::new("full", config.expect("these settings are valid"));
        // Never given back.
        mem::forget(handle.try_acquire().expect("there is one place"));
        kept(BulkheadLayer::from_handle(handle).typed().layer(Echo), 0, is_rejected)
    },
};

/// A rate that is never reached.
pub const RATE: Path = Path {
    name: "rate limit, admitted",
    make: || kept(RateLimitLayer::new(plenty()).typed().layer(Echo), 0, |result| result.is_ok()),
};

/// The same held by a `&'static` handle.
pub const RATE_STATIC: Path = Path {
    name: "rate limit, admitted, &'static",
    make: || {
        let handle: &'static rate_limit::Handle =
            Box::leak(Box::new(rate_limit::Handle::new("static", plenty())));
        kept(RateLimitLayer::from_handle(handle).typed().layer(Echo), 0, |result| result.is_ok())
    },
};

/// The same with the service cloned for each call.
pub const RATE_CLONED: Path = Path {
    name: "rate limit, admitted, cloned per call",
    make: || {
        let service = RateLimitLayer::new(plenty()).typed().layer(Echo);
        cloned_per_call(service, 0, |result| result.is_ok())
    },
};

/// A rate whose calls would wait for their turn, and need not.
pub const RATE_IN_TURN: Path = Path {
    name: "rate limit, admitted, able to wait",
    make: || kept(RateLimitLayer::new(plenty()).wait(LONG).typed().layer(Echo), 0, |result| result.is_ok()),
};

/// A rate that is used up.
pub const RATE_REFUSED: Path = Path {
    name: "rate limit, refused",
    make: || {
        let once = rate(Rate::per_day(1), 1);
        kept(RateLimitLayer::new(once).typed().layer(Echo), 1, is_rejected)
    },
};

/// The same over HTTP, with a body of a fixed size.
pub const RATE_HTTP: Path = Path {
    name: "rate limit over HTTP, admitted",
    make: || {
        let service = RateLimitLayer::http(plenty()).typed().layer(Empty(String::new));
        kept(OverHttp(service), 0, |result| result.is_ok())
    },
};

/// A rate per key, over ten keys.
pub const RATE_KEYED_10: Path = Path { name: "rate limit per key, 10 random keys", make: || keyed::<10>() };

/// A rate per key, over as many random keys as a cache does not hold.
pub const RATE_KEYED_10K: Path =
    Path { name: "rate limit per key, 10,000 random keys", make: || keyed::<10_000>() };

/// The same, a hundred times as many.
pub const RATE_KEYED_1M: Path =
    Path { name: "rate limit per key, 1,000,000 random keys", make: || keyed::<1_000_000>() };

/// A sliding window of ten calls, each of which is admitted as the oldest one leaves.
pub const WINDOW_10: Path = Path { name: "sliding window of 10 calls", make: || windowed(10) };

/// The same of as many as a strict contract may ask for.
pub const WINDOW_100K: Path = Path { name: "sliding window of 100,000 calls", make: || windowed(100_000) };

/// All layers around an attempt, put together by hand.
pub const FIVE: Path = Path {
    name: "retry, rate limit, breaker, bulkhead and timeout",
    make: || kept(five(), 0, |result| result.is_ok()),
};

/// The same with the service cloned for each call.
pub const FIVE_CLONED: Path = Path {
    name: "retry, rate limit, breaker, bulkhead and timeout, cloned per call",
    make: || cloned_per_call(five(), 0, |result| result.is_ok()),
};

/// All of them that are quick to make.
pub const ALL: [Path; 17] = [
    BULKHEAD,
    BULKHEAD_STATIC,
    BULKHEAD_CLONED,
    BULKHEAD_ADAPTIVE,
    BULKHEAD_FULL,
    RATE,
    RATE_STATIC,
    RATE_CLONED,
    RATE_IN_TURN,
    RATE_REFUSED,
    RATE_HTTP,
    RATE_KEYED_10,
    RATE_KEYED_10K,
    WINDOW_10,
    WINDOW_100K,
    FIVE,
    FIVE_CLONED,
];

fn five() -> impl Service<u64, Response = u64, Error = CallError, Future: Send> + Clone + Send + 'static {
    let attempt = TimeoutLayer::new(LONG).typed().layer(Echo);
    let attempt = BulkheadLayer::new(places(100)).typed().layer(attempt);
    let attempt = CircuitBreakerLayer::new(paths::every_rule()).typed().layer(attempt);
    let attempt = RateLimitLayer::new(plenty()).typed().layer(attempt);
    RetryLayer::new(retry::Config::default()).typed().layer(attempt)
}

fn places(most: u32) -> bulkhead::Config {
    bulkhead::Config::builder().max_concurrent(most).build().expect("these settings are valid")
}

/// More calls a second than anybody makes, and as many at once.
fn plenty() -> rate_limit::Config {
    rate(Rate::per_second(1_000_000_000), 1_000_000_000)
}

fn rate(rate: Result<Rate, InvalidConfig>, burst: u32) -> rate_limit::Config {
    rate.and_then(|rate| rate_limit::Config::new(rate, burst)).expect("these settings are valid")
}

fn is_rejected(result: &Result<u64, CallError>) -> bool {
    matches!(result, Err(CallError::Rejected(_)))
}

fn keyed<const KEYS: u64>() -> Box<dyn Worker> {
    let capacity = NonZeroUsize::new(2 * KEYS as usize).expect("there are keys");
    let limits = Keyed::with_capacity("keyed", plenty(), capacity);
    // All of them are there before the first call is measured.
    for key in 0..KEYS {
        limits.try_acquire(&key, 1).expect("every bucket starts full");
    }
    let service = RateLimitLayer::from_handle(limits.by(random_key::<KEYS>)).typed().layer(Echo);
    kept(service, KEYS, |result| result.is_ok())
}

/// A key that the one before says nothing about.
#[expect(clippy::unnecessary_wraps, reason = "a request may have no key")]
fn random_key<const KEYS: u64>(request: &u64) -> Option<u64> {
    Some(mixed(*request) % KEYS)
}

fn windowed(calls: u64) -> Box<dyn Worker> {
    let config = Rate::per_second(calls).and_then(WindowConfig::log).expect("these settings are valid");
    let between = 1_000_000_000 / calls;
    let service = Windowed { window: Arc::new(Window::new(config)), between, now: Arc::default() };
    kept(service, 2 * calls, |result| result.is_ok())
}

/// Admits requests that come at one distance, by a time of its own: that of the machine passes as it likes while instructions
/// are counted.
#[derive(Clone, Debug)]
struct Windowed {
    window: Arc<Window>,
    between: u64,
    /// Nanoseconds since the start.
    now: Arc<AtomicU64>,
}

impl Service<u64> for Windowed {
    type Response = u64;
    type Error = CallError;
    type Future = Answer;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: u64) -> Answer {
        let now = Tick::from_nanos(self.now.fetch_add(self.between, Ordering::Relaxed));
        let admitted = self.window.try_acquire(1, now);
        ready(admitted.map(|()| request).map_err(|_| CallError::Failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::allocations;

    #[test]
    fn f6_every_path_measures_what_it_is_called_after_and_allocates_nothing() {
        for path in ALL {
            let mut worker = (path.make)();
            worker.check();
            assert_eq!(allocations(&mut *worker, 500), 0, "{}", path.name);
            worker.twin().check();
        }
    }
}
