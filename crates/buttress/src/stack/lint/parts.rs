//! What a stack is made of, in numbers.

use super::{Warning, lint};
use crate::presets::{Order, Preset};
use crate::stack::shape::{Known, Shaping, Tries};
use crate::{Stack, circuit_breaker, retry};
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
        Self {
            circuit_breaker_outside: at(Order::BreakerOutside),
            deadline: preset.deadline,
            retry: preset.retry,
            budget: preset.retry.is_some(),
            circuit_breaker: at(Order::BreakerPerAttempt),
            timeout: preset.timeout,
            ..Self::default()
        }
    }

    /// What a call can take at most: all attempts and the longest waits between them. `None` if nothing limits an attempt.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        let attempts = self.retry.map_or(1, |retry| retry.max_attempts().get());
        Some(self.timeout?.saturating_mul(attempts).saturating_add(self.longest_waits()))
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

impl<R, J, Y: Any, W, K, I, F: Known, B: Shaping> Stack<R, J, Tries<Y, W, K>, I, F, B> {
    /// Its numbers.
    #[must_use]
    pub fn parts(&self) -> Parts {
        let retry = self.tries.handle().as_ref();
        let any_method = sends_any_method(self.tries.replays_by());
        let names = [
            ("operation", self.handles.operation.as_ref().map(|handle| handle.name())),
            ("fallback", self.fallback.handle().map(|handle| handle.name())),
            ("circuit_breaker", self.handles.breaker_outside.as_ref().map(|handle| handle.name())),
            ("deadline", self.handles.deadline.as_ref().map(|handle| handle.name())),
            ("retry", retry.map(|handle| handle.name())),
            ("circuit_breaker", self.handles.breaker_per_attempt.as_ref().map(|handle| handle.name())),
            ("timeout", self.handles.timeout.as_ref().map(|handle| handle.name())),
        ];
        Parts {
            circuit_breaker_outside: self.handles.breaker_outside.as_ref().map(|handle| *handle.config()),
            fallback_not_http: self.fallback.is_plain() && any_method.is_some(),
            deadline: self.handles.deadline.as_ref().map(|handle| handle.limit()),
            retry: retry.map(|handle| *handle.config()),
            budget: retry.is_some_and(|handle| handle.budget().is_some()),
            any_method: retry.is_some() && any_method == Some(true),
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
