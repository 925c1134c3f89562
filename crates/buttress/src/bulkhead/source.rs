//! Which bulkhead, if any, stands before a request, and how much of it the request takes.

use super::handle::Handle;
use super::keyed::Keyed;
use super::shared::Shared;
use crate::circuit_breaker::Pass;
#[cfg(feature = "http")]
use crate::key::RequestHead;
use crate::key::{Key, KeyOf};
use buttress_core::bulkhead::Priority;
use std::fmt;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

/// Where a service gets its bulkhead from: a [`Handle`], an `Option` of one, a `&'static` one, a bulkhead [per key](ByKey), or
/// one of these with requests that [stand aside](Aside), [weigh](Weighed) or [rank](Ranked). The first type parameter of the
/// layer.
pub trait Source: Clone {
    /// What a call holds of the bulkhead.
    type Lease: Deref<Target = Shared> + Send + Sync + 'static;

    /// The bulkhead that stands before every request, whatever that holds.
    fn ahead(&self) -> Option<&Shared>;

    /// What a call that [`Source::ahead`]'s bulkhead admitted holds of it.
    fn lease(&self) -> Option<Self::Lease>;

    /// Whether there is no bulkhead at all, whatever the request.
    fn is_off(&self) -> bool {
        false
    }
}

/// Finds the bulkhead of a request.
pub trait Select<Req>: Source {
    /// The bulkhead that stands before `request`; `None` lets it pass.
    fn select(&self, request: &Req) -> Option<Self::Lease>;

    /// What `request` asks of it: one place, unless somebody says otherwise.
    #[inline]
    fn claim(&self, request: &Req) -> Claim {
        let _ = request;
        Claim::ONE
    }
}

/// What a request asks of a bulkhead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// How many places it takes.
    pub weight: NonZeroU32,
    /// Before whom it has its turn, where it has to wait for one.
    pub priority: Priority,
}

impl Claim {
    /// One place, in the order in which requests come.
    pub const ONE: Self = Self { weight: NonZeroU32::MIN, priority: Priority::Normal };
}

impl Default for Claim {
    fn default() -> Self {
        Self::ONE
    }
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

/// A bulkhead that lives as long as the program, as in a `LazyLock`: calls hold it without counting references.
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

    #[inline]
    fn claim(&self, request: &Req) -> Claim {
        self.as_ref().map_or(Claim::ONE, |source| source.claim(request))
    }
}

/// A bulkhead per key, and what finds the key of a request.
pub struct ByKey<X, K: Key + ?Sized> {
    pub(super) keyed: Keyed<K>,
    pub(super) find: X,
}

impl<X, K: Key + ?Sized> ByKey<X, K> {
    /// The bulkheads, to look at and to steer.
    pub const fn keyed(&self) -> &Keyed<K> {
        &self.keyed
    }
}

impl<X: Clone, K: Key + ?Sized> Clone for ByKey<X, K> {
    /// Shares the bulkheads.
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

/// Lets some requests pass the bulkhead by.
#[derive(Clone)]
pub struct Aside<H, F> {
    pub(super) source: H,
    pub(super) passes: F,
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

    #[inline]
    fn claim(&self, request: &Req) -> Claim {
        self.source.claim(request)
    }
}

/// A source whose requests take more than one place each, by a function.
#[derive(Clone)]
pub struct Weighed<H, F> {
    pub(super) source: H,
    pub(super) weigh: F,
}

/// A source whose requests are not equal, by a function.
#[derive(Clone)]
pub struct Ranked<H, F> {
    pub(super) source: H,
    pub(super) rank: F,
}

/// In a request's extensions: how many places of a bulkhead that was told to look for it this call takes. A call without it
/// takes one.
///
/// [`Cost`](crate::Cost) is another matter: what is dear to a rate limit, such as a search, need not be heavy while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Places(
    /// So many; 0 counts as 1.
    pub u32,
);

/// A source whose requests say themselves how many places they take and how urgent they are: by [`Places`] and [`Priority`]
/// in their extensions.
#[cfg(feature = "http")]
#[derive(Clone)]
pub struct Extended<H> {
    pub(super) source: H,
}

impl<Req, H: Select<Req>, F: Fn(&Req) -> u32 + Clone> Select<Req> for Weighed<H, F> {
    #[inline]
    fn select(&self, request: &Req) -> Option<Self::Lease> {
        self.source.select(request)
    }

    #[inline]
    fn claim(&self, request: &Req) -> Claim {
        Claim { weight: at_least_one((self.weigh)(request)), ..self.source.claim(request) }
    }
}

impl<Req, H: Select<Req>, F: Fn(&Req) -> Priority + Clone> Select<Req> for Ranked<H, F> {
    #[inline]
    fn select(&self, request: &Req) -> Option<Self::Lease> {
        self.source.select(request)
    }

    #[inline]
    fn claim(&self, request: &Req) -> Claim {
        Claim { priority: (self.rank)(request), ..self.source.claim(request) }
    }
}

#[cfg(feature = "http")]
impl<Req: RequestHead, H: Select<Req>> Select<Req> for Extended<H> {
    #[inline]
    fn select(&self, request: &Req) -> Option<Self::Lease> {
        self.source.select(request)
    }

    fn claim(&self, request: &Req) -> Claim {
        let claim = self.source.claim(request);
        let Some(told) = request.head().extensions() else { return claim };
        Claim {
            weight: told.get::<Places>().map_or(claim.weight, |places| at_least_one(places.0)),
            priority: told.get().copied().unwrap_or(claim.priority),
        }
    }
}

fn at_least_one(weight: u32) -> NonZeroU32 {
    NonZeroU32::new(weight).unwrap_or(NonZeroU32::MIN)
}

/// What a source that only adds to what requests claim leaves to the one it is made of.
macro_rules! passes_on {
    ($name:ident<H $(, $param:ident)?>) => {
        impl<H: Source $(, $param: Clone)?> Source for $name<H $(, $param)?> {
            type Lease = H::Lease;

            #[inline]
            fn ahead(&self) -> Option<&Shared> {
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

        passes_on!(debug $name<H $(, $param)?>);
    };
    (debug $name:ident<H $(, $param:ident)?>) => {
        impl<H: fmt::Debug $(, $param)?> fmt::Debug for $name<H $(, $param)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("source", &self.source).finish_non_exhaustive()
            }
        }
    };
}

passes_on!(Weighed<H, F>);
passes_on!(Ranked<H, F>);
#[cfg(feature = "http")]
passes_on!(Extended<H>);
passes_on!(debug Aside<H, F>);
