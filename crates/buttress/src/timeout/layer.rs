//! The layer.

use super::service::TimeoutService;
use crate::Boxed;
use crate::rejected::Site;
use std::time::Duration;
use tower_layer::Layer;

/// Limits the time until a call has its response; for HTTP, the head of it.
#[derive(Clone, Debug)]
pub struct TimeoutLayer<R = Boxed> {
    limit: Duration,
    site: &'static Site,
    refuse: R,
}

const LAYER: &str = "timeout";

impl TimeoutLayer {
    /// A limit counted from the call's first poll. With a limit of zero only a call that is done at once has its answer.
    #[must_use]
    pub fn new(limit: Duration) -> Self {
        Self { limit, site: Site::intern(LAYER, ""), refuse: Boxed }
    }
}

impl<R> TimeoutLayer<R> {
    /// Names it, for people who read its rejections.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.site = Site::intern(LAYER, name);
        self
    }

    pub(crate) fn with_refuse<R2>(self, refuse: R2) -> TimeoutLayer<R2> {
        TimeoutLayer { limit: self.limit, site: self.site, refuse }
    }
}

refuse_modes!(TimeoutLayer<_>);

impl<S, R: Clone> Layer<S> for TimeoutLayer<R> {
    type Service = TimeoutService<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        TimeoutService::new(inner, self.limit, self.site, self.refuse.clone())
    }
}
