//! Where a layer has its time limit from, and who counts what it gives up.

use crate::Rejected;
use crate::rejected::Site;
use buttress_core::{Reason, Refusal};
use std::time::Duration;

/// A time limit: a plain [`Limit`], or a handle, an `Option` of one or a `&'static` one.
pub trait Source: Clone {
    /// What is known of a call that began.
    type Began: Copy;

    /// How long a call may take now; `None` is a layer that is off.
    fn limit(&self) -> Option<Duration>;

    /// A call begins.
    fn begin(&self) -> Self::Began;

    /// It had a response, if it is `answered`, or else an error.
    fn ended(&self, began: Self::Began, answered: bool);

    /// It had none in the time that was `given`, and is given up.
    fn timed_out(&self, given: Given) -> Rejected;

    /// A call is not sent, as its deadline was over before.
    fn expired(&self) -> Rejected;
}

/// How much time a call had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Given {
    /// So long.
    pub time: Duration,
    /// Who says so.
    pub by: SetBy,
}

/// Who says how much time a call has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetBy {
    /// The layer, with its limit.
    Limit,
    /// A deadline that is before that, of a layer around it that gave this call at least half of its own limit: a peer that
    /// has no answer then is slow.
    Deadline,
    /// A deadline that came with the request, or one that left less than that. It says nothing about the peer.
    Caller,
}

impl Given {
    /// The limit of the layer.
    pub(crate) const fn limit(time: Duration) -> Self {
        Self { time, by: SetBy::Limit }
    }

    pub(crate) fn refusal(self) -> Refusal {
        let reason = match self.by {
            SetBy::Limit | SetBy::Deadline => Reason::TimedOut,
            SetBy::Caller => Reason::DeadlineExceeded,
        };
        Refusal::after(reason, self.time)
    }
}

/// A time limit that nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// In nanoseconds, so that a call carries one word of it. [`OFF`] is none.
    limit: u64,
    site: &'static Site,
}

/// No limit is as long.
const OFF: u64 = u64::MAX;

impl Limit {
    pub(crate) fn new(layer: &'static str, limit: Option<Duration>) -> Self {
        let nanos = |limit: Duration| u64::try_from(limit.as_nanos()).unwrap_or(OFF).min(OFF - 1);
        Self { limit: limit.map_or(OFF, nanos), site: Site::intern(layer, "") }
    }

    pub(crate) fn named(self, name: &str) -> Self {
        Self { site: Site::intern(self.site.layer, name), ..self }
    }
}

impl Source for Limit {
    type Began = ();

    #[inline]
    fn limit(&self) -> Option<Duration> {
        (self.limit != OFF).then(|| Duration::from_nanos(self.limit))
    }

    #[inline]
    fn begin(&self) {}

    #[inline]
    fn ended(&self, (): (), _: bool) {}

    fn timed_out(&self, given: Given) -> Rejected {
        Rejected::new(self.site, given.refusal())
    }

    fn expired(&self) -> Rejected {
        Rejected::new(self.site, Refusal::new(Reason::Expired))
    }
}

/// `None` is a layer that is off: same type, same errors, and every call passes.
impl<H: Source> Source for Option<H> {
    type Began = Option<H::Began>;

    #[inline]
    fn limit(&self) -> Option<Duration> {
        self.as_ref().and_then(Source::limit)
    }

    #[inline]
    fn begin(&self) -> Option<H::Began> {
        self.as_ref().map(Source::begin)
    }

    #[inline]
    fn ended(&self, began: Option<H::Began>, answered: bool) {
        if let (Some(source), Some(began)) = (self, began) {
            source.ended(began, answered);
        }
    }

    fn timed_out(&self, given: Given) -> Rejected {
        self.as_ref().expect(NOTHING).timed_out(given)
    }

    fn expired(&self) -> Rejected {
        self.as_ref().expect(NOTHING).expired()
    }
}

const NOTHING: &str = "a layer that is off gives nothing up";
