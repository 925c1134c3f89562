//! The layer.

use super::handle::{Handle, LAYER};
use super::service::TimeoutService;
use super::source::{Limit, Source};
use crate::Boxed;
use buttress_core::adaptive_timeout::Config;
use std::time::Duration;
use tower_layer::Layer;

/// Limits the time until a call has its response; for HTTP, the head of it.
#[derive(Clone, Debug)]
pub struct TimeoutLayer<R = Boxed, H = Limit> {
    source: H,
    refuse: R,
}

impl TimeoutLayer {
    /// A limit counted from the call's first poll. With a limit of zero only a call that is done at once has its answer;
    /// `None` is a layer that is off.
    #[must_use]
    pub fn new(limit: impl Into<Option<Duration>>) -> Self {
        Self::from_handle(Limit::new(LAYER, limit.into()))
    }

    /// Names it, for people who read its rejections.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { source: self.source.named(name), ..self }
    }
}

impl TimeoutLayer<Boxed, Handle> {
    /// A limit that follows how long calls take, without a name: see [`Config`].
    #[must_use]
    pub fn adaptive(config: Config) -> Self {
        Self::from_handle(Handle::adaptive("", config))
    }
}

impl<H: Source> TimeoutLayer<Boxed, H> {
    /// The limit of a [`Handle`], shared with whoever else has it. `None` is a layer that is off.
    #[must_use]
    pub const fn from_handle(handle: H) -> Self {
        Self { source: handle, refuse: Boxed }
    }
}

impl<R, H> TimeoutLayer<R, H> {
    /// The handle, to look at the limit.
    #[must_use]
    pub const fn handle(&self) -> &H {
        &self.source
    }

    pub(crate) fn with_refuse<R2>(self, refuse: R2) -> TimeoutLayer<R2, H> {
        TimeoutLayer { source: self.source, refuse }
    }
}

refuse_modes!(TimeoutLayer<_, H>);

impl<S, R: Clone, H: Source> Layer<S> for TimeoutLayer<R, H> {
    type Service = TimeoutService<S, R, H>;

    fn layer(&self, inner: S) -> Self::Service {
        TimeoutService::new(inner, self.source.clone(), self.refuse.clone())
    }
}
