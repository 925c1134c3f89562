//! The ways a call can take through buttress.

use crate::bodies::{Pages, ReadToEnd, Shaped};
use crate::inner::{CallError, Echo, Failing};
use crate::keys::mixed;
use crate::worker::{Worker, cloned_per_call, kept};
use buttress::bandwidth;
use buttress::circuit_breaker::{Builder, CircuitBreakerLayer, Config, Handle, Keyed};
use buttress::{
    AtHead, Bounds, Classify, DeadlineLayer, FailureKind, Outcome, Rejected, RetryLayer, Stack, TimeoutLayer,
    Typed, presets, retry,
};
use std::fmt;
use std::future::{Ready, ready};
use std::num::NonZeroUsize;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// A way for a call to take, with a state of its own each time it is made.
#[derive(Clone, Copy)]
pub struct Path {
    /// What it is called in tables.
    pub name: &'static str,
    /// Makes the state and the first worker on it.
    pub make: fn() -> Box<dyn Worker>,
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Path").field(&self.name).finish()
    }
}

/// Longer than any measurement: an open time, a time limit, a window from which nothing leaves.
pub const LONG: Duration = Duration::from_secs(3600);

/// The service beneath alone: part of every other figure.
pub const BARE: Path = Path { name: "no layer", make: || kept(Echo, 0, |result| result.is_ok()) };

/// A breaker with its defaults.
pub const BREAKER_DEFAULT: Path = Path {
    name: "breaker, closed, defaults",
    make: || {
        kept(CircuitBreakerLayer::new(Config::default()).typed().layer(Echo), 0, |result| result.is_ok())
    },
};

/// The same, which also records how long calls take, by the precise clock.
pub const BREAKER_RECORDING: Path = Path {
    name: "breaker, closed, defaults, recording durations",
    make: || {
        let handle = Handle::recording_durations("recording", Config::default(), Bounds::default());
        kept(CircuitBreakerLayer::from_handle(handle).typed().layer(Echo), 0, |result| result.is_ok())
    },
};

/// A breaker with every rule, timed calls and a classifier of the user's.
pub const BREAKER_CLOSED: Path = Path {
    name: "breaker, closed, every rule on",
    make: || kept(breaker(every_rule()).layer(Echo), 0, |result| result.is_ok()),
};

/// The same with 100 calls in its window.
pub const BREAKER_CLOSED_100: Path =
    Path { name: "breaker, closed, 100 calls in the window", make: || closed_after(100) };

/// The same with 100,000 calls in its window.
pub const BREAKER_CLOSED_100K: Path =
    Path { name: "breaker, closed, 100,000 calls in the window", make: || closed_after(100_000) };

/// The same held by a `&'static` handle.
pub const BREAKER_STATIC: Path = Path {
    name: "breaker, closed, every rule on, &'static",
    make: || {
        // Leaked, as a static would be: a few hundred bytes for each state that is measured.
        let handle: &'static Handle = Box::leak(Box::new(Handle::new("static", every_rule())));
        kept(CircuitBreakerLayer::from_handle(handle).classify(Verdict).typed().layer(Echo), 0, |result| {
            result.is_ok()
        })
    },
};

/// The same with the service cloned for each call.
pub const BREAKER_CLONED: Path = Path {
    name: "breaker, closed, every rule on, cloned per call",
    make: || cloned_per_call(breaker(every_rule()).layer(Echo), 0, |result| result.is_ok()),
};

/// A breaker that sees failures and does not open.
pub const BREAKER_FAILING: Path = Path { name: "breaker, failing call", make: || failing_after(0) };

/// The same with 100 calls in its window.
pub const BREAKER_FAILING_100: Path =
    Path { name: "breaker, failing, 100 calls in the window", make: || failing_after(100) };

/// The same with 100,000 calls in its window.
pub const BREAKER_FAILING_100K: Path =
    Path { name: "breaker, failing, 100,000 calls in the window", make: || failing_after(100_000) };

/// An open breaker that refuses in the caller's own error type.
pub const BREAKER_OPEN: Path = Path {
    name: "breaker, open, typed",
    make: || {
        let layer = CircuitBreakerLayer::new(opens_at_once()).typed();
        // The first call to this service succeeds, the second opens the breaker.
        kept(layer.layer(Failing), 2, |result| matches!(result, Err(CallError::Rejected(_))))
    },
};

/// An open breaker that refuses with a boxed error.
pub const BREAKER_OPEN_BOXED: Path = Path {
    name: "breaker, open, boxed",
    make: || {
        let layer = CircuitBreakerLayer::new(opens_at_once());
        kept(layer.layer(Failing), 2, |result| {
            result.as_ref().is_err_and(|error| Rejected::find(&**error).is_some())
        })
    },
};

/// A closed breaker per key, over as many random keys as a cache does not hold.
pub const BREAKER_KEYED: Path = Path {
    name: "breaker per key, closed, 10,000 random keys",
    make: || {
        let breakers = Keyed::with_capacity("keyed", every_rule(), NonZeroUsize::MIN.saturating_add(19_999));
        // All of them are there before the first call is measured.
        for key in 0..KEYS {
            drop(breakers.of(&key));
        }
        let layer = CircuitBreakerLayer::from_handle(breakers.by(random_key)).classify(Verdict).typed();
        kept(layer.layer(Echo), KEYS, |result| result.is_ok())
    },
};

/// A timeout before a service that answers at once.
pub const TIMEOUT: Path = Path {
    name: "timeout, answered at once",
    make: || kept(TimeoutLayer::new(LONG).typed().layer(Echo), 0, |result| result.is_ok()),
};

/// A breaker above a timeout.
pub const STACK: Path = Path {
    name: "breaker and timeout",
    make: || {
        let timeout = TimeoutLayer::new(LONG).typed();
        kept(breaker(every_rule()).layer(timeout.layer(Echo)), 0, |result| result.is_ok())
    },
};

/// A deadline before a service that answers at once.
pub const DEADLINE: Path = Path {
    name: "deadline, answered at once",
    make: || kept(DeadlineLayer::new(LONG).typed().layer(Echo), 0, |result| result.is_ok()),
};

/// A retry with its budget, able to try again, before a service that does not fail.
pub const RETRY: Path = Path {
    name: "retry, none needed, with budget",
    make: || kept(RetryLayer::new(retry::Config::default()).typed().layer(Echo), 0, |result| result.is_ok()),
};

/// The same with the service cloned for each call.
pub const RETRY_CLONED: Path = Path {
    name: "retry, none needed, with budget, cloned per call",
    make: || {
        let service = RetryLayer::new(retry::Config::default()).typed().layer(Echo);
        cloned_per_call(service, 0, |result| result.is_ok())
    },
};

/// What a retry waits for, without the retry: the growth, the jitter and the cap of one delay.
pub const DELAY: Path = Path {
    name: "one delay of a retry",
    make: || kept(Delays(retry::Config::default()), 0, |result| result.is_ok()),
};

/// Answers with the delay before one of the first four retries.
#[derive(Clone, Copy)]
struct Delays(retry::Config);

impl Service<u64> for Delays {
    type Response = Duration;
    type Error = CallError;
    type Future = Ready<Result<Duration, CallError>>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn call(&mut self, request: u64) -> Self::Future {
        ready(Ok(self.0.delay(1 + (request % 4) as u32, Duration::ZERO, 0.75)))
    }
}

/// The layers around a call and around each of its attempts, put together by hand.
pub const FOUR: Path =
    Path { name: "deadline, retry, breaker and timeout", make: || kept(four(), 0, |result| result.is_ok()) };

/// The same with the service cloned for each call.
pub const FOUR_CLONED: Path = Path {
    name: "deadline, retry, breaker and timeout, cloned per call",
    make: || cloned_per_call(four(), 0, |result| result.is_ok()),
};

/// A stack with every part on that there is one of by default.
pub const STACK_ON: Path = Path {
    name: "stack, the default preset and an operation",
    make: || {
        let stack = Stack::new("bench").preset(&presets::default()).operation("call").typed();
        kept(stack.layer(Echo), 0, |result| result.is_ok())
    },
};

/// A stack with every part off.
pub const STACK_OFF: Path = Path {
    name: "stack, every part off",
    make: || kept(Stack::new("off").typed().layer(Echo), 0, |result| result.is_ok()),
};

fn four() -> impl Service<u64, Response = u64, Error = CallError, Future: Send> + Clone + Send + 'static {
    let attempt = breaker(every_rule()).layer(TimeoutLayer::new(LONG).typed().layer(Echo));
    let attempts = RetryLayer::new(retry::Config::default()).typed().layer(attempt);
    DeadlineLayer::new(LONG).typed().layer(attempts)
}

/// Five breakers that all wait for the end of the body.
pub const BODIES: Path = Path {
    name: "five breakers, judged at the end of the body",
    make: || {
        let layer = || CircuitBreakerLayer::http(every_rule()).at_body_end().typed();
        let five = layer().layer(layer().layer(layer().layer(layer().layer(layer().layer(Pages)))));
        kept(ReadToEnd(five), 0, |result| matches!(result, Ok(10)))
    },
};

/// A body of one frame that no limit holds up, as there is none.
pub const FRAME_UNLIMITED: Path =
    Path { name: "a frame without a limit of bandwidth", make: || shaped(bandwidth::Config::builder()) };

/// The same with a limit that it does not reach.
pub const FRAME_LIMITED: Path = Path {
    name: "a frame with room in the limit of bandwidth",
    make: || shaped(bandwidth::Config::builder().download(1 << 40)),
};

fn shaped(limits: bandwidth::Builder) -> Box<dyn Worker> {
    let line = bandwidth::Handle::from(limits.build().expect("the default with another rate is valid"));
    kept(ReadToEnd(Shaped(line)), 0, |result| matches!(result, Ok(5)))
}

/// All of them.
pub const ALL: [Path; 27] = [
    BARE,
    BREAKER_DEFAULT,
    BREAKER_RECORDING,
    BREAKER_CLOSED,
    BREAKER_CLOSED_100,
    BREAKER_CLOSED_100K,
    BREAKER_STATIC,
    BREAKER_CLONED,
    BREAKER_FAILING,
    BREAKER_FAILING_100,
    BREAKER_FAILING_100K,
    BREAKER_OPEN,
    BREAKER_OPEN_BOXED,
    BREAKER_KEYED,
    TIMEOUT,
    STACK,
    DEADLINE,
    RETRY,
    RETRY_CLONED,
    DELAY,
    FOUR,
    FOUR_CLONED,
    STACK_ON,
    STACK_OFF,
    BODIES,
    FRAME_UNLIMITED,
    FRAME_LIMITED,
];

/// How many keys there are where there is a state for each.
const KEYS: u64 = 10_000;

/// A key that the one before says nothing about.
#[expect(clippy::unnecessary_wraps, reason = "a request may have no key")]
fn random_key(request: &u64) -> Option<u64> {
    Some(mixed(*request) % KEYS)
}

/// Every rule at once, over a window of 10 s. A slow call is told by the coarse clock.
#[must_use]
pub fn every_rule() -> Config {
    let rules = Config::builder().failures_in_window(100_000).count_throttling(true);
    built(rules.slow_call_rate_threshold(0.5, Duration::from_secs(1)))
}

/// Every rule at once, none of which fires when all but one in a thousand calls fail.
fn every_rule_unreached() -> Config {
    let rules = every_rule().to_builder().failures_in_window(u32::MAX).failure_rate_threshold(1.0);
    built(rules.consecutive_failures(u16::MAX).window(LONG))
}

fn opens_at_once() -> Config {
    built(Config::builder().consecutive_failures(1).open_for(LONG))
}

fn built(builder: Builder) -> Config {
    builder.build().expect("these settings are valid")
}

/// A classifier of the user's own.
#[derive(Clone, Copy)]
struct Verdict;

impl Classify<u64, CallError> for Verdict {
    #[inline]
    fn classify(&self, result: Result<&u64, &CallError>) -> Outcome {
        match result {
            Ok(_) => Outcome::Success,
            Err(CallError::Failed) => Outcome::Failure(FailureKind::Error),
            Err(CallError::Rejected(_)) => Outcome::Ignored,
        }
    }
}

fn breaker(config: Config) -> CircuitBreakerLayer<Handle, Typed, AtHead<Verdict>> {
    CircuitBreakerLayer::new(config).classify(Verdict).typed()
}

fn closed_after(calls: u64) -> Box<dyn Worker> {
    let config = built(every_rule().to_builder().window(LONG));
    kept(breaker(config).layer(Echo), calls, |result| result.is_ok())
}

fn failing_after(calls: u64) -> Box<dyn Worker> {
    let failed = |result: &Result<u64, CallError>| matches!(result, Err(CallError::Failed));
    kept(breaker(every_rule_unreached()).layer(Failing), calls, failed)
}
