//! Limits for bodies, which a limit for the head says nothing about.

mod layer;
mod limited_body;

pub use layer::{BodyFuture, BodyTimeoutLayer, BodyTimeoutService};
pub use limited_body::LimitedBody;

use crate::rejected::Site;
use std::time::Duration;

/// The kind of layer, in rejections.
const LAYER: &str = "body_timeout";

/// How long a body may pause and how long it may last in all. By default neither has a limit.
///
/// A body that is given up ends with a [`Rejected`](crate::Rejected) for [`Reason::BodyIdle`](crate::Reason::BodyIdle) or
/// [`Reason::BodyTotal`](crate::Reason::BodyTotal). Nothing else counts or tells it here: that is for a layer above that judges a
/// call when its body has [ended](crate::AtEnd).
///
/// For responses there is [`BodyTimeoutLayer`]. Bodies of requests have theirs where a server takes them in:
/// ```
/// use buttress::timeout::BodyLimits;
/// use std::time::Duration;
/// use tower::ServiceBuilder;
///
/// let uploads = BodyLimits::new().idle(Duration::from_secs(30)).total(Duration::from_secs(600));
/// let stack = ServiceBuilder::new()
///     .map_request(move |request: http::Request<String>| request.map(|body| uploads.watch(body)));
/// # let _ = stack.layer(tower::layer::layer_fn(|service: ()| service));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    idle: Option<Duration>,
    total: Option<Duration>,
    site: &'static Site,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self::new()
    }
}

impl BodyLimits {
    /// No limits yet.
    #[must_use]
    pub fn new() -> Self {
        Self { idle: None, total: None, site: Site::intern(LAYER, "") }
    }

    /// Ends a body of which nothing comes for so long while somebody waits for it. Whoever does not read is not waiting.
    #[must_use]
    pub fn idle(self, limit: impl Into<Option<Duration>>) -> Self {
        Self { idle: limit.into(), ..self }
    }

    /// Ends a body that lasts longer, counted from its head, however much of it comes meanwhile. It is looked at when the body
    /// is read: one that nobody reads is held by the limits that its reader has, such as a server's on slow clients.
    #[must_use]
    pub fn total(self, limit: impl Into<Option<Duration>>) -> Self {
        Self { total: limit.into(), ..self }
    }

    /// Names them, for people who read the rejections.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { site: Site::intern(LAYER, name), ..self }
    }

    /// `body`, with these limits from now on.
    #[must_use]
    pub fn watch<B>(self, body: B) -> LimitedBody<B> {
        LimitedBody::new(body, self)
    }
}
