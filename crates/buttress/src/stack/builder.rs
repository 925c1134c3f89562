//! The stack, and how it is put together.

use super::Part;
#[cfg(feature = "http")]
use crate::AtEnd;
use crate::registry::{Member, Registry, RegistryError};
use crate::rejected::Site;
use crate::{AtHead, Boxed, circuit_breaker, classify, operation};
use std::time::Duration;

/// The layers in their order, each of them on or off, with one way to reject and one to judge for all.
///
/// Cheap to clone. All services it makes, and those of its clones, share the handles of its parts.
#[derive(Clone, Debug)]
pub struct Stack<R = Boxed, J = AtHead<classify::Errors>> {
    pub(super) name: &'static str,
    pub(super) operation: Option<operation::Handle>,
    pub(super) breaker_outside: Option<circuit_breaker::Handle>,
    pub(super) breaker_per_attempt: Option<circuit_breaker::Handle>,
    pub(super) timeout: Option<Duration>,
    pub(super) refuse: R,
    pub(super) judge: J,
}

/// A stack for HTTP clients and servers.
#[cfg(feature = "http")]
pub type Http = Stack<Boxed, AtHead<classify::Http>>;

/// A stack for gRPC clients and servers.
#[cfg(feature = "http")]
pub type Grpc = Stack<Boxed, AtEnd<classify::Grpc>>;

impl Stack {
    /// A stack with every part off, for requests of any type. Any error is a failure, any response a success.
    ///
    /// The name is for people and metrics: parts that are made of settings get it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: Site::intern("stack", name).name,
            operation: None,
            breaker_outside: None,
            breaker_per_attempt: None,
            timeout: None,
            refuse: Boxed,
            judge: AtHead(classify::Errors),
        }
    }
}

#[cfg(feature = "http")]
impl Http {
    /// The same, judging [HTTP responses](classify::Http).
    #[must_use]
    pub fn http(name: &str) -> Self {
        Stack::new(name).classify(classify::Http)
    }
}

#[cfg(feature = "http")]
impl Grpc {
    /// The same, judging [gRPC responses](classify::Grpc) when their trailers are there.
    #[must_use]
    pub fn grpc(name: &str) -> Self {
        Stack::new(name).classify(classify::Grpc).at_body_end()
    }
}

impl<R, J> Stack<R, J> {
    /// Counts and times the calls: a [handle](operation::Handle), or the name of the operation, whose component is then the
    /// stack.
    #[must_use]
    pub fn operation(mut self, operation: impl Part<operation::Handle>) -> Self {
        self.operation = operation.named(self.name);
        self
    }

    /// Has a breaker before each attempt: what one attempt finds out, the next one knows. One failed attempt is one failure.
    #[must_use]
    pub fn circuit_breaker(mut self, breaker: impl Part<circuit_breaker::Handle>) -> Self {
        self.breaker_per_attempt = breaker.named(self.name);
        self
    }

    /// Has a breaker around all attempts: one call whose attempts are used up is one failure, so it opens that much later.
    #[must_use]
    pub fn circuit_breaker_outside(mut self, breaker: impl Part<circuit_breaker::Handle>) -> Self {
        self.breaker_outside = breaker.named(self.name);
        self
    }

    /// Limits each attempt.
    #[must_use]
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeout = limit.into();
        self
    }

    /// Takes all handles into `registry`, for its status, its health and its streams of events.
    ///
    /// # Errors
    /// [`RegistryError`] if a part has no name or the registry has another of the name and kind. The parts before it are in
    /// by then.
    pub fn register(self, registry: &Registry) -> Result<Self, RegistryError> {
        register(registry, self.operation.as_ref())?;
        register(registry, self.breaker_outside.as_ref())?;
        register(registry, self.breaker_per_attempt.as_ref())?;
        Ok(self)
    }

    /// The name it was given.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    fn with_refuse<R2>(self, refuse: R2) -> Stack<R2, J> {
        let Self { name, operation, breaker_outside, breaker_per_attempt, timeout, judge, .. } = self;
        Stack { name, operation, breaker_outside, breaker_per_attempt, timeout, refuse, judge }
    }

    fn map_judge<J2>(self, map: impl FnOnce(J) -> J2) -> Stack<R, J2> {
        let Self { name, operation, breaker_outside, breaker_per_attempt, timeout, refuse, judge } = self;
        Stack { name, operation, breaker_outside, breaker_per_attempt, timeout, refuse, judge: map(judge) }
    }
}

judged!(Stack, R);
refuse_modes!(Stack<_, J>);

fn register<M: Member>(registry: &Registry, member: Option<&M>) -> Result<(), RegistryError> {
    member.cloned().map_or(Ok(()), |member| registry.add(member))
}
