//! The layer.

use super::Rule;
use super::after::Silent;
#[cfg(feature = "http")]
use super::cost::ByCost;
use super::cost::One;
#[cfg(feature = "http")]
use super::fields::Fields;
use super::handle::Handle;
use super::keyed::Keyed;
#[cfg(feature = "http")]
use super::peer::FollowPeer;
use super::service::{AtOnce, InTurn, RateLimitService};
use super::source::Source;
use crate::Boxed;
use crate::key::Key;
#[cfg(feature = "http")]
use crate::source::ByExtension;
use crate::source::{Aside, ByKey};
use std::time::Duration;
use tower_layer::Layer;

/// Admits no more calls than a rate allows. All services it makes, and those of its clones, share one limit.
///
/// `H` is where the limit comes from, `R` how refusals are delivered, `C` what a request costs, `A` what is done with
/// answers, and `W` whether a call waits for its turn.
#[derive(Clone, Debug)]
pub struct RateLimitLayer<H = Handle, R = Boxed, C = One, A = Silent, W = AtOnce> {
    source: H,
    refuse: R,
    cost: C,
    after: A,
    when: W,
}

impl RateLimitLayer {
    /// A limit of its own, without a name. What it does not admit, it refuses; each call costs one token.
    #[must_use]
    pub fn new(rule: impl Into<Rule>) -> Self {
        Self::from_handle(Handle::new("", rule))
    }
}

#[cfg(feature = "http")]
impl RateLimitLayer<Handle, Boxed, ByCost> {
    /// The same for HTTP: a request costs what its extension [`Cost`](crate::Cost) says.
    #[must_use]
    pub fn http(rule: impl Into<Rule>) -> Self {
        RateLimitLayer::new(rule).cost(ByCost)
    }
}

impl<H: Source> RateLimitLayer<H> {
    /// The limit of a [`Handle`], shared with whoever else has it. `None` is a layer that is off.
    #[must_use]
    pub const fn from_handle(handle: H) -> Self {
        Self { source: handle, refuse: Boxed, cost: One, after: Silent, when: AtOnce }
    }
}

impl<R, C, A, W> RateLimitLayer<Handle, R, C, A, W> {
    /// Keeps a limit per key instead, with the same settings: see [`key`](crate::key) for what finds the key of a request,
    /// and [`Keyed`] for how many there can be. Requests without a key pass.
    ///
    /// It takes the settings and not the limit, so it is for a layer that was made of settings. With a name, for a registry
    /// or with another capacity, make the [`Keyed`] and take [`from_handle(keyed.by(find))`](RateLimitLayer::from_handle).
    ///
    /// # Panics
    /// If the limit of this layer has a name, as whoever looks at it under that name would see a limit that no call sees; or if
    /// it is a [window](super::WindowConfig) or several limits, as keys have buckets.
    ///
    /// ```
    /// use buttress::RateLimitLayer;
    /// use buttress::key::by_header;
    /// use buttress::rate_limit::{Config, Rate};
    ///
    /// let tenant = http::HeaderName::from_static("x-tenant");
    /// let layer = RateLimitLayer::http(Config::new(Rate::per_second(20)?, 5)?).keyed(by_header(tenant));
    /// # fn fits<S: tower::Service<http::Request<()>>>(_: S) {}
    /// # fits(tower::Layer::layer(&layer, tower::service_fn(|_| async { Ok::<_, std::io::Error>(http::Response::new(())) })));
    /// # Ok::<(), buttress::InvalidConfig>(())
    /// ```
    #[must_use]
    pub fn keyed<X, K: Key + ?Sized>(self, find: X) -> RateLimitLayer<ByKey<X, Keyed<K>>, R, C, A, W> {
        let name = self.source.name();
        assert!(name.is_empty(), "{name:?} is one limit: for one per key, make a `Keyed` of that name");
        let config = self.source.config().expect("keys have buckets, and not windows or several limits each");
        let keyed = Keyed::new(name, config);
        self.with_source(|_| keyed.by(find))
    }
}

impl<H, R, C, A, W> RateLimitLayer<H, R, C, A, W> {
    /// The handle, to look at the limit and to steer it.
    #[must_use]
    pub const fn handle(&self) -> &H {
        &self.source
    }

    /// Charges for a request what `cost` says: a closure over the request, or [`ByCost`].
    ///
    /// What costs more than the burst is [never](crate::Reason::TooLarge) admitted, and what costs nothing always, also
    /// while the limit is paused and before those who wait.
    #[must_use]
    pub fn cost<C2>(self, cost: C2) -> RateLimitLayer<H, R, C2, A, W> {
        let Self { source, refuse, after, when, .. } = self;
        RateLimitLayer { source, refuse, cost, after, when }
    }

    /// Lets a call wait for its turn, for `max_wait` at most; what would wait longer, or beyond its
    /// [deadline](crate::Deadline), is refused at once. `None` refuses as without it.
    ///
    /// The call waits in its future, in the order of calls, so the service beneath is cloned for it.
    ///
    /// Of [several limits](Handle::of) and of windows, tokens are taken when the timer of the runtime wakes the call, which has
    /// steps of a millisecond: give each a burst of what comes in two of them at least, or its rate is not reached.
    #[must_use]
    pub fn wait(self, max_wait: impl Into<Option<Duration>>) -> RateLimitLayer<H, R, C, A, InTurn> {
        let Self { source, refuse, cost, after, .. } = self;
        RateLimitLayer { source, refuse, cost, after, when: InTurn(max_wait.into()) }
    }

    /// Lets requests pass the limit by for which `passes` is true.
    #[must_use]
    pub fn bypass_when<F>(self, passes: F) -> RateLimitLayer<Aside<H, F>, R, C, A, W> {
        self.with_source(|source| Aside { source, passes })
    }

    /// Lets requests pass the limit by that carry [`Bypass`](crate::Bypass) in their extensions.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn bypass(self) -> RateLimitLayer<Aside<H, ByExtension>, R, C, A, W> {
        self.bypass_when(ByExtension)
    }

    fn with_source<H2>(self, change: impl FnOnce(H) -> H2) -> RateLimitLayer<H2, R, C, A, W> {
        let Self { source, refuse, cost, after, when } = self;
        RateLimitLayer { source: change(source), refuse, cost, after, when }
    }

    pub(crate) fn with_refuse<R2>(self, refuse: R2) -> RateLimitLayer<H, R2, C, A, W> {
        let Self { source, cost, after, when, .. } = self;
        RateLimitLayer { source, refuse, cost, after, when }
    }
}

#[cfg(feature = "http")]
impl<H, R, C, W> RateLimitLayer<H, R, C, Silent, W> {
    /// Tells in every answer how much is left: see [`Fields`]. For servers, with `.respond()`, so that what is refused is an
    /// answer too.
    #[must_use]
    pub fn headers(self) -> RateLimitLayer<H, R, C, Fields, W> {
        self.after(Fields)
    }

    /// Leaves the peer alone for as long as its answers ask: see [`FollowPeer`]. For clients.
    #[must_use]
    pub fn follow_peer(self) -> RateLimitLayer<H, R, C, FollowPeer, W> {
        self.after(FollowPeer::default())
    }
}

impl<H, R, C, W> RateLimitLayer<H, R, C, Silent, W> {
    /// Does with answers what `after` says: [`FollowPeer::at_most`] sets how long a peer is obeyed.
    #[must_use]
    pub fn after<A>(self, after: A) -> RateLimitLayer<H, R, C, A, W> {
        let Self { source, refuse, cost, when, .. } = self;
        RateLimitLayer { source, refuse, cost, after, when }
    }
}

refuse_modes!(RateLimitLayer<H, _, C, A, W>);

impl<S, H: Source, R: Clone, C: Clone, A: Clone, W: Clone> Layer<S> for RateLimitLayer<H, R, C, A, W> {
    type Service = RateLimitService<S, H, R, C, A, W>;

    fn layer(&self, inner: S) -> Self::Service {
        let Self { source, refuse, cost, after, when } = self.clone();
        RateLimitService::new(inner, source, refuse, cost, after, when)
    }
}
