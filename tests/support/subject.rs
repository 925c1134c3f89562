//! A layer under test, described once: how to put it before a service, and how to see what it holds.

use crate::{Contracted, Erased, PanicAt};
use std::fmt;
use std::time::Duration;
use tower::Layer;

/// A layer with what a check must know about it. A layer without state needs no more than [`Subject::new`].
pub struct Subject {
    pub(crate) layer: Over,
    pub(crate) clone: Over,
    pub(crate) held: Vec<Box<dyn Fn() -> usize + Send + Sync>>,
    pub(crate) ledger: Option<Box<dyn Fn() -> Ledger + Send + Sync>>,
    pub(crate) places: usize,
    pub(crate) take: Option<Box<dyn Fn() -> Option<Taken> + Send + Sync>>,
    shut: Option<Box<dyn Fn(bool) + Send + Sync>>,
    pub(crate) lease: Option<Duration>,
    pub(crate) hooks: Vec<PanicAt>,
    pub(crate) tolerates: usize,
    pub(crate) decides_in_call: bool,
    pub(crate) sheds: bool,
    pub(crate) buffers: bool,
    pub(crate) keeps_its_place: bool,
    pub(crate) fails_in_call: bool,
}

/// Makes a subject: each check, and each case of a check over random plans, wants a fresh one.
pub type Make<'a> = &'a dyn Fn() -> Subject;

type Over = Box<dyn Fn(Erased) -> Erased + Send + Sync>;

/// What holds one of the places a layer has to give. Dropped, that is free again.
pub type Taken = Box<dyn Send>;

/// What a layer wrote down about the calls it saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Outcomes of admitted calls, cancelled ones among them.
    pub ended: u64,
    /// Of these, the calls that were dropped before their end.
    pub cancelled: u64,
    /// Of these, the calls that were dropped by a panic.
    pub panicked: u64,
    /// Calls that were refused.
    pub refused: u64,
}

impl Subject {
    /// A layer without state that could be seen. It must be, and make, what can go to other threads.
    pub fn new<L>(layer: L) -> Self
    where
        L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
    {
        let original = layer.clone();
        Self {
            layer: Box::new(move |inner| Erased::new(original.layer(inner))),
            clone: Box::new(move |inner| Erased::new(layer.clone().layer(inner))),
            held: Vec::new(),
            ledger: None,
            places: usize::MAX,
            take: None,
            shut: None,
            lease: None,
            hooks: Vec::new(),
            tolerates: usize::MAX,
            decides_in_call: false,
            sheds: false,
            buffers: false,
            keeps_its_place: false,
            fails_in_call: false,
        }
    }

    /// `outer` over `inner`, with what the two hold. What each gives away or writes down is for checks of that one alone.
    #[must_use]
    pub fn stack(outer: Self, inner: Self) -> Self {
        let (outer_layer, inner_layer) = (outer.layer, inner.layer);
        let (outer_clone, inner_clone) = (outer.clone, inner.clone);
        Self {
            layer: Box::new(move |service| outer_layer(inner_layer(service))),
            clone: Box::new(move |service| outer_clone(inner_clone(service))),
            held: outer.held.into_iter().chain(inner.held).collect(),
            ledger: None,
            places: usize::MAX,
            take: None,
            shut: None,
            lease: None,
            hooks: Vec::new(),
            tolerates: outer.tolerates.min(inner.tolerates),
            decides_in_call: outer.decides_in_call || inner.decides_in_call,
            sheds: outer.sheds || inner.sheds,
            buffers: outer.buffers || inner.buffers,
            keeps_its_place: outer.keeps_its_place || inner.keeps_its_place,
            fails_in_call: outer.fails_in_call || inner.fails_in_call,
        }
    }

    /// How many permits, leases or places are out.
    #[must_use]
    pub fn held(mut self, held: impl Fn() -> usize + Send + Sync + 'static) -> Self {
        self.held.push(Box::new(held));
        self
    }

    /// What it wrote down.
    #[must_use]
    pub fn ledger(mut self, ledger: impl Fn() -> Ledger + Send + Sync + 'static) -> Self {
        self.ledger = Some(Box::new(ledger));
        self
    }

    /// How many places it has to give, and how to take one past any service; `None` when all are out.
    #[must_use]
    pub fn places<T: Send + 'static>(
        mut self,
        places: usize,
        take: impl Fn() -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        self.places = places;
        self.take = Some(Box::new(move || Some(Box::new(take()?))));
        self
    }

    /// Makes it let no call pass, or all of them.
    #[must_use]
    pub fn shut(mut self, shut: impl Fn(bool) + Send + Sync + 'static) -> Self {
        self.shut = Some(Box::new(shut));
        self
    }

    /// A place held for so long is taken for lost, and given to another.
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease);
        self
    }

    /// It asks a function of the user there, which panics if the [plan](crate::Plan::panic) says so.
    #[must_use]
    pub fn hook(mut self, place: PanicAt) -> Self {
        self.hooks.push(place);
        self
    }

    /// Changes nothing about any call until more than so many have failed. Without it, it never does.
    #[must_use]
    pub const fn tolerates(mut self, failures: usize) -> Self {
        self.tolerates = failures;
        self
    }

    /// It decides when it is called, and not when it is asked whether it is ready.
    #[must_use]
    pub const fn decides_in_call(mut self) -> Self {
        self.decides_in_call = true;
        self
    }

    /// It is ready whether or not the service beneath is, and refuses what that cannot take.
    #[must_use]
    pub const fn sheds(mut self) -> Self {
        self.sheds = true;
        self
    }

    /// It has a place also after an error of the inner readiness, until it is dropped.
    #[must_use]
    pub const fn keeps_its_place(mut self) -> Self {
        self.keeps_its_place = true;
        self
    }

    /// It is ready also where the service beneath cannot be made so, and the call has the error.
    #[must_use]
    pub const fn fails_in_call(mut self) -> Self {
        self.fails_in_call = true;
        self
    }

    /// It moves the service beneath to a task, which gets it ready for each call, wraps its errors and ends with the first
    /// error of its readiness.
    #[must_use]
    pub const fn buffers(mut self) -> Self {
        self.buffers = true;
        self
    }
}

impl Subject {
    /// Whether it says how to take its places.
    #[must_use]
    pub fn has_places(&self) -> bool {
        self.take.is_some()
    }

    /// Whether it says how to shut it.
    #[must_use]
    pub fn can_shut(&self) -> bool {
        self.shut.is_some()
    }

    /// Lets no call pass, or all of them, if it says how.
    pub fn set_shut(&self, shut: bool) {
        if let Some(set) = &self.shut {
            set(shut);
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}
