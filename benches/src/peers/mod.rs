//! The same ways through other crates, set up to do as nearly the same as they can.

mod admission;
mod balance;

pub use admission::*;
pub use balance::*;

use crate::inner::{Answer, CallError, Echo, Failing};
use crate::keys::{self, Keys};
use crate::paths::{LONG, Path};
use crate::worker::{Worker, kept};
use failsafe::futures::CircuitBreaker as _;
use failsafe::{Config, StateMachine, backoff, failure_policy};
use governor::{DefaultKeyedRateLimiter, Quota};
use recloser::{AnyError, AsyncRecloser, Recloser, RecloserFuture};
use std::fmt::Debug;
use std::future::{Ready, ready};
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Runtime;
use tower::retry::budget::{Budget as _, TpsBudget};
use tower_layer::Layer;
use tower_resilience_circuitbreaker::{CircuitBreakerError, CircuitBreakerLayer, SlidingWindowType};
use tower_service::Service;

/// recloser over its default ring of 100 calls. It has no windows of time and no slow calls.
pub const RECLOSER: Path =
    Path { name: "recloser, closed", make: || kept(Reclosed::new(Echo), 0, |result| result.is_ok()) };

/// recloser, open.
pub const RECLOSER_OPEN: Path = Path {
    name: "recloser, open",
    make: || kept(Reclosed::new(Failing), 1_000, |result| matches!(result, Err(recloser::Error::Rejected))),
};

/// failsafe with its defaults: a success rate over 30 s, and a run of failures. It has no slow calls.
pub const FAILSAFE: Path = Path {
    name: "failsafe, closed",
    make: || kept(Failsafe { inner: Echo, breaker: Config::new().build() }, 0, |result| result.is_ok()),
};

/// failsafe, open.
pub const FAILSAFE_OPEN: Path = Path {
    name: "failsafe, open",
    make: || {
        let policy = failure_policy::consecutive_failures(1, backoff::constant(LONG));
        let breaker = Config::new().failure_policy(policy).build();
        kept(Failsafe { inner: Failing, breaker }, 2, |result| {
            matches!(result, Err(failsafe::Error::Rejected))
        })
    },
};

/// tower-resilience with about a thousand calls in its window.
pub const TOWER_RESILIENCE_1K: Path = Path {
    name: "tower-resilience, closed, 1,000 calls in the window",
    make: || tower_resilience_after(1_000),
};

/// tower-resilience with about a hundred thousand calls in its window.
pub const TOWER_RESILIENCE_100K: Path = Path {
    name: "tower-resilience, closed, 100,000 calls in the window",
    make: || tower_resilience_after(100_000),
};

/// tower-resilience, open.
pub const TOWER_RESILIENCE_OPEN: Path = Path {
    name: "tower-resilience, open",
    make: || {
        let settings = CircuitBreakerLayer::builder().consecutive_failures(1).wait_duration_in_open(LONG);
        let layer = settings.build().expect("these settings are valid");
        kept(layer.layer(Failing), 2, |result| matches!(result, Err(CircuitBreakerError::OpenCircuit)))
    },
};

/// governor's token bucket per key, in its own concurrent map and with its own clock.
pub const GOVERNOR_10K: Path =
    Path { name: "governor, 10,000 numbers", make: || governed(&keys::NUMBERS_10K) };

/// The same, a hundred times as many.
pub const GOVERNOR_1M: Path =
    Path { name: "governor, 1,000,000 numbers", make: || governed(&keys::NUMBERS_1M) };

/// governor by name.
pub const GOVERNOR_NAMED_10K: Path =
    Path { name: "governor, 10,000 names", make: || governed(&keys::NAMES_10K) };

/// The same, a hundred times as many.
pub const GOVERNOR_NAMED_1M: Path =
    Path { name: "governor, 1,000,000 names", make: || governed(&keys::NAMES_1M) };

/// A million calls a second with a burst of as many, as ours.
fn governed<K: Clone + Hash + Eq + Send + Sync + 'static>(keys: &Keys<K>) -> Box<dyn Worker> {
    let rate = NonZeroU32::new(1_000_000).expect("a million is not zero");
    keys::asking(DefaultKeyedRateLimiter::keyed(Quota::per_second(rate)), keys, |limiter, key| {
        limiter.check_key(key).is_ok()
    })
}

/// tower's timeout before a service that answers at once.
pub const TOWER_TIMEOUT: Path = Path {
    name: "tower Timeout, answered at once",
    make: || {
        let service = tower::timeout::TimeoutLayer::new(LONG).layer(Echo);
        InRuntime::with(|| kept(service, 0, |result| result.is_ok()))
    },
};

/// tower's retry with its budget, before a service that does not fail.
pub const TOWER_RETRY: Path = Path {
    name: "tower Retry, none needed, with budget",
    make: || {
        let layer = tower::retry::RetryLayer::new(Budgeted(Arc::default()));
        kept(layer.layer(Echo), 0, |result| result.is_ok())
    },
};

/// tower-resilience's retry, before a service that does not fail. It has no budget unless asked for one.
pub const TOWER_RESILIENCE_RETRY: Path = Path {
    name: "tower-resilience retry, none needed",
    make: || {
        let layer =
            tower_resilience_retry::RetryLayer::<u64, u64, CallError>::builder().max_attempts(3).build();
        kept(layer.layer(Echo), 0, |result| result.is_ok())
    },
};

/// A policy as tower's documentation shows it.
#[derive(Clone, Debug)]
struct Budgeted(Arc<TpsBudget>);

impl tower::retry::Policy<u64, u64, CallError> for Budgeted {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut u64, result: &mut Result<u64, CallError>) -> Option<Ready<()>> {
        match result {
            Ok(_) => {
                self.0.deposit();
                None
            }
            Err(_) => self.0.withdraw().then(|| ready(())),
        }
    }

    fn clone_request(&mut self, request: &u64) -> Option<u64> {
        Some(*request)
    }
}

/// The rates that buttress is measured with as well: half of the calls failed, half of them slow.
fn tower_resilience_after(calls: u64) -> Box<dyn Worker> {
    let window = CircuitBreakerLayer::builder()
        .sliding_window_type(SlidingWindowType::TimeBased)
        .sliding_window_duration(LONG)
        .minimum_number_of_calls(10);
    let rules = window.failure_rate_threshold(0.5).slow_call_rate_threshold(0.5);
    let layer = rules.slow_call_duration_threshold(Duration::from_secs(1)).build();
    kept(layer.expect("these settings are valid").layer(Echo), calls, |result| result.is_ok())
}

/// recloser wraps futures; this makes it a service.
#[derive(Clone, Debug)]
struct Reclosed<S> {
    inner: S,
    breaker: AsyncRecloser,
}

impl<S> Reclosed<S> {
    fn new(inner: S) -> Self {
        Self { inner, breaker: AsyncRecloser::from(Recloser::custom().open_wait(LONG).build()) }
    }
}

impl<S: Service<u64, Response = u64, Error = CallError, Future = Answer>> Service<u64> for Reclosed<S> {
    type Response = u64;
    type Error = recloser::Error<CallError>;
    type Future = RecloserFuture<Answer, AnyError>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(recloser::Error::Inner)
    }

    #[inline]
    fn call(&mut self, request: u64) -> Self::Future {
        self.breaker.call(self.inner.call(request))
    }
}

/// failsafe wraps futures; this makes it a service.
#[derive(Debug)]
struct Failsafe<S, P> {
    inner: S,
    breaker: StateMachine<P, ()>,
}

// By hand, as a policy need not be `Clone` for its breaker to be.
impl<S: Clone, P> Clone for Failsafe<S, P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), breaker: self.breaker.clone() }
    }
}

impl<S, P> Service<u64> for Failsafe<S, P>
where
    S: Service<u64, Response = u64, Error = CallError, Future = Answer>,
    P: failsafe::FailurePolicy + Debug + Send + Sync,
{
    type Response = u64;
    type Error = failsafe::Error<CallError>;
    type Future = failsafe::futures::ResponseFuture<Answer, P, (), failsafe::Any>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(failsafe::Error::Inner)
    }

    #[inline]
    fn call(&mut self, request: u64) -> Self::Future {
        self.breaker.call(self.inner.call(request))
    }
}

/// What makes timers at every call wants to be in a runtime.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime without I/O starts")
});

struct InRuntime(Box<dyn Worker>);

impl InRuntime {
    fn with(make: impl FnOnce() -> Box<dyn Worker>) -> Box<dyn Worker> {
        let _entered = RUNTIME.enter();
        Box::new(Self(make()))
    }
}

impl Worker for InRuntime {
    fn run(&mut self, calls: u64) {
        let _entered = RUNTIME.enter();
        self.0.run(calls);
    }

    fn twin(&self) -> Box<dyn Worker> {
        Self::with(|| self.0.twin())
    }

    fn check(&mut self) {
        let _entered = RUNTIME.enter();
        self.0.check();
    }
}
