//! What others admit calls by: places and rates.

use super::InRuntime;
use crate::inner::{Answer, CallError, Echo};
use crate::over_http::{Empty, OverHttp};
use crate::paths::{LONG, Path};
use crate::worker::{cloned_per_call, kept};
use axum::body::Body;
use governor::{DefaultDirectRateLimiter, Quota};
use std::future::ready;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Semaphore;
use tower::limit::{GlobalConcurrencyLimitLayer, RateLimit, RateLimitLayer};
use tower::load_shed::LoadShed;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::GlobalKeyExtractor;
use tower_layer::Layer;
use tower_resilience_bulkhead::BulkheadLayer;
use tower_resilience_ratelimiter::{RateLimiterLayer, RateLimiterServiceError};
use tower_service::Service;

/// tower's concurrency limit, with places left.
pub const TOWER_CONCURRENCY: Path = Path {
    name: "tower ConcurrencyLimit, admitted",
    make: || kept(limited(100), 0, |result| result.is_ok()),
};

/// The same with the service cloned for each call.
pub const TOWER_CONCURRENCY_CLONED: Path = Path {
    name: "tower ConcurrencyLimit, admitted, cloned per call",
    make: || cloned_per_call(limited(100), 0, |result| result.is_ok()),
};

/// tower's concurrency limit without a place, and what turns its waiting into an error.
pub const TOWER_CONCURRENCY_FULL: Path = Path {
    name: "tower ConcurrencyLimit and LoadShed, full",
    make: || kept(LoadShed::new(limited(0)), 0, |result| result.is_err()),
};

fn limited(places: usize) -> tower::limit::ConcurrencyLimit<Echo> {
    GlobalConcurrencyLimitLayer::with_semaphore(Arc::new(Semaphore::new(places))).layer(Echo)
}

/// tower-resilience's bulkhead, which waits for a place without a limit, with places left. One that refuses makes a timer at
/// every call.
pub const TOWER_RESILIENCE_BULKHEAD: Path = Path {
    name: "tower-resilience bulkhead, admitted",
    make: || {
        let layer = BulkheadLayer::builder().max_concurrent_calls(100).build();
        kept(layer.expect("these settings are valid").layer(Echo), 0, |result| result.is_ok())
    },
};

/// tower's rate limit. Its services cannot be cloned, so it is one that nobody shares.
pub const TOWER_RATE: Path = Path {
    name: "tower RateLimit, admitted, shared by nobody",
    make: || InRuntime::with(|| kept(Unshared::new(), 0, |result| result.is_ok())),
};

/// tower's rate limit with clones that share nothing, as twins of a worker have to be.
#[derive(Debug)]
struct Unshared(RateLimit<Echo>);

impl Unshared {
    fn new() -> Self {
        Self(RateLimitLayer::new(u64::MAX, LONG).layer(Echo))
    }
}

impl Clone for Unshared {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Service<u64> for Unshared {
    type Response = u64;
    type Error = CallError;
    type Future = <RateLimit<Echo> as Service<u64>>::Future;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        self.0.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: u64) -> Self::Future {
        self.0.call(request)
    }
}

/// tower-resilience's rate limiter as a token bucket, with tokens left.
pub const TOWER_RESILIENCE_RATE: Path = Path {
    name: "tower-resilience ratelimiter, admitted",
    make: || {
        let layer = RateLimiterLayer::builder().limit_for_period(PLENTY as usize).burst_size(0);
        let layer = layer.timeout_duration(Duration::ZERO).build().expect("these settings are valid");
        kept(layer.layer(Echo), 0, |result| result.is_ok())
    },
};

/// The same without a token.
pub const TOWER_RESILIENCE_RATE_REFUSED: Path = Path {
    name: "tower-resilience ratelimiter, refused",
    make: || {
        let layer = RateLimiterLayer::builder().limit_for_period(1).refresh_period(LONG).burst_size(0);
        let layer = layer.timeout_duration(Duration::ZERO).build().expect("these settings are valid");
        kept(layer.layer(Echo), 1, |result| matches!(result, Err(RateLimiterServiceError::RateLimited)))
    },
};

/// governor's token bucket, with tokens left.
pub const GOVERNOR: Path =
    Path { name: "governor, admitted", make: || kept(Governed::new(plenty()), 0, |result| result.is_ok()) };

/// The same with the service cloned for each call.
pub const GOVERNOR_CLONED: Path = Path {
    name: "governor, admitted, cloned per call",
    make: || cloned_per_call(Governed::new(plenty()), 0, |result| result.is_ok()),
};

/// governor's token bucket without a token.
pub const GOVERNOR_REFUSED: Path = Path {
    name: "governor, refused",
    make: || {
        let quota = Quota::with_period(LONG).expect("an hour is longer than nothing");
        kept(Governed::new(quota), 1, |result| matches!(result, Err(CallError::Failed)))
    },
};

/// More calls a second than anybody makes, and as many at once.
const PLENTY: u32 = 1_000_000_000;

fn plenty() -> Quota {
    Quota::per_second(NonZeroU32::new(PLENTY).expect("it is not zero"))
}

/// governor is no service; this makes it one.
#[derive(Clone, Debug)]
struct Governed {
    inner: Echo,
    limiter: Arc<DefaultDirectRateLimiter>,
}

impl Governed {
    fn new(quota: Quota) -> Self {
        Self { inner: Echo, limiter: Arc::new(DefaultDirectRateLimiter::direct(quota)) }
    }
}

impl Service<u64> for Governed {
    type Response = u64;
    type Error = CallError;
    type Future = Answer;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Service::<u64>::poll_ready(&mut self.inner, cx)
    }

    #[inline]
    fn call(&mut self, request: u64) -> Answer {
        if self.limiter.check().is_ok() { self.inner.call(request) } else { ready(Err(CallError::Failed)) }
    }
}

/// HTTP requests to a service that answers with an empty body of axum, as the one beneath has to: part of the next.
pub const AXUM_BARE: Path = Path {
    name: "no layer, over HTTP with axum's body",
    make: || kept(OverHttp(Empty(Body::empty)), 0, |result| result.is_ok()),
};

/// tower_governor with one key for all, with tokens left.
pub const TOWER_GOVERNOR: Path = Path {
    name: "tower_governor over HTTP, one key, admitted",
    make: || {
        let mut config = GovernorConfigBuilder::default().key_extractor(GlobalKeyExtractor);
        let config = config.per_nanosecond(1).burst_size(PLENTY).finish().expect("these settings are valid");
        let service = GovernorLayer::new(config).layer(Empty(Body::empty));
        kept(OverHttp(service), 0, |result| {
            result.as_ref().is_ok_and(|response| response.status() == http::StatusCode::OK)
        })
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_measures_what_it_is_called_after() {
        for path in [
            TOWER_CONCURRENCY,
            TOWER_CONCURRENCY_CLONED,
            TOWER_CONCURRENCY_FULL,
            TOWER_RESILIENCE_BULKHEAD,
            TOWER_RATE,
            TOWER_RESILIENCE_RATE,
            TOWER_RESILIENCE_RATE_REFUSED,
            GOVERNOR,
            GOVERNOR_CLONED,
            GOVERNOR_REFUSED,
            AXUM_BARE,
            TOWER_GOVERNOR,
        ] {
            let mut worker = (path.make)();
            worker.check();
            worker.run(500);
            worker.check();
            worker.twin().check();
        }
    }
}
