//! The layer.

use super::condition::{ByClass, When};
use super::course::Rules;
use super::explained::Explained;
use super::handle::Handle;
use super::hooks::Hooks;
use super::replay::ByClone;
use super::service::RetryService;
use super::source::Source;
use crate::{Boxed, classify};
use buttress_core::retry::Config;
use tower_layer::Layer;

/// Tries failed calls of a service again. All services it makes, and those of its clones, share one [`Handle`].
#[derive(Clone, Debug)]
pub struct RetryLayer<H = Handle, R = Boxed, Y = ByClone, W = ByClass<classify::Errors>, K = Hooks> {
    pub(super) source: H,
    refuse: R,
    pub(super) replay: Y,
    pub(super) rules: Rules<W, K>,
}

impl RetryLayer {
    /// A retry of its own, without a name and with a [default budget](super::Budget::default). Any error is tried again, with
    /// a clone of the request.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::from_handle(Handle::new("", config))
    }
}

impl<H: Source> RetryLayer<H> {
    /// The retry of a [`Handle`], shared with whoever else has it. `None` is a layer that is off. Any error is tried again,
    /// with a clone of the request.
    #[must_use]
    pub fn from_handle(handle: H) -> Self {
        let rules = Rules { condition: ByClass(classify::Errors), hooks: Hooks::default(), elsewhere: false };
        Self { source: handle, refuse: Boxed, replay: ByClone, rules }
    }
}

impl<H, R, Y, C, K> RetryLayer<H, R, Y, ByClass<C>, K> {
    /// Tries again what `classify` calls a failure or throttling, after its hint: a type, or a closure over
    /// `Result<&Response, &Error>`.
    #[must_use]
    pub fn classify<C2>(self, classify: C2) -> RetryLayer<H, R, Y, ByClass<C2>, K> {
        self.when(ByClass(classify))
    }
}

impl<H, R, Y, W, K> RetryLayer<H, R, Y, W, K> {
    /// The handle, to look at the retries.
    #[must_use]
    pub const fn handle(&self) -> &H {
        &self.source
    }

    /// Tries again what `retry` is true for, and nothing else: a closure over `Result<&Response, &Error>`. It takes the
    /// place of the classifier, and of all that is read in a result besides: how long the peer asks to be left alone, and which
    /// responses are refusals from beneath. Over HTTP `.classify(…)` chooses as freely and keeps both.
    ///
    /// ```
    /// # use buttress::retry::{Config, RetryLayer};
    /// let layer = RetryLayer::new(Config::default()).retry_if(|result: Result<&u32, &std::io::Error>| {
    ///     result.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
    /// });
    /// ```
    #[must_use]
    pub fn retry_if<F>(self, retry: F) -> RetryLayer<H, R, Y, When<F>, K> {
        self.when(When(retry))
    }

    /// Tries again what [`condition`](super::Condition) says.
    #[must_use]
    pub fn when<W2>(self, condition: W2) -> RetryLayer<H, R, Y, W2, K> {
        let Self { source, refuse, replay, rules: Rules { hooks, elsewhere, .. } } = self;
        RetryLayer { source, refuse, replay, rules: Rules { condition, hooks, elsewhere } }
    }

    /// Sends requests again by [`replay`](super::Replay).
    #[must_use]
    pub fn replay<Y2>(self, replay: Y2) -> RetryLayer<H, R, Y2, W, K> {
        self.map_replay(|_| replay)
    }

    /// Sends requests again by what `map` makes of the [`Replay`](super::Replay) in place.
    #[must_use]
    pub fn map_replay<Y2>(self, map: impl FnOnce(Y) -> Y2) -> RetryLayer<H, R, Y2, W, K> {
        let Self { source, refuse, replay, rules } = self;
        RetryLayer { source, refuse, replay: map(replay), rules }
    }

    /// Also tries again, at once, what a layer of buttress beneath refused and did not send: for a retry above a router or
    /// balancer, whose next choice is another peer. It costs budget all the same. Otherwise a refusal is final: the same
    /// breaker would refuse again. What a router refused as it has [no peer](crate::Reason::NoPeer) is final either way; and
    /// where the requests [know](super::Replay::outlook) who is next, this changes nothing.
    #[must_use]
    pub fn retry_elsewhere(mut self) -> Self {
        self.rules.elsewhere = true;
        self
    }

    /// Has the last error of a call say how many attempts there were, in an [`Exhausted`](super::Exhausted). Without it the
    /// last error comes as it is. An error that is not tried again comes as it is in any case.
    #[must_use]
    pub fn explained(self) -> RetryLayer<H, Explained, Y, W, K> {
        self.with_refuse(Explained)
    }

    pub(crate) const fn replays_by(&self) -> &Y {
        &self.replay
    }

    pub(crate) fn with_source<H2>(self, source: H2) -> RetryLayer<H2, R, Y, W, K> {
        let Self { refuse, replay, rules, .. } = self;
        RetryLayer { source, refuse, replay, rules }
    }

    pub(crate) fn with_refuse<R2>(self, refuse: R2) -> RetryLayer<H, R2, Y, W, K> {
        let Self { source, replay, rules, .. } = self;
        RetryLayer { source, refuse, replay, rules }
    }

    fn map_hooks<K2>(self, map: impl FnOnce(K) -> K2) -> RetryLayer<H, R, Y, W, K2> {
        let Self { source, refuse, replay, rules: Rules { condition, hooks, elsewhere } } = self;
        RetryLayer { source, refuse, replay, rules: Rules { condition, hooks: map(hooks), elsewhere } }
    }
}

refuse_modes!(RetryLayer<H, _, Y, W, K>);

impl<H, R, Y, W, B, T, F, S> RetryLayer<H, R, Y, W, Hooks<B, T, F, S>> {
    /// Waits for as long as `backoff` says instead of the [`Backoff`](super::Backoff) of the settings: a closure over the
    /// number of the attempt that failed, from 1, and its `Result<&Response, &Error>`. The jitter and the cap of the
    /// settings hold for it, and a hint of the peer is waited for.
    ///
    /// A panic in it ends the call.
    #[must_use]
    pub fn backoff_with<B2>(self, backoff: B2) -> RetryLayer<H, R, Y, W, Hooks<B2, T, F, S>> {
        self.map_hooks(|Hooks { retry, failure, success, .. }| Hooks { backoff, retry, failure, success })
    }

    /// Calls `hook` before the wait for each retry, with the number of the attempt that failed, its result, and the delay: a
    /// closure over [`&Retrying<'_, Response, Error>`](super::Retrying). A panic in it is caught and
    /// [counted](super::Totals::hook_panics).
    ///
    /// ```
    /// # use buttress::retry::{Config, RetryLayer, Retrying};
    /// let layer = RetryLayer::new(Config::default()).on_retry(|retry: &Retrying<'_, u32, std::io::Error>| {
    ///     eprintln!("attempt {} failed: {:?}, again in {:?}", retry.attempt, retry.result, retry.delay);
    /// });
    /// ```
    #[must_use]
    pub fn on_retry<T2>(self, hook: T2) -> RetryLayer<H, R, Y, W, Hooks<B, T2, F, S>> {
        self.map_hooks(|Hooks { backoff, failure, success, .. }| Hooks {
            backoff,
            retry: hook,
            failure,
            success,
        })
    }

    /// Calls `hook` when a call failed for good, with the number of attempts and the last result: a closure over `u32` and
    /// `Result<&Response, &Error>`. Not when its deadline was over before a service was ready for the next attempt, as the last
    /// result is gone by then. A panic in it is caught and [counted](super::Totals::hook_panics).
    #[must_use]
    pub fn on_failure<F2>(self, hook: F2) -> RetryLayer<H, R, Y, W, Hooks<B, T, F2, S>> {
        self.map_hooks(|Hooks { backoff, retry, success, .. }| Hooks {
            backoff,
            retry,
            failure: hook,
            success,
        })
    }

    /// Calls `hook` when a call succeeded, with the number of attempts and the time they took with all waits: a closure over
    /// `u32` and `Duration`. A panic in it is caught and [counted](super::Totals::hook_panics).
    #[must_use]
    pub fn on_success<S2>(self, hook: S2) -> RetryLayer<H, R, Y, W, Hooks<B, T, F, S2>> {
        self.map_hooks(|Hooks { backoff, retry, failure, .. }| Hooks {
            backoff,
            retry,
            failure,
            success: hook,
        })
    }
}

impl<S, H, R, Y, W, K> Layer<S> for RetryLayer<H, R, Y, W, K>
where
    S: Clone,
    H: Clone,
    R: Clone,
    Y: Clone,
    W: Clone,
    K: Clone,
{
    type Service = RetryService<S, H, R, Y, W, K>;

    fn layer(&self, inner: S) -> Self::Service {
        let Self { source, refuse, replay, rules } = self.clone();
        RetryService::new(inner, source, refuse, replay, rules)
    }
}
