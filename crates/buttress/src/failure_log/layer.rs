//! The layer.

#[cfg(feature = "http")]
use super::ask::Attempts;
use super::ask::{Keyed, Nothing, With};
#[cfg(feature = "http")]
use super::describe::OfHttp;
use super::describe::{By, Errors, Plain};
use super::handle::Handle;
use super::operation::Operation;
use super::service::FailureLogService;
#[cfg(feature = "http")]
use crate::AtEnd;
use crate::{AtHead, classify};
use tower_layer::Layer;

/// Writes down the calls of an operation that fail, and counts the others. All services it makes, and those of its clones,
/// write to one log.
///
/// Its types: `D` is how it [describes](super::Describe) a failure, `K` what it [takes from a request](super::Ask) before the
/// call, `J` how it judges.
#[derive(Clone, Debug)]
pub struct FailureLogLayer<D = Plain, K = Nothing, J = AtHead<classify::Errors>> {
    operation: Option<Operation>,
    judge: J,
    describe: D,
    ask: K,
}

impl FailureLogLayer {
    /// The operation `operation` of `component` in this log, such as `charge` of `payments`. Any error is a failure, any
    /// response a success.
    #[must_use]
    pub fn new(log: &Handle, operation: &str, component: &str) -> Self {
        Self::from_operation(log.operation(operation, component))
    }

    /// An [`Operation`] of a log, shared with whoever else has it. `None` is a layer that is off.
    #[must_use]
    pub fn from_operation(operation: impl Into<Option<Operation>>) -> Self {
        Self { operation: operation.into(), judge: AtHead(classify::Errors), describe: Plain, ask: Nothing }
    }
}

#[cfg(feature = "http")]
impl FailureLogLayer<OfHttp, Nothing, AtHead<classify::Http>> {
    /// The same, judging [HTTP responses](classify::Http) and saying which status a failure had.
    #[must_use]
    pub fn http(log: &Handle, operation: &str, component: &str) -> Self {
        FailureLogLayer::new(log, operation, component).classify(classify::Http).described(OfHttp)
    }
}

#[cfg(feature = "http")]
impl FailureLogLayer<OfHttp, Nothing, AtEnd<classify::Grpc>> {
    /// The same, judging [gRPC responses](classify::Grpc) when their trailers are there, and saying which status and which
    /// message a failure had.
    #[must_use]
    pub fn grpc(log: &Handle, operation: &str, component: &str) -> Self {
        FailureLogLayer::new(log, operation, component)
            .classify(classify::Grpc)
            .at_body_end()
            .described(OfHttp)
    }
}

impl<D, K, J> FailureLogLayer<D, K, J> {
    /// The operation, to look at it; `None` of a layer that is off.
    #[must_use]
    pub const fn operation(&self) -> Option<&Operation> {
        self.operation.as_ref()
    }

    /// Has `hook` say more about a call that failed: what a text is in an error type that the layer does not know, how bad it
    /// is, which [metadata](super::Details::with) belong to it. Only asked about failures; a panic in it is caught and
    /// [counted](super::Counts::hook_panics), and the failure is written down without it.
    ///
    /// ```
    /// use buttress::failure_log::{Config, Details, FailureLogLayer, Handle, Severity};
    /// # #[derive(Debug)]
    /// # enum OrderError { SoldOut(u32), Down }
    ///
    /// let log = Handle::new("shop", Config::default());
    /// let layer = FailureLogLayer::new(&log, "order", "shop").describe(
    ///     |result: Result<&u32, &OrderError>, details: &mut Details| {
    ///         if let Err(OrderError::SoldOut(article)) = result {
    ///             details.message("sold out").severity(Severity::Info).with("article", article);
    ///         }
    ///     },
    /// );
    /// # let _ = layer;
    /// # let _ = OrderError::Down;
    /// ```
    #[must_use]
    pub fn describe<F>(self, hook: F) -> FailureLogLayer<By<F, D>, K, J> {
        self.map_describe(|describe| By::new(hook, describe))
    }

    /// Writes the key of a request down with a failure, such as a tenant or a host. Any [`KeyOf`](crate::key::KeyOf) will
    /// do. It is found before each call, and copied if it is not made anew, as a failed call has no request any more.
    #[must_use]
    pub fn key<X>(self, key: X) -> FailureLogLayer<D, Keyed<X, K>, J> {
        self.map_ask(|ask| Keyed::new(key, ask))
    }

    /// Writes down which [attempt](crate::retry::Attempt) of its call failed, for a layer beneath a retry for HTTP. It is
    /// looked for in each request, which costs about as much as looking for a header.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn attempts(self) -> FailureLogLayer<D, Attempts<K>, J> {
        self.map_ask(Attempts::new)
    }

    /// Writes this down with each failure. Each call holds a count of references to it.
    #[must_use]
    pub fn with(self, key: &str, value: &str) -> FailureLogLayer<D, With<K>, J> {
        self.map_ask(|ask| With::new(key, value, ask))
    }

    /// Takes what an error of the service beneath says from the error itself, for services whose errors are
    /// [`Error`](std::error::Error)s: without it the layer knows a [`BoxError`](crate::BoxError), an `io::Error` and those
    /// of axum, hyper, reqwest and tonic with their features, and of any other the name of its type.
    #[must_use]
    pub fn errors(self) -> FailureLogLayer<Errors<D>, K, J> {
        self.map_describe(Errors)
    }

    /// Describes failures like this.
    pub(crate) fn described<D2>(self, describe: D2) -> FailureLogLayer<D2, K, J> {
        self.map_describe(|_| describe)
    }

    fn map_describe<D2>(self, map: impl FnOnce(D) -> D2) -> FailureLogLayer<D2, K, J> {
        let Self { operation, judge, describe, ask } = self;
        FailureLogLayer { operation, judge, describe: map(describe), ask }
    }

    fn map_ask<K2>(self, map: impl FnOnce(K) -> K2) -> FailureLogLayer<D, K2, J> {
        let Self { operation, judge, describe, ask } = self;
        FailureLogLayer { operation, judge, describe, ask: map(ask) }
    }

    pub(crate) fn map_judge<J2>(self, map: impl FnOnce(J) -> J2) -> FailureLogLayer<D, K, J2> {
        let Self { operation, judge, describe, ask } = self;
        FailureLogLayer { operation, judge: map(judge), describe, ask }
    }
}

judged!(FailureLogLayer, D, K);

impl<S, D: Clone, K: Clone, J: Clone> Layer<S> for FailureLogLayer<D, K, J> {
    type Service = FailureLogService<S, D, K, J>;

    fn layer(&self, inner: S) -> Self::Service {
        FailureLogService::new(
            inner,
            self.operation.clone(),
            self.describe.clone(),
            self.ask.clone(),
            self.judge.clone(),
        )
    }
}
