//! The layer.

use super::handle::Handle;
use super::keyed::Keyed;
use super::service::{BulkheadService, Mode};
use super::shared::Shared;
#[cfg(feature = "http")]
use super::source::Extended;
use super::source::{Ranked, Weighed};
use crate::key::Key;
#[cfg(feature = "http")]
use crate::source::ByExtension;
use crate::source::{Aside, ByKey, Source};
use crate::{AtHead, Boxed, classify};
use buttress_core::adaptive_limit;
use buttress_core::bulkhead::Config;
use tower_layer::Layer;

/// Puts a bulkhead before a service. All services it makes, and those of its clones, share one.
#[derive(Clone, Debug)]
pub struct BulkheadLayer<H = Handle, R = Boxed, J = AtHead<classify::Errors>> {
    source: H,
    refuse: R,
    judge: J,
    mode: Mode,
}

impl BulkheadLayer {
    /// A bulkhead of its own, without a name.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::from_handle(Handle::new("", config))
    }

    /// A bulkhead of its own, without a name, whose limit follows what the peer bears: see
    /// [`adaptive_limit`]. Calls wait as by [`Config::default`].
    ///
    /// It learns from what a call is judged to be, and by itself only errors are failures. Over HTTP a quick 429 or 503 would
    /// pass for a quick success: there [`BulkheadLayer::adaptive_http`] is right.
    #[must_use]
    pub fn adaptive(config: adaptive_limit::Config) -> Self {
        Self::from_handle(Handle::adaptive("", config))
    }
}

#[cfg(feature = "http")]
impl BulkheadLayer<Handle, Boxed, AtHead<classify::Http>> {
    /// A bulkhead of its own, without a name, that judges [HTTP responses](classify::Http), which is what an adaptive limit
    /// learns from.
    #[must_use]
    pub fn http(config: Config) -> Self {
        BulkheadLayer::new(config).classify(classify::Http)
    }

    /// The same with a limit that [follows what the peer bears](BulkheadLayer::adaptive): a 429 says that it was too much, and
    /// other failures say nothing, where they would pass for quick successes otherwise.
    #[must_use]
    pub fn adaptive_http(config: adaptive_limit::Config) -> Self {
        BulkheadLayer::adaptive(config).classify(classify::Http)
    }
}

impl<R, J> BulkheadLayer<Handle, R, J> {
    /// Keeps a bulkhead per key instead, with the same settings: see [`key`](crate::key) for what finds the key of a request,
    /// and [`Keyed`] for how many there can be. Requests without a key pass.
    ///
    /// It takes the settings and not the bulkhead, so it is for a layer that was made of settings. With a name, for a registry
    /// or with another capacity, make the [`Keyed`] and take
    /// [`from_handle(keyed.by(find))`](BulkheadLayer::from_handle).
    ///
    /// # Panics
    /// If the bulkhead of this layer has a name: whoever looks at it under that name would see one that no call sees.
    #[must_use]
    pub fn keyed<X, K: Key + ?Sized>(self, find: X) -> BulkheadLayer<ByKey<X, Keyed<K>>, R, J> {
        let Self { source, refuse, judge, mode } = self;
        let name = source.name();
        assert!(name.is_empty(), "{name:?} is one bulkhead: for one per key, make a `Keyed` of that name");
        let source = Keyed::like(&source).by(find);
        BulkheadLayer { source, refuse, judge, mode }
    }
}

impl<H: Source<State = Shared>> BulkheadLayer<H> {
    /// The bulkhead of a [`Handle`], shared with whoever else has it. `None` is a layer that is off.
    #[must_use]
    pub const fn from_handle(handle: H) -> Self {
        Self { source: handle, refuse: Boxed, judge: AtHead(classify::Errors), mode: Mode::InCall }
    }
}

impl<H, R, J> BulkheadLayer<H, R, J> {
    /// The handle, to look at the bulkhead and to steer it.
    #[must_use]
    pub const fn handle(&self) -> &H {
        &self.source
    }

    /// Takes a place when it is asked whether it is ready, and is not ready while there is none: for balancers and buffers,
    /// which hand a request to who is ready. It waits in the same queue and as long as a call may; when the queue is full or the
    /// wait is over, it is ready and refuses, unless there is room when it is asked again.
    ///
    /// A place that is taken and not used within a [second](super::RESERVED_FOR) goes to whoever waits; the call it was for then
    /// decides like any other. A request that weighs more than one place gives its place back and asks anew. Where the request
    /// has a say ([`BulkheadLayer::keyed`], [`BulkheadLayer::bypass_when`]) there is nothing to wait for before it is there, and
    /// this changes nothing.
    #[must_use]
    pub const fn backpressure(mut self) -> Self {
        self.mode = Mode::Ahead;
        self
    }

    /// Counts a request as so many, by a function of it; 0 counts as 1. One that weighs more than the limit is refused with
    /// [`Reason::TooLarge`](crate::Reason::TooLarge); more than an adaptive limit counts as all of that, so that the request is
    /// under way alone.
    #[must_use]
    pub fn weigh<F>(self, weigh: F) -> BulkheadLayer<Weighed<H, F>, R, J> {
        self.map_source(|source| Weighed { source, weigh })
    }

    /// Says which requests have their turn first, by a function of them.
    #[must_use]
    pub fn priority<F>(self, rank: F) -> BulkheadLayer<Ranked<H, F>, R, J> {
        self.map_source(|source| Ranked { source, rank })
    }

    /// Lets requests say themselves how many places they take and how urgent they are: by [`Places`](super::Places) and
    /// [`Priority`](super::Priority) in their extensions.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn by_extensions(self) -> BulkheadLayer<Extended<H>, R, J> {
        self.map_source(|source| Extended { source })
    }

    /// Lets requests pass the bulkhead by for which `passes` is true.
    #[must_use]
    pub fn bypass_when<F>(self, passes: F) -> BulkheadLayer<Aside<H, F>, R, J> {
        self.map_source(|source| Aside { source, passes })
    }

    /// Lets requests pass the bulkhead by that carry [`Bypass`](crate::Bypass) in their extensions.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn bypass(self) -> BulkheadLayer<Aside<H, ByExtension>, R, J> {
        self.bypass_when(ByExtension)
    }

    fn map_source<H2>(self, map: impl FnOnce(H) -> H2) -> BulkheadLayer<H2, R, J> {
        let Self { source, refuse, judge, mode } = self;
        BulkheadLayer { source: map(source), refuse, judge, mode }
    }

    pub(crate) fn with_refuse<R2>(self, refuse: R2) -> BulkheadLayer<H, R2, J> {
        let Self { source, judge, mode, .. } = self;
        BulkheadLayer { source, refuse, judge, mode }
    }

    pub(crate) fn map_judge<J2>(self, map: impl FnOnce(J) -> J2) -> BulkheadLayer<H, R, J2> {
        let Self { source, refuse, judge, mode } = self;
        BulkheadLayer { source, refuse, judge: map(judge), mode }
    }
}

judged!(BulkheadLayer, H, R);
refuse_modes!(BulkheadLayer<H, _, J>);

impl<S, H: Source<State = Shared>, R: Clone, J: Clone> Layer<S> for BulkheadLayer<H, R, J> {
    type Service = BulkheadService<S, H, R, J>;

    fn layer(&self, inner: S) -> Self::Service {
        let (source, refuse, judge) = (self.source.clone(), self.refuse.clone(), self.judge.clone());
        BulkheadService::new(inner, source, refuse, judge, self.mode)
    }
}
