//! The layer.

use super::handle::{Handle, Shared};
use super::keyed::Keyed;
use super::service::{CircuitBreakerService, Mode};
#[cfg(feature = "http")]
use crate::AtEnd;
use crate::key::Key;
#[cfg(feature = "http")]
use crate::source::ByExtension;
use crate::source::{Aside, ByKey, Source};
use crate::{AtHead, Boxed, classify};
use buttress_core::circuit_breaker::Config;
use tower_layer::Layer;

/// Puts a circuit breaker before a service. All services it makes, and those of its clones, share one breaker.
#[derive(Clone, Debug)]
pub struct CircuitBreakerLayer<H = Handle, R = Boxed, J = AtHead<classify::Errors>> {
    source: H,
    refuse: R,
    judge: J,
    mode: Mode,
}

impl CircuitBreakerLayer {
    /// A breaker of its own, without a name. Any error is a failure, any response a success.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::from_handle(Handle::new("", config))
    }
}

#[cfg(feature = "http")]
impl CircuitBreakerLayer<Handle, Boxed, AtHead<classify::Http>> {
    /// A breaker of its own, without a name, that judges [HTTP responses](classify::Http).
    #[must_use]
    pub fn http(config: Config) -> Self {
        CircuitBreakerLayer::new(config).classify(classify::Http)
    }
}

#[cfg(feature = "http")]
impl CircuitBreakerLayer<Handle, Boxed, AtEnd<classify::Grpc>> {
    /// A breaker of its own, without a name, that judges [gRPC responses](classify::Grpc) when their trailers are there.
    #[must_use]
    pub fn grpc(config: Config) -> Self {
        CircuitBreakerLayer::new(config).classify(classify::Grpc).at_body_end()
    }
}

impl<R, J> CircuitBreakerLayer<Handle, R, J> {
    /// Keeps a breaker per key instead, with the same settings: see [`key`](crate::key) for what finds the key of a
    /// request, and [`Keyed`] for how many there can be. Requests without a key pass.
    ///
    /// It takes the settings and not the breaker, so it is for a layer that was made of settings. With a name, for a
    /// registry or with another capacity, make the [`Keyed`] and take
    /// [`from_handle(keyed.by(find))`](CircuitBreakerLayer::from_handle).
    ///
    /// # Panics
    /// If the breaker of this layer has a name: whoever looks at it under that name would see a breaker that no call
    /// sees.
    ///
    /// ```
    /// use buttress::key::by_host;
    /// use buttress::{CircuitBreakerLayer, Config};
    ///
    /// let layer = CircuitBreakerLayer::http(Config::default()).keyed(by_host());
    /// let hosts = layer.handle().keyed().clone();
    /// # fn fits<S: tower::Service<http::Request<()>>>(_: S) {}
    /// # fits(tower::Layer::layer(&layer, tower::service_fn(|_| async { Ok::<_, std::io::Error>(http::Response::new(())) })));
    /// hosts.of("orders.example").force_open();
    /// ```
    #[must_use]
    pub fn keyed<X, K: Key + ?Sized>(self, find: X) -> CircuitBreakerLayer<ByKey<X, Keyed<K>>, R, J> {
        let Self { source, refuse, judge, mode } = self;
        let name = source.name();
        assert!(name.is_empty(), "{name:?} is one breaker: for one per key, make a `Keyed` of that name");
        let keyed = Keyed::new(name, *source.config());
        CircuitBreakerLayer { source: keyed.by(find), refuse, judge, mode }
    }
}

impl<H: Source<State = Shared>> CircuitBreakerLayer<H> {
    /// The breaker of a [`Handle`], shared with whoever else has it. `None` is a layer that is off.
    #[must_use]
    pub const fn from_handle(handle: H) -> Self {
        Self { source: handle, refuse: Boxed, judge: AtHead(classify::Errors), mode: Mode::Refuse }
    }
}

impl<H, R, J> CircuitBreakerLayer<H, R, J> {
    /// The handle, to look at the breaker and to steer it.
    #[must_use]
    pub const fn handle(&self) -> &H {
        &self.source
    }

    /// Is not ready while the breaker refuses, instead of ready and refusing: for balancers, which pick among ready
    /// services. Where the request has a say ([`CircuitBreakerLayer::keyed`], [`CircuitBreakerLayer::bypass_when`]) there is
    /// nothing to wait for before it is there, and this changes nothing.
    #[must_use]
    pub const fn readiness(mut self) -> Self {
        self.mode = Mode::Wait;
        self
    }

    /// Lets requests pass the breaker by for which `passes` is true.
    ///
    /// The breaker then decides when it is called, so the service is ready when the one beneath is.
    #[must_use]
    pub fn bypass_when<F>(self, passes: F) -> CircuitBreakerLayer<Aside<H, F>, R, J> {
        let Self { source, refuse, judge, mode } = self;
        CircuitBreakerLayer { source: Aside { source, passes }, refuse, judge, mode }
    }

    /// Lets requests pass the breaker by that carry [`Bypass`](crate::Bypass) in their extensions.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn bypass(self) -> CircuitBreakerLayer<Aside<H, ByExtension>, R, J> {
        self.bypass_when(ByExtension)
    }

    pub(crate) fn with_refuse<R2>(self, refuse: R2) -> CircuitBreakerLayer<H, R2, J> {
        let Self { source, judge, mode, .. } = self;
        CircuitBreakerLayer { source, refuse, judge, mode }
    }

    pub(crate) fn map_judge<J2>(self, map: impl FnOnce(J) -> J2) -> CircuitBreakerLayer<H, R, J2> {
        let Self { source, refuse, judge, mode } = self;
        CircuitBreakerLayer { source, refuse, judge: map(judge), mode }
    }
}

judged!(CircuitBreakerLayer, H, R);
refuse_modes!(CircuitBreakerLayer<H, _, J>);

impl<S, H: Source<State = Shared>, R: Clone, J: Clone> Layer<S> for CircuitBreakerLayer<H, R, J> {
    type Service = CircuitBreakerService<S, H, R, J>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreakerService::new(
            inner,
            self.source.clone(),
            self.refuse.clone(),
            self.judge.clone(),
            self.mode,
        )
    }
}
