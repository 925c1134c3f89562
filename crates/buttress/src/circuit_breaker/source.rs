//! Which breaker, if any, stands before a request.

use super::handle::{Handle, Shared};
use super::keyed::Keyed;
use crate::key::{Key, KeyOf};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Where a service gets its breaker from: a [`Handle`], an `Option` of one, a `&'static` one, a breaker [per key](ByKey), or
/// one of these with requests that [stand aside](Aside). The first type parameter of the layer.
pub trait Source: Clone {
    /// What a call holds of the breaker.
    type Lease: Deref<Target = Shared> + Send + Sync + 'static;

    /// The breaker that stands before every request, whatever that holds. With one, readiness decides; without, the call.
    fn ahead(&self) -> Option<&Shared>;

    /// What a call that [`Source::ahead`]'s breaker admitted holds of it.
    fn lease(&self) -> Option<Self::Lease>;

    /// Whether there is no breaker at all, whatever the request.
    fn is_off(&self) -> bool {
        false
    }
}

/// Finds the breaker of a request.
pub trait Select<Req>: Source {
    /// The breaker that stands before `request`; `None` lets it pass.
    fn select(&self, request: &Req) -> Option<Self::Lease>;
}

impl Source for Handle {
    type Lease = Arc<Shared>;

    #[inline]
    fn ahead(&self) -> Option<&Shared> {
        Some(&self.0)
    }

    #[inline]
    fn lease(&self) -> Option<Arc<Shared>> {
        Some(Arc::clone(&self.0))
    }
}

/// A breaker that lives as long as the program, as in a `LazyLock`: calls hold it without counting references.
impl Source for &'static Handle {
    type Lease = &'static Shared;

    #[inline]
    fn ahead(&self) -> Option<&Shared> {
        Some(&self.0)
    }

    #[inline]
    fn lease(&self) -> Option<&'static Shared> {
        Some(&self.0)
    }
}

/// `None` is a layer that is off: same type, same errors, and every request passes.
impl<H: Source> Source for Option<H> {
    type Lease = H::Lease;

    #[inline]
    fn ahead(&self) -> Option<&Shared> {
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

impl<Req> Select<Req> for Handle {
    #[inline]
    fn select(&self, _: &Req) -> Option<Self::Lease> {
        self.lease()
    }
}

impl<Req> Select<Req> for &'static Handle {
    #[inline]
    fn select(&self, _: &Req) -> Option<Self::Lease> {
        self.lease()
    }
}

impl<Req, H: Select<Req>> Select<Req> for Option<H> {
    #[inline]
    fn select(&self, request: &Req) -> Option<Self::Lease> {
        self.as_ref()?.select(request)
    }
}

/// A breaker per key, and what finds the key of a request.
///
/// As only the request tells which, a service with it decides when it is called and not when it is polled for
/// readiness, and is ready when the service beneath is.
pub struct ByKey<X, K: Key + ?Sized> {
    pub(super) keyed: Keyed<K>,
    pub(super) find: X,
}

impl<X, K: Key + ?Sized> ByKey<X, K> {
    /// The breakers, to look at and to steer.
    pub const fn keyed(&self) -> &Keyed<K> {
        &self.keyed
    }
}

impl<X: Clone, K: Key + ?Sized> Clone for ByKey<X, K> {
    /// Shares the breakers.
    fn clone(&self) -> Self {
        Self { keyed: self.keyed.clone(), find: self.find.clone() }
    }
}

impl<X, K: Key + ?Sized> fmt::Debug for ByKey<X, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByKey").field("keyed", &self.keyed).finish_non_exhaustive()
    }
}

impl<X: Clone, K: Key + ?Sized> Source for ByKey<X, K> {
    type Lease = Arc<Shared>;

    #[inline]
    fn ahead(&self) -> Option<&Shared> {
        None
    }

    #[inline]
    fn lease(&self) -> Option<Arc<Shared>> {
        None
    }
}

impl<Req, X: KeyOf<Req, Key = K> + Clone, K: Key + ?Sized> Select<Req> for ByKey<X, K> {
    #[inline]
    fn select(&self, request: &Req) -> Option<Arc<Shared>> {
        Some(self.keyed.lease(self.find.key(request)?))
    }
}

/// Lets some requests pass the breaker by.
///
/// As only the request tells which, a service with it decides when it is called and not when it is polled for
/// readiness, and is ready when the service beneath is.
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
    type Lease = H::Lease;

    #[inline]
    fn ahead(&self) -> Option<&Shared> {
        None
    }

    #[inline]
    fn lease(&self) -> Option<H::Lease> {
        None
    }
}

impl<Req, H: Select<Req>, F: Pass<Req> + Clone> Select<Req> for Aside<H, F> {
    #[inline]
    fn select(&self, request: &Req) -> Option<Self::Lease> {
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
