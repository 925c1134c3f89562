//! What a stack is made of, in numbers.

use super::{Warning, lint};
use crate::presets::{Order, Places, Preset};
use crate::stack::shape::{Known, Shaping, Tries};
use crate::{Stack, bulkhead, circuit_breaker, error_budget, rate_limit, retry};
use std::any::Any;
use std::time::Duration;

/// The numbers of a stack, however it was put together: [`Stack::parts`](crate::Stack::parts), or the fields set by hand.
///
/// ```
/// use buttress::stack::{Parts, lint};
/// use buttress::{circuit_breaker, retry};
/// use std::time::Duration;
///
/// let mut parts = Parts::default();
/// parts.deadline = Some(Duration::from_secs(5));
/// parts.retry = Some(retry::Config::default());
/// parts.budget = true;
/// parts.timeout = Some(Duration::from_secs(10));
/// let codes: Vec<_> = lint(&parts).iter().map(|warning| warning.code()).collect();
/// assert_eq!(codes, ["deadline_too_short", "timeout_not_below_deadline"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Parts {
    /// What is promised to callers.
    pub error_budget: Vec<error_budget::Config>,
    /// Whether requests of low priority are shed while little of that is left.
    pub sheds: bool,
    /// The breaker around all attempts.
    pub circuit_breaker_outside: Option<circuit_breaker::Config>,
    /// Whether HTTP responses come to a fallback that does not know them.
    pub fallback_not_http: bool,
    /// The limit over all attempts.
    pub deadline: Option<Duration>,
    /// How often to try, and how long to wait between.
    pub retry: Option<retry::Config>,
    /// Whether the retries have a budget.
    pub budget: bool,
    /// Whether any request is tried again, also one that may do a thing twice: HTTP's POST and PATCH without a key.
    pub any_method: bool,
    /// How many attempts a second.
    pub rate_limit: Option<rate_limit::Config>,
    /// How long an attempt may wait until the rate allows it.
    pub rate_wait: Option<Duration>,
    /// How many attempts at a time.
    pub bulkhead: Option<bulkhead::Config>,
    /// Whether the bulkhead's limit moves by itself.
    pub adaptive: bool,
    /// Whether attempts keep their place until their body has ended.
    pub to_body_end: bool,
    /// The breaker before each attempt.
    pub circuit_breaker: Option<circuit_breaker::Config>,
    /// The limit of each attempt.
    pub timeout: Option<Duration>,
    /// The kinds of the parts without a name.
    pub unnamed: Vec<&'static str>,
    /// Whether a tonic server has it, with boxed rejections.
    pub boxed_on_tonic_server: bool,
}

impl Parts {
    /// The parts of a stack with this preset, whose retries have a budget.
    #[must_use]
    pub fn of(preset: &Preset) -> Self {
        let at = |order| preset.circuit_breaker.filter(|_| preset.order == order);
        let promised = preset.error_budget.unwrap_or_default();
        Self {
            error_budget: promised.iter().map(|(_, config)| *config).collect(),
            circuit_breaker_outside: at(Order::BreakerOutside),
            deadline: preset.deadline,
            retry: preset.retry,
            budget: preset.retry.is_some(),
            rate_limit: preset.rate_limit,
            bulkhead: preset.bulkhead.map(|places| match places {
                Places::Fixed(config) => config,
                Places::Adaptive(_) => bulkhead::Config::default(),
            }),
            adaptive: matches!(preset.bulkhead, Some(Places::Adaptive(_))),
            circuit_breaker: at(Order::BreakerPerAttempt),
            timeout: preset.timeout,
            ..Self::default()
        }
    }

    /// What a call can take at most: all attempts, each after the longest wait for its turn, and the longest waits between them.
    /// `None` if nothing limits an attempt.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        let attempts = self.retry.map_or(1, |retry| retry.max_attempts().get());
        let turn = self.rate_turn().unwrap_or_default();
        let place = if self.queues() { self.bulkhead?.max_wait()? } else { Duration::ZERO };
        let attempt = self.timeout?.saturating_add(turn).saturating_add(place);
        Some(attempt.saturating_mul(attempts).saturating_add(self.longest_waits()))
    }

    /// How long an attempt may wait for the rate, if it may.
    pub(super) fn rate_turn(&self) -> Option<Duration> {
        self.rate_wait.filter(|_| self.rate_limit.is_some())
    }

    /// Whether an attempt may wait for a place.
    pub(super) fn queues(&self) -> bool {
        self.bulkhead.is_some_and(|bulkhead| bulkhead.queue() > 0)
    }

    /// As many attempts as a rate limit lets be under way at a time, if a timeout ends them.
    pub(super) fn most_under_way(&self) -> Option<f64> {
        let (limit, timeout) = (self.rate_limit?, self.timeout?);
        Some(f64::from(limit.burst()) + limit.rate().per_second_f64() * timeout.as_secs_f64())
    }

    /// All waits of a call that fails to its end, each as long as it can be.
    pub(super) fn longest_waits(&self) -> Duration {
        let retries = self.retry.map_or(0, |retry| retry.max_attempts().get() - 1);
        let (sum, last) = self
            .delays()
            .fold((Duration::ZERO, Duration::ZERO), |(sum, _), delay| (sum.saturating_add(delay), delay));
        sum.saturating_add(last.saturating_mul(retries.saturating_sub(ADDED)))
    }

    /// The longest wait of such a call.
    pub(super) fn longest_wait(&self) -> Duration {
        self.delays().max().unwrap_or_default()
    }

    fn delays(&self) -> impl Iterator<Item = Duration> {
        let mut last = Duration::ZERO;
        self.retry
            .into_iter()
            .flat_map(|retry| {
                (1..retry.max_attempts().get().min(ADDED + 1)).map(move |number| (retry, number))
            })
            .map(move |(retry, number)| {
                last = retry.delay(number, last, 1.0);
                last
            })
    }
}

impl<R, J, Y: Any, W, K, I, F: Known, B: Shaping, Q> Stack<R, J, Tries<Y, W, K>, I, F, B, Q> {
    /// Its numbers.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let retry = self.tries.handle().as_ref();
        let any_method = sends_any_method(self.tries.replays_by());
        let names = [
            ("failure_log", self.handles.failure_log.as_ref().map(|of| of.log().name())),
            ("error_budget", self.handles.error_budget.as_ref().map(|handle| handle.name())),
            ("operation", self.handles.operation.as_ref().map(|handle| handle.name())),
            ("bandwidth", self.bandwidth.handle().map(|handle| handle.name())),
            ("fallback", self.fallback.handle().map(|handle| handle.name())),
            ("circuit_breaker", self.handles.breaker_outside.as_ref().map(|handle| handle.name())),
            ("deadline", self.handles.deadline.as_ref().map(|handle| handle.name())),
            ("retry", retry.map(|handle| handle.name())),
            ("rate_limit", self.handles.rate_limit.as_ref().map(|handle| handle.name())),
            ("circuit_breaker", self.handles.breaker_per_attempt.as_ref().map(|handle| handle.name())),
            ("bulkhead", self.handles.bulkhead.as_ref().map(|handle| handle.name())),
            ("timeout", self.handles.timeout.as_ref().map(|handle| handle.name())),
        ];
        let promised = self.handles.error_budget.iter().flat_map(error_budget::Handle::configs);
        Parts {
            error_budget: promised.map(|(_, config)| *config).collect(),
            sheds: self.handles.sheds,
            circuit_breaker_outside: self.handles.breaker_outside.as_ref().map(|handle| *handle.config()),
            fallback_not_http: self.fallback.is_plain() && any_method.is_some(),
            deadline: self.handles.deadline.as_ref().map(|handle| handle.limit()),
            retry: retry.map(|handle| *handle.config()),
            budget: retry.is_some_and(|handle| handle.budget().is_some()),
            any_method: retry.is_some() && any_method == Some(true),
            rate_limit: self.handles.rate_limit.as_ref().and_then(|handle| handle.config()),
            rate_wait: self.handles.rate_wait,
            bulkhead: self.handles.bulkhead.as_ref().map(|handle| *handle.config()),
            adaptive: self.handles.bulkhead.as_ref().is_some_and(|handle| handle.adaptive_config().is_some()),
            to_body_end: self.handles.to_body_end,
            circuit_breaker: self.handles.breaker_per_attempt.as_ref().map(|handle| *handle.config()),
            timeout: self.handles.timeout.as_ref().map(|handle| handle.limit()),
            unnamed: names.into_iter().filter(|(_, name)| *name == Some("")).map(|(kind, _)| kind).collect(),
            boxed_on_tonic_server: false,
        }
    }

    /// The numbers of it that do not go together: see [`lint`](super::lint).
    #[must_use]
    pub fn lint(&self) -> Vec<Warning> {
        lint(&self.parts())
    }
}

/// Whether HTTP requests of any method are sent again; `None` where requests are of another kind.
#[cfg(feature = "http")]
fn sends_any_method(replay: &dyn Any) -> Option<bool> {
    replay.downcast_ref().map(crate::retry::ByBody::sends_any_method)
}

#[cfg(not(feature = "http"))]
const fn sends_any_method(_: &dyn Any) -> Option<bool> {
    None
}

/// Waits that are looked at one by one; beyond so many all are like the last.
const ADDED: u32 = 10_000;
