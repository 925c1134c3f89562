//! How much of a bulkhead a request takes.

use super::handle::Handle;
use super::keyed::Keyed;
use super::shared::Shared;
#[cfg(feature = "http")]
use crate::key::RequestHead;
use crate::key::{Key, KeyOf};
use crate::source::{Aside, ByKey, Pass, Select, passes_on, source_of};
use buttress_core::bulkhead::Priority;
use std::fmt;
use std::num::NonZeroU32;

/// Finds the bulkhead of a request, and how much of it the request takes.
pub trait Claims<Req>: Select<Req, State = Shared> {
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

source_of!(Handle, Shared);

impl<Req> Claims<Req> for Handle {}

impl<Req> Claims<Req> for &'static Handle {}

impl<Req, H: Claims<Req>> Claims<Req> for Option<H> {
    #[inline]
    fn claim(&self, request: &Req) -> Claim {
        self.as_ref().map_or(Claim::ONE, |source| source.claim(request))
    }
}

impl<Req, X: KeyOf<Req, Key = K> + Clone, K: Key + ?Sized> Claims<Req> for ByKey<X, Keyed<K>> {}

impl<Req, H: Claims<Req>, F: Pass<Req> + Clone> Claims<Req> for Aside<H, F> {
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

impl<Req, H: Claims<Req>, F: Fn(&Req) -> u32 + Clone> Claims<Req> for Weighed<H, F> {
    #[inline]
    fn claim(&self, request: &Req) -> Claim {
        Claim { weight: at_least_one((self.weigh)(request)), ..self.source.claim(request) }
    }
}

impl<Req, H: Claims<Req>, F: Fn(&Req) -> Priority + Clone> Claims<Req> for Ranked<H, F> {
    #[inline]
    fn claim(&self, request: &Req) -> Claim {
        Claim { priority: (self.rank)(request), ..self.source.claim(request) }
    }
}

#[cfg(feature = "http")]
impl<Req: RequestHead, H: Claims<Req>> Claims<Req> for Extended<H> {
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

/// A source that passes on, and shows what it is made of.
macro_rules! shows_source {
    ($name:ident<H $(, $param:ident)?>) => {
        passes_on!($name<H $(, $param)?>);

        impl<H: fmt::Debug $(, $param)?> fmt::Debug for $name<H $(, $param)?> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("source", &self.source).finish_non_exhaustive()
            }
        }
    };
}

shows_source!(Weighed<H, F>);
shows_source!(Ranked<H, F>);
#[cfg(feature = "http")]
shows_source!(Extended<H>);
