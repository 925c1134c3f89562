//! Which budget, if any, counts a request, and which requests matter less.

use super::handle::Handle;
use super::shared::Shared;
use crate::bulkhead::Priority;
#[cfg(feature = "http")]
use crate::key::RequestHead;
use crate::source::{Aside, Pass, Select, Source, passes_on, source_of};
use std::fmt;

source_of!(Handle, Shared);

/// Finds the budget of a request, and knows whether the request can be [shed](Shedding).
pub trait Sheds<Req>: Select<Req> + Source<State = Shared> {
    /// Whether `request` matters less than others: no, unless somebody says otherwise. Asked only while the budget is low.
    #[inline]
    fn is_minor(&self, request: &Req) -> bool {
        let _ = request;
        false
    }
}

impl<Req> Sheds<Req> for Handle {}

impl<Req> Sheds<Req> for &'static Handle {}

impl<Req, H: Sheds<Req>> Sheds<Req> for Option<H> {
    #[inline]
    fn is_minor(&self, request: &Req) -> bool {
        self.as_ref().is_some_and(|source| source.is_minor(request))
    }
}

impl<Req, H: Sheds<Req>, F: Pass<Req> + Clone> Sheds<Req> for Aside<H, F> {
    #[inline]
    fn is_minor(&self, request: &Req) -> bool {
        self.source.is_minor(request)
    }
}

/// A source whose requests of low priority are shed while the budget is low.
#[derive(Clone)]
pub struct Shedding<H, P> {
    pub(super) source: H,
    pub(super) priority: P,
    pub(super) sheds: bool,
}

impl<H: fmt::Debug, P> fmt::Debug for Shedding<H, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shedding")
            .field("source", &self.source)
            .field("sheds", &self.sheds)
            .finish_non_exhaustive()
    }
}

passes_on!(Shedding<H, P>);

impl<Req, H: Sheds<Req>, P: PriorityOf<Req> + Clone> Sheds<Req> for Shedding<H, P> {
    fn is_minor(&self, request: &Req) -> bool {
        self.sheds && self.priority.priority(request) == Priority::Low
    }
}

/// Says how urgent a request is. A closure over the request will do.
pub trait PriorityOf<Req> {
    /// How urgent `request` is.
    fn priority(&self, request: &Req) -> Priority;
}

impl<Req, F: Fn(&Req) -> Priority> PriorityOf<Req> for F {
    fn priority(&self, request: &Req) -> Priority {
        self(request)
    }
}

/// Requests say by a [`Priority`] in their extensions how urgent they are, and are [`Priority::Normal`] without one.
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug, Default)]
pub struct ByPriority;

#[cfg(feature = "http")]
impl<Req: RequestHead> PriorityOf<Req> for ByPriority {
    fn priority(&self, request: &Req) -> Priority {
        let told = request.head().extensions().and_then(|told| told.get().copied());
        told.unwrap_or(Priority::Normal)
    }
}
