//! The layer.

use super::answers::{Function, FunctionOfRequest, LastGood, OfService, Value};
use super::cause::Cause;
use super::handle::Handle;
use super::protocol::Plain;
use super::service::{FallbackService, Parts};
use super::when::Open;
use crate::Boxed;
use std::marker::PhantomData;
use std::sync::Arc;
use tower_layer::Layer;

/// Answers in the place of calls that have no answer of their own. All services it makes, and those of its clones, count
/// together.
///
/// Of itself it takes any response for a success. Over HTTP, [`http`](FallbackLayer::http) makes it look: needed above layers
/// that `.respond()`, whose rejections are responses.
#[derive(Clone, Debug)]
pub struct FallbackLayer<A, W = Open, P = Plain, R = Boxed> {
    answers: A,
    when: W,
    protocol: P,
    handle: Option<Handle>,
    source: &'static str,
    refuse: PhantomData<R>,
}

impl<V: Clone> FallbackLayer<Value<V>> {
    /// Answers with clones of `value`.
    #[must_use]
    pub fn value(value: V) -> Self {
        Self::new(Value(value), "value")
    }
}

impl<F, Res, Err> FallbackLayer<Function<F, Res, Err>> {
    /// Answers by a function of the [`Cause`], which returns a future.
    ///
    /// The future does not borrow the cause: what it needs of it is taken out before.
    /// ```
    /// use buttress::FallbackLayer;
    ///
    /// let layer = FallbackLayer::function(|cause| {
    ///     let reason = cause.to_string();
    ///     async move { Ok::<_, std::io::Error>(format!("nobody knows, as {reason}")) }
    /// });
    /// # fn fits<S: tower::Service<u32, Response = String, Error = std::io::Error>>(s: S) -> S { s }
    /// # let service = fits(tower::service_fn(|id: u32| async move { Ok::<_, std::io::Error>(id.to_string()) }));
    /// # let _ = buttress::check::<u32, _>(tower::Layer::layer(&layer, service));
    /// ```
    #[must_use]
    pub fn function<Fut>(function: F) -> Self
    where
        F: Fn(Cause<'_, Res, Err>) -> Fut,
    {
        Self::new(Function::new(function), "function")
    }
}

impl<F, Req: Clone, Res, Err> FallbackLayer<FunctionOfRequest<F, Req, Res, Err>> {
    /// The same by a function of the request as well, a clone of which is kept for it.
    ///
    /// With [`AnyError`](super::AnyError) and [`OpenOrOpening`](super::OpenOrOpening) the peer may have processed the request
    /// already. A function that does more than read looks at the request first, its method or its idempotency key, and
    /// returns an error for one that must not be processed twice: then the error of the call reaches the caller, and this one
    /// with it.
    #[must_use]
    pub fn function_of_request<Fut>(function: F) -> Self
    where
        F: Fn(Req, Cause<'_, Res, Err>) -> Fut,
    {
        Self::new(FunctionOfRequest::new(function), "function")
    }
}

impl<S: Clone> FallbackLayer<OfService<S>> {
    /// Answers by another service, which gets a clone of the request.
    ///
    /// By default these are requests that were not sent. With [`AnyError`](super::AnyError) and
    /// [`OpenOrOpening`](super::OpenOrOpening) they are also requests, HTTP's `POST` among them, that the peer may have processed
    /// already: [what is done twice](super#what-is-done-twice). No deadline of the stack holds for it:
    /// [how long it takes](super#how-long-it-takes).
    #[must_use]
    pub fn service(service: S) -> Self {
        Self::new(OfService(service), "service")
    }
}

impl<X, K: crate::key::Key + ?Sized, Res> FallbackLayer<LastGood<X, K, Res>> {
    /// Answers with the last good response that there was for the same key.
    #[must_use]
    pub fn last_good(kept: LastGood<X, K, Res>) -> Self {
        Self::new(kept, "last good answer")
    }
}

impl<A> FallbackLayer<A> {
    pub(super) fn new(answers: A, source: &'static str) -> Self {
        let handle = Some(Handle::new(""));
        Self { answers, when: Open, protocol: Plain, handle, source, refuse: PhantomData }
    }
}

impl<A, W, P, R> FallbackLayer<A, W, P, R> {
    /// Counts in this handle, shared with whoever else has it, instead of in one without a name. `None` is a layer that is off:
    /// same types, and every result passes.
    #[must_use]
    pub fn with_handle(self, handle: impl Into<Option<Handle>>) -> Self {
        Self { handle: handle.into(), ..self }
    }

    /// The handle, to look at what it does; `None` of a layer that is off.
    #[must_use]
    pub const fn handle(&self) -> Option<&Handle> {
        self.handle.as_ref()
    }

    /// Says where the answers come from, as `local-copy`, in [`Degraded`](super::Degraded) and events. Without it: `value`,
    /// `function`, `service`, `last good answer`.
    #[must_use]
    pub fn source(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    /// Answers [when](super::When) this says so, and not only when the call was refused.
    #[must_use]
    pub fn when<W2>(self, when: W2) -> FallbackLayer<A, W2, P, R> {
        let Self { answers, protocol, handle, source, refuse, .. } = self;
        FallbackLayer { answers, when, protocol, handle, source, refuse }
    }

    pub(crate) fn with_refuse<R2>(self, _: R2) -> FallbackLayer<A, W, P, R2> {
        let Self { answers, when, protocol, handle, source, .. } = self;
        FallbackLayer { answers, when, protocol, handle, source, refuse: PhantomData }
    }

    #[cfg(feature = "http")]
    pub(super) fn with_protocol<P2>(self, change: impl FnOnce(P) -> P2) -> FallbackLayer<A, W, P2, R> {
        let Self { answers, when, protocol, handle, source, refuse } = self;
        FallbackLayer { answers, when, protocol: change(protocol), handle, source, refuse }
    }
}

refuse_modes!(FallbackLayer<A, W, P, _>);

impl<S, A: Clone, W: Clone, P: Clone, R> Layer<S> for FallbackLayer<A, W, P, R> {
    type Service = FallbackService<S, A, W, P, R>;

    fn layer(&self, inner: S) -> Self::Service {
        let parts = Parts {
            answers: self.answers.clone(),
            when: self.when.clone(),
            protocol: self.protocol.clone(),
            handle: self.handle.clone(),
            source: self.source,
            refuse: PhantomData,
        };
        FallbackService::new(inner, Arc::new(parts))
    }
}
