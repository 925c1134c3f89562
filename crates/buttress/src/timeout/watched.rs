//! What is behind the handle of a timeout or of a deadline.

use super::source::{Given, SetBy};
use crate::observe::{Inline, Listen, Listeners};
use crate::rejected::Site;
use crate::{Event, EventKind, Rejected, Tick, clock};
use buttress_core::adaptive_timeout::{AdaptiveTimeout, Config};
use buttress_core::{Reason, Refusal};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A time limit and what came of it.
pub(crate) struct Watched {
    site: &'static Site,
    /// Tells it from another that came under its name.
    seed: u64,
    limit: Limits,
    timed_out: AtomicU64,
    by_deadline: AtomicU64,
    expired: AtomicU64,
    listeners: Listeners,
}

enum Limits {
    Fixed(Duration),
    Adaptive(AdaptiveTimeout),
}

impl Watched {
    pub(crate) fn fixed(layer: &'static str, name: &str, limit: Duration) -> Arc<Self> {
        Self::new(layer, name, Limits::Fixed(limit))
    }

    pub(crate) fn adaptive(layer: &'static str, name: &str, config: Config) -> Arc<Self> {
        Self::new(layer, name, Limits::Adaptive(AdaptiveTimeout::new(config)))
    }

    fn new(layer: &'static str, name: &str, limit: Limits) -> Arc<Self> {
        let site = Site::intern(layer, name);
        Arc::new(Self {
            site,
            seed: site.seed(),
            limit,
            timed_out: AtomicU64::new(0),
            by_deadline: AtomicU64::new(0),
            expired: AtomicU64::new(0),
            listeners: Listeners::default(),
        })
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.site.name
    }

    #[inline]
    pub(crate) fn limit(&self) -> Duration {
        match &self.limit {
            Limits::Fixed(limit) => *limit,
            Limits::Adaptive(adaptive) => adaptive.limit(),
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        // First: a call that is given up between the two readings is then not more by deadline than in all.
        let by_deadline = self.by_deadline.load(Ordering::Acquire);
        Snapshot {
            name: self.name(),
            limit: self.limit(),
            percentile: match &self.limit {
                Limits::Fixed(_) => None,
                Limits::Adaptive(adaptive) => adaptive.percentile(),
            },
            timed_out: self.timed_out.load(Ordering::Relaxed),
            by_deadline,
            expired: self.expired.load(Ordering::Relaxed),
            seed: self.seed,
        }
    }

    /// Forgets how long calls took; whether it learns from that.
    pub(crate) fn reset(&self) -> bool {
        match &self.limit {
            Limits::Fixed(_) => false,
            Limits::Adaptive(adaptive) => {
                adaptive.reset();
                true
            }
        }
    }

    pub(crate) fn listen(&self, listener: Arc<dyn Listen>) {
        self.listeners.push(listener, || {});
    }

    pub(crate) fn on_event(&self, hear: impl Fn(&Event) + Send + Sync + 'static) {
        self.listen(Arc::new(Inline(hear)));
    }

    /// When a call begins, where anybody asks how long it took.
    #[inline]
    pub(crate) fn begin(&self) -> Option<Tick> {
        match &self.limit {
            Limits::Fixed(_) => None,
            Limits::Adaptive(_) => Some(clock::precise()),
        }
    }

    #[inline]
    pub(crate) fn ended(&self, began: Option<Tick>, answered: bool) {
        // An error may come at once, and says nothing about how long an answer takes.
        if let (Limits::Adaptive(adaptive), Some(began), true) = (&self.limit, began, answered) {
            adaptive.record(clock::precise().since(began));
        }
    }

    #[cold]
    pub(crate) fn timed_out(&self, given: Given) -> Rejected {
        self.timed_out.fetch_add(1, Ordering::Relaxed);
        if given.by != SetBy::Limit {
            // It might have been answered in the time that it was not given.
            self.by_deadline.fetch_add(1, Ordering::Release);
        } else if let Limits::Adaptive(adaptive) = &self.limit {
            // It took longer than that. Left out, a peer that became slow would never be waited for again.
            adaptive.record_given_up(given.time);
        }
        self.reject(given.refusal())
    }

    #[cold]
    pub(crate) fn expired(&self) -> Rejected {
        self.expired.fetch_add(1, Ordering::Relaxed);
        self.reject(Refusal::new(Reason::Expired))
    }

    fn reject(&self, refusal: Refusal) -> Rejected {
        self.listeners.happens_to_a_call(self.site, || EventKind::Rejected(refusal));
        Rejected::new(self.site, refusal)
    }
}

/// How a time limit stood at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Its name.
    pub name: &'static str,
    /// How long a call may take now.
    pub limit: Duration,
    /// What 95 % of the last calls did not exceed; `None` unless the limit follows them, and before there are enough.
    pub percentile: Option<Duration>,
    /// Calls that were sent and given up, since it was made.
    pub timed_out: u64,
    /// Those of them for which another deadline left less time than the limit: one around it, or one that came with the request.
    pub by_deadline: u64,
    /// Calls that a deadline did not send, as it was over before; none of a timeout.
    pub expired: u64,
    /// Tells it from another that came under its name.
    pub(crate) seed: u64,
}

/// What the handles of both kinds of limit have in common, for one whose kind is in its `LAYER` and that is among the `$kind` of
/// a status.
macro_rules! watched {
    (among $kind:ident) => {
        impl Handle {
            /// Whether both are one.
            pub(crate) fn is(&self, other: &Self) -> bool {
                std::sync::Arc::ptr_eq(&self.0, &other.0)
            }

            /// Its name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                self.0.name()
            }

            /// How long a call may take now.
            #[must_use]
            pub fn limit(&self) -> std::time::Duration {
                self.0.limit()
            }

            /// All of it at one instant.
            #[must_use]
            pub fn snapshot(&self) -> crate::timeout::Snapshot {
                self.0.snapshot()
            }

            /// Calls `hear` with every call that is given up or not sent, on the thread on which that happens. A panic in it
            /// concerns nobody else.
            pub fn on_event(&self, hear: impl Fn(&crate::Event) + Send + Sync + 'static) {
                self.0.on_event(hear);
            }
        }

        impl std::fmt::Debug for Handle {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct("Handle")
                    .field("name", &self.name())
                    .field("limit", &self.limit())
                    .finish_non_exhaustive()
            }
        }

        impl crate::registry::Member for Handle {
            const KIND: &'static str = LAYER;
        }

        impl crate::registry::Held for Handle {
            fn name(&self) -> &'static str {
                self.name()
            }

            fn report(&self, status: &mut crate::registry::Status, _: usize) {
                let limit = crate::registry::TimeLimitStatus::new(&self.snapshot());
                status.$kind.insert(self.name().to_owned(), limit);
            }

            /// It is the peer that is slow, and a breaker's to say so.
            fn judge(&self, _: &mut crate::registry::Health) {}

            fn reset(&self, _: crate::registry::Asked) -> crate::registry::Answer {
                if self.0.reset() {
                    crate::registry::Answer::Reset
                } else {
                    crate::registry::Answer::Nothing
                }
            }

            fn listen(&self, listener: std::sync::Arc<dyn crate::observe::Listen>) {
                self.0.listen(listener);
            }
        }

        watched!(of Handle);
        watched!(of &'static Handle);
    };
    (of $handle:ty) => {
        impl crate::timeout::Source for $handle {
            type Began = Option<crate::Tick>;

            #[inline]
            fn limit(&self) -> Option<std::time::Duration> {
                Some(self.0.limit())
            }

            #[inline]
            fn begin(&self) -> Option<crate::Tick> {
                self.0.begin()
            }

            #[inline]
            fn ended(&self, began: Option<crate::Tick>, answered: bool) {
                self.0.ended(began, answered);
            }

            fn timed_out(&self, given: crate::timeout::Given) -> crate::Rejected {
                self.0.timed_out(given)
            }

            fn expired(&self) -> crate::Rejected {
                self.0.expired()
            }
        }
    };
}
pub(crate) use watched;
