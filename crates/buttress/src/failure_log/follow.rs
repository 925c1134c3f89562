//! What happens to a breaker, in a log.

use super::handle::Handle;
use super::operation::Slot;
use super::{Failure, Severity};
use crate::circuit_breaker::{self, State};
use crate::observe::Listen;
use crate::registry::Held;
use crate::{Event, EventKind, clock};
use std::fmt;
use std::sync::{Arc, Weak};

/// A log [follows](Handle::follow) a breaker as long as it has this.
#[must_use = "dropped, it ends what it stands for"]
pub struct Following(Arc<()>);

/// Writes changes down while somebody has its token.
struct Scribe {
    token: Weak<()>,
    slot: &'static Slot,
}

impl Handle {
    /// Writes every change of a breaker's state down, until what it returns is dropped: one that opens as an error, one that
    /// changes otherwise as an information. The operation is the breaker's name, the component `circuit_breaker`.
    ///
    /// Only in this direction: whatever the log learns, no breaker judges a call by it.
    ///
    /// ```
    /// use buttress::circuit_breaker;
    /// use buttress::failure_log::{Config, Filter, Handle, Severity};
    ///
    /// let log = Handle::new("shop", Config::default());
    /// let orders = circuit_breaker::Handle::new("orders", circuit_breaker::Config::default());
    /// let following = log.follow(&orders);
    /// orders.force_open();
    /// orders.reset();
    /// drop(following);
    /// orders.force_open();
    /// let severities: Vec<_> = log.records(&Filter::default()).iter().map(|record| record.severity).collect();
    /// assert_eq!(severities, [Severity::Error, Severity::Info]);
    /// ```
    pub fn follow(&self, breaker: &circuit_breaker::Handle) -> Following {
        let following = Following(Arc::new(()));
        let slot = self.operation(breaker.name(), "circuit_breaker").slot();
        let token = Arc::downgrade(&following.0);
        Held::listen(breaker, Arc::new(Scribe { token, slot }));
        following
    }
}

impl Listen for Scribe {
    fn hear(&self, event: &Event) {
        if self.is_gone() {
            return;
        }
        if let EventKind::Transition(change) = &event.kind {
            let opened = matches!(change.to, State::Open | State::ForcedOpen);
            let severity = if opened { Severity::Error } else { Severity::Info };
            let failure = Failure::of(self.slot.core()).message(change).severity(severity);
            self.slot.record(&failure.error_type("circuit_breaker::Transition").aside(), clock::now());
        }
    }

    fn hears_refusals(&self) -> bool {
        false
    }

    fn is_gone(&self) -> bool {
        self.token.strong_count() == 0
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Following")
    }
}
