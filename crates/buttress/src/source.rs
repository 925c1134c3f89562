//! Which state, if any, stands before a request: what the layers that have one, none, or one per key share.
//!
//! The first type parameter of such a layer is where it gets its state from: a handle, an `Option` of one, a `&'static` one,
//! [one per key](ByKey), or one of these with requests that [stand aside](Aside).

use crate::clock;
use crate::key::{Key, KeyOf};
use buttress_core::keyed::{Keep, Store};
use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a service gets its state from. The handles of a [`CircuitBreakerLayer`](crate::CircuitBreakerLayer) and of a
/// [`BulkheadLayer`](crate::BulkheadLayer) are such sources, and what is made of them.
pub trait Source: Clone {
    /// What is behind a handle of this kind.
    type State: 'static;

    /// What a call holds of it.
    type Lease: Deref<Target = Self::State> + Send + Sync + 'static;

    /// The state that stands before every request, whatever that holds. With one, readiness can decide; without, the call.
    fn ahead(&self) -> Option<&Self::State>;

    /// What a call that [`Source::ahead`]'s state admitted holds of it.
    fn lease(&self) -> Option<Self::Lease>;

    /// Whether there is no state at all, whatever the request.
    fn is_off(&self) -> bool {
        false
    }
}

/// Finds the state of a request.
pub trait Select<Req>: Source {
    /// The state that stands before `request`; `None` lets it pass.
    fn select(&self, request: &Req) -> Option<Self::Lease>;
}

/// `None` is a layer that is off: same type, same errors, and every request passes.
impl<H: Source> Source for Option<H> {
    type State = H::State;
    type Lease = H::Lease;

    #[inline]
    fn ahead(&self) -> Option<&H::State> {
        self.as_ref().and_then(Source::ahead)
    }

    #[inline]
    fn lease(&self) -> Option<H::Lease> {
        self.as_ref().and_then(Source::lease)
    }

    #[inline]
    fn is_off(&self) -> bool {
        self.as_ref().is_none_or(Source::is_off)
    }
}

impl<Req, H: Select<Req>> Select<Req> for Option<H> {
    #[inline]
    fn select(&self, request: &Req) -> Option<H::Lease> {
        self.as_ref()?.select(request)
    }
}

/// Makes a handle, which holds its state in an `Arc`, a source of it; and so a `&'static` one, as in a `LazyLock`, of which
/// calls count no references.
macro_rules! source_of {
    ($handle:ty, $state:ty) => {
        impl crate::source::Source for $handle {
            type State = $state;
            type Lease = ::std::sync::Arc<$state>;

            #[inline]
            fn ahead(&self) -> Option<&$state> {
                Some(&self.0)
            }

            #[inline]
            fn lease(&self) -> Option<Self::Lease> {
                Some(::std::sync::Arc::clone(&self.0))
            }
        }

        impl crate::source::Source for &'static $handle {
            type State = $state;
            type Lease = &'static $state;

            #[inline]
            fn ahead(&self) -> Option<&$state> {
                Some(&self.0)
            }

            #[inline]
            fn lease(&self) -> Option<Self::Lease> {
                Some(&self.0)
            }
        }

        impl<Req> crate::source::Select<Req> for $handle {
            #[inline]
            fn select(&self, _: &Req) -> Option<Self::Lease> {
                crate::source::Source::lease(self)
            }
        }

        impl<Req> crate::source::Select<Req> for &'static $handle {
            #[inline]
            fn select(&self, _: &Req) -> Option<Self::Lease> {
                crate::source::Source::lease(self)
            }
        }
    };
}
pub(crate) use source_of;

/// What a source that only adds to what requests say leaves to the one it is made of, its field `source`.
macro_rules! passes_on {
    ($name:ident<H $(, $param:ident)?>) => {
        impl<H: crate::source::Source $(, $param: Clone)?> crate::source::Source for $name<H $(, $param)?> {
            type State = H::State;
            type Lease = H::Lease;

            #[inline]
            fn ahead(&self) -> Option<&H::State> {
                self.source.ahead()
            }

            #[inline]
            fn lease(&self) -> Option<H::Lease> {
                self.source.lease()
            }

            #[inline]
            fn is_off(&self) -> bool {
                self.source.is_off()
            }
        }

        impl<Req, H: crate::source::Select<Req> $(, $param: Clone)?> crate::source::Select<Req> for $name<H $(, $param)?> {
            #[inline]
            fn select(&self, request: &Req) -> Option<H::Lease> {
                self.source.select(request)
            }
        }
    };
}
pub(crate) use passes_on;

/// One state per key, as the `Keyed` of a layer has them.
pub trait PerKey: Clone {
    /// What the state is kept per.
    type Key: Key + ?Sized;

    /// The state of a key.
    type State: Send + Sync + 'static;

    /// The state of `key`, made if there is none, or the one that keys share while there is no room for their own.
    fn lease(&self, key: Cow<'_, Self::Key>) -> Arc<Self::State>;
}

/// What is behind a `Keyed`: the states, and the one that keys share while there is no room for their own.
pub(crate) struct States<K: Key + ?Sized, S, H, G> {
    pub(crate) store: Store<K, S>,
    /// What they have in common.
    pub(crate) group: Arc<G>,
    pub(crate) overflow: H,
    overflowed: AtomicU64,
}

impl<K: Key + ?Sized, S: Keep, H, G> States<K, S, H, G> {
    /// The key that events of the overflow name.
    pub(crate) const OVERFLOW: &'static str = "(overflow)";

    pub(crate) fn new(capacity: NonZeroUsize, group: Arc<G>, overflow: H) -> Self {
        Self { store: Store::new(capacity), group, overflow, overflowed: AtomicU64::new(0) }
    }

    /// The state of `key`, or what `overflow` is around.
    #[inline]
    pub(crate) fn lease(
        &self,
        key: Cow<'_, K>,
        make: impl FnOnce(&K) -> S,
        overflow: impl FnOnce(&H) -> &Arc<S>,
    ) -> Arc<S> {
        self.store.get_or_insert_with(key, clock::now, make).unwrap_or_else(|_| {
            self.overflowed.fetch_add(1, Ordering::Relaxed);
            Arc::clone(overflow(&self.overflow))
        })
    }

    pub(crate) fn overflowed(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }
}

/// A state per key, from the `Keyed` handle `G`, and `X`, which [finds the key](KeyOf) of a request.
///
/// As only the request tells which, a service with it decides when it is called and not when it is polled for readiness, and is
/// ready when the service beneath is.
#[derive(Clone)]
pub struct ByKey<X, G> {
    pub(crate) keyed: G,
    pub(crate) find: X,
}

impl<X, G> ByKey<X, G> {
    /// The states, to look at and to steer.
    pub const fn keyed(&self) -> &G {
        &self.keyed
    }
}

impl<X, G: fmt::Debug> fmt::Debug for ByKey<X, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByKey").field("keyed", &self.keyed).finish_non_exhaustive()
    }
}

impl<X: Clone, G: PerKey> Source for ByKey<X, G> {
    type State = G::State;
    type Lease = Arc<G::State>;

    #[inline]
    fn ahead(&self) -> Option<&G::State> {
        None
    }

    #[inline]
    fn lease(&self) -> Option<Self::Lease> {
        None
    }
}

impl<Req, G: PerKey, X: KeyOf<Req, Key = G::Key> + Clone> Select<Req> for ByKey<X, G> {
    #[inline]
    fn select(&self, request: &Req) -> Option<Self::Lease> {
        Some(self.keyed.lease(self.find.key(request)?))
    }
}

/// Lets some requests pass by.
///
/// As only the request tells which, a service with it decides when it is called and not when it is polled for readiness, and is
/// ready when the service beneath is.
#[derive(Clone)]
pub struct Aside<H, F> {
    pub(crate) source: H,
    pub(crate) passes: F,
}

impl<H: fmt::Debug, F> fmt::Debug for Aside<H, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aside").field("source", &self.source).finish_non_exhaustive()
    }
}

impl<H: Source, F: Clone> Source for Aside<H, F> {
    type State = H::State;
    type Lease = H::Lease;

    #[inline]
    fn ahead(&self) -> Option<&H::State> {
        None
    }

    #[inline]
    fn lease(&self) -> Option<H::Lease> {
        None
    }
}

impl<Req, H: Select<Req>, F: Pass<Req> + Clone> Select<Req> for Aside<H, F> {
    #[inline]
    fn select(&self, request: &Req) -> Option<H::Lease> {
        if self.passes.pass(request) { None } else { self.source.select(request) }
    }
}

/// Says which requests stand aside. A closure over the request will do.
pub trait Pass<Req> {
    /// Whether `request` passes the layer by.
    fn pass(&self, request: &Req) -> bool;
}

impl<Req, F: Fn(&Req) -> bool> Pass<Req> for F {
    fn pass(&self, request: &Req) -> bool {
        self(request)
    }
}

/// Requests that carry [`Bypass`](crate::Bypass) in their extensions stand aside.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug, Default)]
pub struct ByExtension;

#[cfg(feature = "http")]
impl<B> Pass<http::Request<B>> for ByExtension {
    fn pass(&self, request: &http::Request<B>) -> bool {
        request.extensions().get::<crate::Bypass>().is_some()
    }
}
