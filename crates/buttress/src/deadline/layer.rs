//! The layer.

#[cfg(feature = "http")]
use super::Headers;
use super::handle::LAYER;
use super::incoming::Inherit;
use super::service::DeadlineService;
use crate::Boxed;
use crate::timeout::{Limit, Source};
use std::time::Duration;
use tower_layer::Layer;

/// Limits the time until a call has its response, with all that is done for it beneath; for HTTP, the head of it.
#[derive(Clone, Debug)]
pub struct DeadlineLayer<R = Boxed, H = Limit, I = Inherit> {
    source: H,
    refuse: R,
    incoming: I,
}

impl DeadlineLayer {
    /// A limit counted from the call, or the deadline of a layer around if that is earlier. `None` is a layer that is off.
    #[must_use]
    pub fn new(limit: impl Into<Option<Duration>>) -> Self {
        Self::from_handle(Limit::new(LAYER, limit.into()))
    }
}

#[cfg(feature = "http")]
impl DeadlineLayer<Boxed, Limit, Headers> {
    /// The same for HTTP: the deadline comes with the request as well, by the default [`Headers`], and goes with it in its
    /// extensions.
    #[must_use]
    pub fn http(limit: impl Into<Option<Duration>>) -> Self {
        DeadlineLayer::new(limit).incoming(Headers::default())
    }
}

impl<R, I> DeadlineLayer<R, Limit, I> {
    /// Names it, for people who read its rejections.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { source: self.source.named(name), ..self }
    }
}

impl<H: Source> DeadlineLayer<Boxed, H> {
    /// The limit of a [`Handle`](super::Handle), shared with whoever else has it. `None` is a layer that is off.
    #[must_use]
    pub const fn from_handle(handle: H) -> Self {
        Self { source: handle, refuse: Boxed, incoming: Inherit }
    }
}

impl<R, H, I> DeadlineLayer<R, H, I> {
    /// The handle, to look at the limit.
    #[must_use]
    pub const fn handle(&self) -> &H {
        &self.source
    }

    /// Looks into the requests as `incoming` says: for HTTP, [`Headers`](super::Headers). The earliest deadline holds, so no
    /// request makes a call last longer than the limit.
    #[must_use]
    pub fn incoming<I2>(self, incoming: I2) -> DeadlineLayer<R, H, I2> {
        DeadlineLayer { source: self.source, refuse: self.refuse, incoming }
    }

    pub(crate) fn with_refuse<R2>(self, refuse: R2) -> DeadlineLayer<R2, H, I> {
        DeadlineLayer { source: self.source, refuse, incoming: self.incoming }
    }
}

refuse_modes!(DeadlineLayer<_, H, I>);

impl<S, R: Clone, H: Source, I: Clone> Layer<S> for DeadlineLayer<R, H, I> {
    type Service = DeadlineService<S, R, H, I>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService::new(inner, self.source.clone(), self.refuse.clone(), self.incoming.clone())
    }
}
