//! Which limit, if any, stands before a request.

use super::handle::Handle;
use super::keyed::{KeptKey, Keyed, OneKey};
use super::queue::Turn;
use super::standing::Standing;
use crate::Rejected;
use crate::key::{Key, KeyOf};
use crate::source::{Aside, ByKey, Pass};
use std::time::Duration;

/// Where a service gets its limit from: a [`Handle`], an `Option` of one, a `&'static` one, a limit [per key](ByKey), or one
/// of these with requests that [stand aside](Aside). The first type parameter of the layer.
pub trait Source: Clone {
    /// What a call holds of the limit, where it has to come back to it.
    type Kept: Kept;
}

/// Finds the limit of a request.
pub trait Select<Req>: Source {
    /// A limit, on loan from this source and the request.
    type Limit<'a>: Limit<Kept = Self::Kept>
    where
        Self: 'a,
        Req: 'a;

    /// The limit that stands before `request`; `None` lets it pass.
    fn select<'a>(&'a self, request: &'a Req) -> Option<Self::Limit<'a>>;
}

/// A limit that a call asks.
pub trait Limit {
    /// The same to hold on to.
    type Kept: Kept;

    /// Takes `cost` tokens.
    ///
    /// # Errors
    /// The rejection, which is counted, when they are not there. Then nothing is taken.
    fn try_acquire(&self, cost: u32) -> Result<(), Rejected>;

    /// The same, or a turn to wait for: one that comes within `max_wait` and before the [deadline](crate::Deadline) of the
    /// call.
    ///
    /// # Errors
    /// The rejection, which is counted, when there is no such turn.
    fn admit_within(&self, cost: u32, max_wait: Duration) -> Result<Option<Turn>, Rejected>;

    /// This limit, to hold on to.
    fn keep(&self) -> Self::Kept;
}

/// A limit that a call holds on to.
pub trait Kept: Send + Sync + 'static {
    /// Admits nothing for that time, as the peer asks for it.
    fn pause(&self, time: Duration);

    /// How much is left, of each limit there is.
    fn standings(&self) -> Vec<Standing>;
}

impl Source for Handle {
    type Kept = Self;
}

impl<Req> Select<Req> for Handle {
    type Limit<'a>
        = &'a Self
    where
        Req: 'a;

    #[inline]
    fn select<'a>(&'a self, _: &'a Req) -> Option<&'a Self> {
        Some(self)
    }
}

/// A limit that lives as long as the program, as in a `LazyLock`.
impl Source for &'static Handle {
    type Kept = Handle;
}

impl<Req> Select<Req> for &'static Handle {
    type Limit<'a>
        = &'static Handle
    where
        Req: 'a;

    #[inline]
    fn select<'a>(&'a self, _: &'a Req) -> Option<&'static Handle> {
        Some(self)
    }
}

/// `None` is a layer that is off: same type, same errors, and every request passes.
impl<H: Source> Source for Option<H> {
    type Kept = H::Kept;
}

impl<Req, H: Select<Req>> Select<Req> for Option<H> {
    type Limit<'a>
        = H::Limit<'a>
    where
        H: 'a,
        Req: 'a;

    #[inline]
    fn select<'a>(&'a self, request: &'a Req) -> Option<H::Limit<'a>> {
        self.as_ref()?.select(request)
    }
}

impl<H: Source, F: Clone> Source for Aside<H, F> {
    type Kept = H::Kept;
}

impl<Req, H: Select<Req>, F: Pass<Req> + Clone> Select<Req> for Aside<H, F> {
    type Limit<'a>
        = H::Limit<'a>
    where
        Self: 'a,
        Req: 'a;

    #[inline]
    fn select<'a>(&'a self, request: &'a Req) -> Option<H::Limit<'a>> {
        if self.passes.pass(request) { None } else { self.source.select(request) }
    }
}

impl<X: Clone, K: Key + ?Sized> Source for ByKey<X, Keyed<K>> {
    type Kept = KeptKey<K>;
}

impl<Req, X: KeyOf<Req, Key = K> + Clone, K: Key + ?Sized> Select<Req> for ByKey<X, Keyed<K>> {
    type Limit<'a>
        = OneKey<'a, K>
    where
        Self: 'a,
        Req: 'a;

    #[inline]
    fn select<'a>(&'a self, request: &'a Req) -> Option<OneKey<'a, K>> {
        Some(self.keyed.one(self.find.key(request)?))
    }
}
