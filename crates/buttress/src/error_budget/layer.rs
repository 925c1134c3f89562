//! The layer.

use super::handle::Handle;
use super::service::ErrorBudgetService;
use super::shared::Shared;
#[cfg(feature = "http")]
use super::source::ByPriority;
use super::source::Shedding;
#[cfg(feature = "http")]
use crate::AtEnd;
#[cfg(feature = "http")]
use crate::source::ByExtension;
use crate::source::{Aside, Source};
use crate::{AtHead, Boxed, classify};
use buttress_core::error_budget::Config;
use tower_layer::Layer;

/// Keeps the error budget of a service. All services it makes, and those of its clones, share one.
#[derive(Clone, Debug)]
pub struct ErrorBudgetLayer<H = Handle, R = Boxed, J = AtHead<classify::Errors>> {
    source: H,
    refuse: R,
    judge: J,
}

impl ErrorBudgetLayer {
    /// A budget of its own, without a name. Any error is a failure, any response a success.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::from_handle(Handle::new("", config))
    }
}

#[cfg(feature = "http")]
impl ErrorBudgetLayer<Handle, Boxed, AtHead<classify::Http>> {
    /// A budget of its own, without a name, that judges [HTTP responses](classify::Http).
    #[must_use]
    pub fn http(config: Config) -> Self {
        ErrorBudgetLayer::new(config).classify(classify::Http)
    }
}

#[cfg(feature = "http")]
impl ErrorBudgetLayer<Handle, Boxed, AtEnd<classify::Grpc>> {
    /// A budget of its own, without a name, that judges [gRPC responses](classify::Grpc) when their trailers are there.
    #[must_use]
    pub fn grpc(config: Config) -> Self {
        ErrorBudgetLayer::new(config).classify(classify::Grpc).at_body_end()
    }
}

impl<H: Source<State = Shared>> ErrorBudgetLayer<H> {
    /// The budget of a [`Handle`], shared with whoever else has it. `None` is a layer that is off.
    #[must_use]
    pub const fn from_handle(handle: H) -> Self {
        Self { source: handle, refuse: Boxed, judge: AtHead(classify::Errors) }
    }
}

impl<H, R, J> ErrorBudgetLayer<H, R, J> {
    /// The handle, to look at the budget.
    #[must_use]
    pub const fn handle(&self) -> &H {
        &self.source
    }

    /// Sheds requests of low priority while the budget is low, by a function that says how urgent a request is. Without it
    /// every request passes, whatever the budget.
    ///
    /// ```
    /// use buttress::bulkhead::Priority;
    /// use buttress::error_budget::Config;
    /// use buttress::ErrorBudgetLayer;
    ///
    /// let layer = ErrorBudgetLayer::new(Config::default())
    ///     .shed_low_priority_by(|path: &&str| if path.starts_with("/report") { Priority::Low } else { Priority::Normal });
    /// # fn fits<S: tower::Service<&'static str>>(_: S) {}
    /// # fits(tower::Layer::layer(&layer, tower::service_fn(|_| async { Ok::<_, std::io::Error>(()) })));
    /// ```
    #[must_use]
    pub fn shed_low_priority_by<F>(self, priority: F) -> ErrorBudgetLayer<Shedding<H, F>, R, J> {
        self.map_source(|source| Shedding { source, priority, sheds: true })
    }

    /// The same by the [`Priority`](crate::bulkhead::Priority) in the extensions of a request.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn shed_low_priority(self) -> ErrorBudgetLayer<Shedding<H, ByPriority>, R, J> {
        self.shed_low_priority_if(true)
    }

    /// The same if `sheds` is true: a switch that leaves the types alone.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn shed_low_priority_if(self, sheds: bool) -> ErrorBudgetLayer<Shedding<H, ByPriority>, R, J> {
        self.map_source(|source| Shedding { source, priority: ByPriority, sheds })
    }

    /// Leaves requests out of the budget for which `passes` is true, such as those of a health check.
    #[must_use]
    pub fn bypass_when<F>(self, passes: F) -> ErrorBudgetLayer<Aside<H, F>, R, J> {
        self.map_source(|source| Aside { source, passes })
    }

    /// Leaves requests out of the budget that carry [`Bypass`](crate::Bypass) in their extensions.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn bypass(self) -> ErrorBudgetLayer<Aside<H, ByExtension>, R, J> {
        self.bypass_when(ByExtension)
    }

    fn map_source<H2>(self, map: impl FnOnce(H) -> H2) -> ErrorBudgetLayer<H2, R, J> {
        let Self { source, refuse, judge } = self;
        ErrorBudgetLayer { source: map(source), refuse, judge }
    }

    pub(crate) fn with_refuse<R2>(self, refuse: R2) -> ErrorBudgetLayer<H, R2, J> {
        let Self { source, judge, .. } = self;
        ErrorBudgetLayer { source, refuse, judge }
    }

    pub(crate) fn map_judge<J2>(self, map: impl FnOnce(J) -> J2) -> ErrorBudgetLayer<H, R, J2> {
        let Self { source, refuse, judge } = self;
        ErrorBudgetLayer { source, refuse, judge: map(judge) }
    }
}

judged!(ErrorBudgetLayer, H, R);
refuse_modes!(ErrorBudgetLayer<H, _, J>);

impl<S, H: Source<State = Shared>, R: Clone, J: Clone> Layer<S> for ErrorBudgetLayer<H, R, J> {
    type Service = ErrorBudgetService<S, H, R, J>;

    fn layer(&self, inner: S) -> Self::Service {
        ErrorBudgetService::new(inner, self.source.clone(), self.refuse.clone(), self.judge.clone())
    }
}
