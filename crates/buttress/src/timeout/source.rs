//! Where a layer has its time limit from, and who counts what it gives up.

use crate::rejected::Site;
use crate::{Deadline, Rejected};
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

    /// It had its response.
    fn answered(&self, began: Self::Began);

    /// It had none in `limit`, and is given up.
    fn timed_out(&self, limit: Duration, deadline: Deadline) -> Rejected;

    /// A call is not sent, as its deadline was over before.
    fn expired(&self) -> Rejected;
}

/// A time limit that nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    limit: Option<Duration>,
    site: &'static Site,
}

impl Limit {
    pub(crate) fn new(layer: &'static str, limit: Option<Duration>) -> Self {
        Self { limit, site: Site::intern(layer, "") }
    }

    pub(crate) fn named(self, name: &str) -> Self {
        Self { site: Site::intern(self.site.layer, name), ..self }
    }
}

impl Source for Limit {
    type Began = ();

    #[inline]
    fn limit(&self) -> Option<Duration> {
        self.limit
    }

    #[inline]
    fn begin(&self) {}

    #[inline]
    fn answered(&self, (): ()) {}

    fn timed_out(&self, limit: Duration, _: Deadline) -> Rejected {
        Rejected::new(self.site, Refusal::after(Reason::TimedOut, limit))
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
    fn answered(&self, began: Option<H::Began>) {
        if let (Some(source), Some(began)) = (self, began) {
            source.answered(began);
        }
    }

    fn timed_out(&self, limit: Duration, deadline: Deadline) -> Rejected {
        self.as_ref().expect(OFF).timed_out(limit, deadline)
    }

    fn expired(&self) -> Rejected {
        self.as_ref().expect(OFF).expired()
    }
}

const OFF: &str = "a layer that is off gives nothing up";
