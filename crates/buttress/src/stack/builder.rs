//! The stack, and how it is put together.

use super::Part;
use super::handles::Handles;
#[cfg(feature = "http")]
use super::shape::ByExtensions;
use super::shape::{Alike, NoBandwidth, NoFallback, Tries};
#[cfg(feature = "http")]
use crate::deadline::Headers;
use crate::deadline::Inherit;
use crate::presets::{Order, Preset};
use crate::rejected::Site;
#[cfg(feature = "http")]
use crate::retry::{ByBody, GrpcCondition, HttpCondition};
use crate::retry::{ByClass, ByClone, Explained, RetryLayer};
#[cfg(feature = "http")]
use crate::{AtEnd, BandwidthLayer};
use crate::{
    AtHead, Boxed, FallbackLayer, bulkhead, circuit_breaker, classify, deadline, error_budget, failure_log,
    fallback, operation, rate_limit, retry, timeout,
};

use std::num::NonZeroU32;
use std::time::Duration;

/// The layers in their order, each of them on or off, with one way to reject and one to judge for all.
///
/// Cheap to clone. All services it makes, and those of its clones, share the handles of its parts.
///
/// Its types: `R` is how it rejects, `J` how it judges, `T` how it [tries again](Tries), `I` how deadlines
/// [come with a request](deadline::Incoming), `F` its [fallback](super::Fallback), `B` its limit on the
/// [bytes of bodies](super::Shaping), `Q` what requests [say of themselves](super::Terms).
#[derive(Clone, Debug)]
pub struct Stack<
    R = Boxed,
    J = AtHead<classify::Errors>,
    T = Tries<ByClone, ByClass<classify::Errors>>,
    I = Inherit,
    F = NoFallback,
    B = NoBandwidth,
    Q = Alike,
> {
    pub(super) name: &'static str,
    pub(super) handles: Handles,
    pub(super) bandwidth: B,
    pub(super) fallback: F,
    pub(super) incoming: I,
    pub(super) tries: T,
    pub(super) refuse: R,
    pub(super) judge: J,
    pub(super) terms: Q,
}

/// A stack for HTTP clients and servers: as [`Stack::http`] makes it, and in another mode `R` or with another judge `J`.
#[cfg(feature = "http")]
pub type Http<R = Boxed, J = AtHead<classify::Http>, F = NoFallback, B = NoBandwidth> =
    Stack<R, J, Tries<ByBody, HttpCondition>, Headers, F, B, ByExtensions>;

/// A stack for gRPC clients and servers: as [`Stack::grpc`] makes it, and in another mode `R`, such as
/// [`AsStatus`](crate::AsStatus).
#[cfg(feature = "http")]
pub type Grpc<R = Boxed, J = AtEnd<classify::Grpc>, F = NoFallback, B = NoBandwidth> =
    Stack<R, J, Tries<ByBody, GrpcCondition>, Headers, F, B, ByExtensions>;

impl Stack {
    /// A stack with every part off, for requests that can be cloned. Any error is a failure, any response a success.
    ///
    /// The name is for people and metrics: parts that are made of settings get it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: Site::intern("stack", name).name,
            handles: Handles::default(),
            bandwidth: NoBandwidth,
            fallback: NoFallback,
            incoming: Inherit,
            tries: RetryLayer::from_handle(None),
            refuse: Boxed,
            judge: AtHead(classify::Errors),
            terms: Alike,
        }
    }
}

#[cfg(feature = "http")]
impl Http {
    /// A stack for HTTP with every part off. It judges [HTTP responses](classify::Http), tries again as
    /// [`RetryLayer::http`], and takes deadlines from requests as [`DeadlineLayer::http`](crate::DeadlineLayer::http).
    #[must_use]
    pub fn http(name: &str) -> Self {
        let stack = Stack::new(name).judged_by(AtHead(classify::Http)).incoming(Headers::default());
        stack.by_extensions().retry_by(|retry| retry.replay(ByBody::new()).when(HttpCondition::default()))
    }
}

#[cfg(feature = "http")]
impl Grpc {
    /// A stack for gRPC with every part off. It judges [gRPC responses](classify::Grpc) when their trailers are there, tries
    /// again as [`RetryLayer::grpc`], and takes deadlines from requests as [`DeadlineLayer::http`](crate::DeadlineLayer::http).
    #[must_use]
    pub fn grpc(name: &str) -> Self {
        let stack = Stack::new(name).judged_by(AtHead(classify::Grpc)).at_body_end();
        let stack = stack.by_extensions().incoming(Headers::default());
        stack.retry_by(|retry| retry.replay(ByBody::grpc()).when(GrpcCondition::default()))
    }
}

impl<R, J, T, I, F, B, Q> Stack<R, J, T, I, F, B, Q> {
    /// Writes down the calls that fail, as callers see them: an [operation](failure_log::Operation) of a log, or a
    /// [log](failure_log::Handle), where the operation is then called as the stack is.
    #[must_use]
    pub fn failure_log(mut self, operation: impl Part<failure_log::Operation>) -> Self {
        self.handles.failure_log = operation.named(self.name);
        self
    }

    /// Keeps the error budget of what callers get: a [handle](error_budget::Handle), settings, or several objectives by name.
    #[must_use]
    pub fn error_budget(mut self, budget: impl Part<error_budget::Handle>) -> Self {
        self.handles.error_budget = budget.named(self.name);
        self
    }

    /// Counts and times the calls: a [handle](operation::Handle), or the name of the operation, whose component is then the
    /// stack.
    #[must_use]
    pub fn operation(mut self, operation: impl Part<operation::Handle>) -> Self {
        self.handles.operation = operation.named(self.name);
        self
    }

    /// Shapes the bodies of requests and responses, once for all attempts.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn bandwidth<X>(self, bandwidth: BandwidthLayer<X>) -> Stack<R, J, T, I, F, BandwidthLayer<X>, Q> {
        let Self { name, handles, fallback, incoming, tries, refuse, judge, terms, .. } = self;
        Stack { name, handles, bandwidth, fallback, incoming, tries, refuse, judge, terms }
    }

    /// Answers in the place of calls that have no answer. A layer without a [handle](fallback::Handle) of its own counts under
    /// the name of the stack. One on a stack for HTTP or gRPC is to know [HTTP](FallbackLayer::http): it sees no response
    /// otherwise, of which [`lint`](Self::lint) warns.
    #[must_use]
    pub fn fallback<A, W, P, M>(
        self,
        layer: FallbackLayer<A, W, P, M>,
    ) -> Answering<R, J, T, I, A, W, P, M, B, Q> {
        let unnamed = layer.handle().is_some_and(|handle| handle.name().is_empty());
        let layer = if unnamed { layer.with_handle(fallback::Handle::new(self.name)) } else { layer };
        self.map(|refuse, judge, tries, incoming, _| (refuse, judge, tries, incoming, layer))
    }

    /// Has a breaker around all attempts: one call whose attempts are used up is one failure, so it opens that much later.
    #[must_use]
    pub fn circuit_breaker_outside(mut self, breaker: impl Part<circuit_breaker::Handle>) -> Self {
        self.handles.breaker_outside = breaker.named(self.name);
        self
    }

    /// Limits a call with all its attempts and the waits between them.
    #[must_use]
    pub fn deadline(mut self, limit: impl Part<deadline::Handle>) -> Self {
        self.handles.deadline = limit.named(self.name);
        self
    }

    /// Has the deadline come with requests as well, as [`DeadlineLayer::incoming`](crate::DeadlineLayer::incoming).
    #[must_use]
    pub fn incoming<I2>(self, incoming: I2) -> Stack<R, J, T, I2, F, B, Q> {
        self.map(|refuse, judge, tries, _, fallback| (refuse, judge, tries, incoming, fallback))
    }

    /// Admits no more attempts than a rate allows: what goes beyond it is refused, and not tried again. A request for HTTP or gRPC
    /// costs what its extension [`Cost`](crate::Cost) says, any other one token.
    #[must_use]
    pub fn rate_limit(mut self, limit: impl Part<rate_limit::Handle>) -> Self {
        self.handles.rate_limit = limit.named(self.name);
        self
    }

    /// Lets attempts wait for so long at most until the rate allows them, as
    /// [`RateLimitLayer::wait`](crate::RateLimitLayer::wait).
    #[must_use]
    pub fn rate_wait(mut self, max_wait: impl Into<Option<Duration>>) -> Self {
        self.handles.rate_wait = max_wait.into();
        self
    }

    /// Limits how many attempts are under way at a time, to a number or, by a [`adaptive_limit::Config`](bulkhead::adaptive_limit::Config),
    /// to what the peer is found to bear. What finds no room waits for its turn. A request for HTTP or gRPC takes as many places as
    /// its extension [`Places`](bulkhead::Places) says and is as urgent as its extension [`Priority`](bulkhead::Priority) says, any
    /// other takes one.
    #[must_use]
    pub fn bulkhead(mut self, places: impl Part<bulkhead::Handle>) -> Self {
        self.handles.bulkhead = places.named(self.name);
        self
    }

    /// Has a breaker before each attempt: what one attempt finds out, the next one knows. One failed attempt is one failure.
    #[must_use]
    pub fn circuit_breaker(mut self, breaker: impl Part<circuit_breaker::Handle>) -> Self {
        self.handles.breaker_per_attempt = breaker.named(self.name);
        self
    }

    /// Limits each attempt.
    #[must_use]
    pub fn timeout(mut self, limit: impl Part<timeout::Handle>) -> Self {
        self.handles.timeout = limit.named(self.name);
        self
    }

    /// The name it was given.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Has an error of a call whose attempts were all in vain say how many those were, as
    /// [`RetryLayer::explained`](crate::RetryLayer::explained).
    #[must_use]
    pub fn explained(self) -> Stack<Explained, J, T, I, F, B, Q> {
        self.with_refuse(Explained)
    }

    /// Lets requests say what they cost and how urgent they are.
    #[cfg(feature = "http")]
    fn by_extensions(self) -> Stack<R, J, T, I, F, B, ByExtensions> {
        let Self { name, handles, bandwidth, fallback, incoming, tries, refuse, judge, .. } = self;
        Stack { name, handles, bandwidth, fallback, incoming, tries, refuse, judge, terms: ByExtensions }
    }

    fn with_refuse<R2>(self, refuse: R2) -> Stack<R2, J, T, I, F, B, Q> {
        self.map(|_, judge, tries, incoming, fallback| (refuse, judge, tries, incoming, fallback))
    }

    #[cfg(feature = "http")]
    fn map_judge<J2>(mut self, map: impl FnOnce(J) -> J2) -> Stack<R, J2, T, I, F, B, Q> {
        // Those who change the time of the judgement come here, and nobody else.
        self.handles.to_body_end = true;
        self.map(|refuse, judge, tries, incoming, fallback| (refuse, map(judge), tries, incoming, fallback))
    }

    #[cfg(feature = "http")]
    fn judged_by<J2>(self, judge: J2) -> Stack<R, J2, T, I, F, B, Q> {
        self.map(|refuse, _, tries, incoming, fallback| (refuse, judge, tries, incoming, fallback))
    }

    /// The same with other values where the types vary.
    fn map<R2, J2, T2, I2, F2>(
        self,
        map: impl FnOnce(R, J, T, I, F) -> (R2, J2, T2, I2, F2),
    ) -> Stack<R2, J2, T2, I2, F2, B, Q> {
        let Self { name, handles, bandwidth, fallback, incoming, tries, refuse, judge, terms } = self;
        let (refuse, judge, tries, incoming, fallback) = map(refuse, judge, tries, incoming, fallback);
        Stack { name, handles, bandwidth, fallback, incoming, tries, refuse, judge, terms }
    }
}

impl<R, J, Y, W, K, I, F, B, Q> Stack<R, J, Tries<Y, W, K>, I, F, B, Q> {
    /// Tries failed calls again.
    #[must_use]
    pub fn retry(self, retry: impl Part<retry::Handle>) -> Self {
        let retry = retry.named(self.name);
        self.retry_by(|tries| tries.with_source(retry))
    }

    /// Changes how it tries again: the condition, the replay, the hooks of its [`RetryLayer`].
    ///
    /// ```
    /// use buttress::{Stack, retry};
    ///
    /// let stack = Stack::new("orders").retry(retry::Config::default()).retry_by(|retry| {
    ///     retry.retry_if(|result: Result<&u32, &std::io::Error>| {
    ///         result.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
    ///     })
    /// });
    /// # let _ = stack;
    /// ```
    #[must_use]
    pub fn retry_by<T>(self, change: impl FnOnce(Tries<Y, W, K>) -> T) -> Stack<R, J, T, I, F, B, Q> {
        self.map(|refuse, judge, tries, incoming, fallback| {
            (refuse, judge, change(tries), incoming, fallback)
        })
    }

    /// The same with another number of attempts, for one call or for a less important one: it shares everything else, the
    /// budget too, and counts its retries apart. Without a retry it is as it was.
    #[must_use]
    pub fn attempts(self, attempts: NonZeroU32) -> Self {
        let Some(handle) = self.tries.handle() else { return self };
        let config = handle.config().to_builder().attempts(attempts.get());
        let config = config.build().expect("any number of attempts goes with what went with another");
        let other = match handle.budget() {
            Some(budget) => retry::Handle::with_budget(handle.name(), config, budget.clone()),
            None => retry::Handle::without_budget(handle.name(), config),
        };
        self.retry(other)
    }

    /// Turns on what the preset has, under the name of the stack, and leaves the rest as it is. What is set after it goes
    /// before it.
    #[must_use]
    pub fn preset(mut self, preset: &Preset) -> Self {
        if let Some(objectives) = preset.error_budget {
            self = self.error_budget(objectives);
        }
        if let Some(breaker) = preset.circuit_breaker {
            self = match preset.order {
                Order::BreakerOutside => self.circuit_breaker_outside(breaker),
                Order::BreakerPerAttempt => self.circuit_breaker(breaker),
            };
        }
        if let Some(retry) = preset.retry {
            self = self.retry(retry);
        }
        if let Some(limit) = preset.deadline {
            self = self.deadline(limit);
        }
        if let Some(limit) = preset.rate_limit {
            self = self.rate_limit(limit);
        }
        if let Some(places) = preset.bulkhead {
            self = self.bulkhead(places);
        }
        if let Some(limit) = preset.timeout {
            self = self.timeout(limit);
        }
        self
    }
}

#[cfg(feature = "http")]
impl<R, J, T, I, F, B> Stack<R, J, T, I, F, B, ByExtensions> {
    /// Refuses requests of low priority while the [error budget](Self::error_budget) is low, by the
    /// [`Priority`](bulkhead::Priority) in their extensions. Without a budget it changes nothing.
    #[must_use]
    pub fn shed_low_priority(mut self) -> Self {
        self.handles.sheds = true;
        self
    }
}

/// A stack with a fallback.
type Answering<R, J, T, I, A, W, P, M, B, Q> = Stack<R, J, T, I, FallbackLayer<A, W, P, M>, B, Q>;

/// A stack that judges by `C`, and tries again what `W` makes of it.
type Classified<R, C, W, Y, K, I, F, B, Q> = Stack<R, AtHead<C>, Tries<Y, W, K>, I, F, B, Q>;

impl<R, C, Y, D, K, I, F, B, Q> Stack<R, AtHead<C>, Tries<Y, ByClass<D>, K>, I, F, B, Q> {
    /// Judges results by `classify`, and tries again what it calls a failure: a type, or a closure over
    /// `Result<&Response, &Error>`.
    #[must_use]
    pub fn classify<C2: Clone>(self, classify: C2) -> Classified<R, C2, ByClass<C2>, Y, K, I, F, B, Q> {
        self.map(|refuse, _, tries, incoming, fallback| {
            (refuse, AtHead(classify.clone()), tries.classify(classify), incoming, fallback)
        })
    }
}

#[cfg(feature = "http")]
impl<R, C, Y, D: Clone, K, I, F, B, Q> Stack<R, AtHead<C>, Tries<Y, HttpCondition<D>, K>, I, F, B, Q> {
    /// Judges results by `classify`, and tries again what it calls a failure: a type, or a closure over
    /// `Result<&Response, &Error>`.
    #[must_use]
    pub fn classify<C2: Clone>(self, classify: C2) -> Classified<R, C2, HttpCondition<C2>, Y, K, I, F, B, Q> {
        self.map(|refuse, _, tries, incoming, fallback| {
            (refuse, AtHead(classify.clone()), tries.classify(classify), incoming, fallback)
        })
    }
}

judged_at_end!(Stack<R, _, T, I, L, B, Q>);
refuse_modes!(Stack<_, J, T, I, L, B, Q>);
