//! An operation whose failures are written down.

use super::describe::Plain;
use super::details::Details;
use super::future::ResponseFuture;
use super::handle::{Handle, Shared};
use super::running::Running;
use super::said::Said;
use super::{Category, Failure, Record, Recorded, Severity};
use crate::classify::Errors;
use crate::{AtHead, FailureKind, Tick, clock};
use buttress_core::failure_log as core;
use std::error::Error;
use std::fmt;
use std::sync::Weak;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// An operation of a component, such as `charge` of `payments`, in a log. Cheap to clone; every clone, every layer made from
/// one and every service of those write to that log and count together.
#[derive(Clone)]
pub struct Operation {
    slot: &'static Slot,
    log: Handle,
}

/// What calls count in. It stays when its log goes, so that a call need hold no count of references to write to it; a log
/// has as many as its settings allow.
pub(super) struct Slot {
    core: core::Operation,
    log: Weak<Shared>,
    ignored: AtomicU64,
    cancelled: AtomicU64,
    panicked: AtomicU64,
    refused: AtomicU64,
    hook_panics: AtomicU64,
    written: [[AtomicU64; Severity::ALL.len()]; Category::ALL.len()],
    /// When a refusal was written down last, in nanoseconds; zero for never.
    refusal_written: AtomicU64,
}

/// A future of the user's, [watched](Operation::track).
pub type Tracked<F> = ResponseFuture<F, Plain, (), AtHead<Errors>>;

/// Calls of one operation, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Counts {
    /// Calls that succeeded.
    pub successes: u64,
    /// Calls that failed, those that panicked among them.
    pub failures: u64,
    /// Calls that say nothing, as the classifier has it.
    pub ignored: u64,
    /// Calls that a layer beneath refused and did not send.
    pub refused: u64,
    /// Calls that were dropped before they had a result.
    pub cancelled: u64,
    /// Failures that were panics.
    pub panicked: u64,
    /// Panics of hooks that were to [describe](super::FailureLogLayer::describe) a failure.
    pub hook_panics: u64,
}

/// A breaker that is open refuses every call. One a second is enough to see it, and leaves the failures before it where they
/// are.
const BETWEEN_REFUSALS: Duration = Duration::from_secs(1);

impl Operation {
    pub(super) const fn new(slot: &'static Slot, log: Handle) -> Self {
        Self { slot, log }
    }

    pub(super) const fn slot(&self) -> &'static Slot {
        self.slot
    }

    /// The name of the operation.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.slot.core.name()
    }

    /// The component whose operation it is.
    #[must_use]
    pub fn component(&self) -> &'static str {
        self.slot.core.component()
    }

    /// The log it writes to.
    #[must_use]
    pub const fn log(&self) -> &Handle {
        &self.log
    }

    /// A call begins, without a service around: for code that has no tower stack.
    ///
    /// ```
    /// use buttress::failure_log::{Config, Handle};
    ///
    /// let log = Handle::new("shop", Config::default());
    /// let charge = log.operation("charge", "payments");
    /// let call = charge.begin();
    /// match std::fs::read("/no/such/file") {
    ///     Ok(_) => call.succeeded(),
    ///     Err(error) => {
    ///         let recorded = call.failed_with(&error).expect("it is the first");
    ///         assert_eq!(log.get(recorded.id).expect("it is kept").operation.as_ref(), "charge");
    ///     }
    /// }
    /// ```
    pub fn begin(&self) -> Running {
        let mut running = Running::new(self.slot, ());
        running.waits();
        running
    }

    /// Has the outcome of `future` counted, and its error written down. The result comes through as it is. What an error
    /// says is seen in a [`BoxError`](crate::BoxError), in an `io::Error` and in those of axum, hyper, reqwest and tonic
    /// with their features; of another type, only its name.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use buttress::failure_log::{Category, Config, Filter, Handle};
    /// use std::io;
    ///
    /// let log = Handle::new("shop", Config::default());
    /// let charge = log.operation("charge", "payments");
    /// let refused = async { Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionRefused)) };
    /// assert!(charge.track(refused).await.is_err());
    /// assert!(charge.track(async { Ok::<_, io::Error>(()) }).await.is_ok());
    /// assert_eq!(log.records(&Filter::default())[0].category, Category::Network);
    /// assert_eq!((charge.counts().successes, charge.counts().failures), (1, 1));
    /// # }
    /// ```
    pub fn track<F, T, E>(&self, future: F) -> Tracked<F>
    where
        F: Future<Output = Result<T, E>>,
        E: 'static,
    {
        ResponseFuture::new(future, self.begin(), Plain, AtHead(Errors))
    }

    /// A call succeeded.
    pub fn succeeded(&self) {
        self.slot.succeeded(clock::now());
    }

    /// A call failed with this error.
    pub fn failed_with(&self, error: &(dyn Error + 'static)) -> Recorded {
        self.record(&self.failure().error(error))
    }

    /// A call failed, of which there is more to say; for [`Operation::record`].
    pub const fn failure(&self) -> Failure<'_> {
        Failure::of(&self.slot.core)
    }

    /// Writes a failure down, and says under which number.
    ///
    /// ```
    /// use buttress::failure_log::{Config, Handle, Severity};
    ///
    /// let log = Handle::new("shop", Config::default());
    /// let charge = log.operation("charge", "payments");
    /// let failure = charge.failure().message(&"the till is empty").severity(Severity::Critical);
    /// let recorded = charge.record(&failure.with("till", &7));
    /// assert_eq!((recorded.id, recorded.severity), (1, Severity::Critical));
    /// ```
    #[expect(clippy::must_use_candidate, reason = "who has told it need not know what it was taken for")]
    pub fn record(&self, failure: &Failure<'_>) -> Recorded {
        self.slot.record(failure, clock::now()).expect("the log is at hand")
    }

    /// Its last 10 failures, newest first.
    #[must_use]
    pub fn history(&self) -> Vec<Record> {
        self.log.history(self.name(), self.component(), 10)
    }

    /// How many failed calls were written down since the log was made, of those sorts and severities of which there are any.
    pub(crate) fn written(&self) -> Vec<(Category, Severity, u64)> {
        self.slot.written().collect()
    }

    /// Its calls, by how they ended, since the log was made.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.slot.counts()
    }
}

impl Slot {
    pub(super) fn new(core: core::Operation, log: Weak<Shared>) -> Self {
        Self {
            core,
            log,
            ignored: AtomicU64::default(),
            cancelled: AtomicU64::default(),
            panicked: AtomicU64::default(),
            refused: AtomicU64::default(),
            hook_panics: AtomicU64::default(),
            written: Default::default(),
            refusal_written: AtomicU64::default(),
        }
    }

    pub(super) const fn core(&self) -> &core::Operation {
        &self.core
    }

    /// Counts a success, unless that takes more than a look: whether it did.
    #[inline(always)]
    pub(super) fn succeeded_at_once(&self, now: Tick) -> bool {
        self.core.succeeded_at_once(now)
    }

    pub(super) fn succeeded(&self, now: Tick) {
        self.core.succeeded(now);
    }

    pub(super) fn ignored(&self) {
        count(&self.ignored);
    }

    pub(super) fn cancelled(&self) {
        count(&self.cancelled);
    }

    pub(super) fn count_panic(&self) {
        count(&self.panicked);
    }

    pub(super) fn count_hook_panic(&self) {
        count(&self.hook_panics);
    }

    /// A call was refused. Whether that is to be written down, as it is once in a while.
    pub(super) fn refused(&self) -> bool {
        count(&self.refused);
        // Not zero, so that the first one differs from none.
        let now = clock::now().as_nanos().max(1);
        let last = self.refusal_written.load(Ordering::Relaxed);
        let due = last == 0 || now.saturating_sub(last) >= BETWEEN_REFUSALS.as_nanos() as u64;
        let (relaxed, cell) = (Ordering::Relaxed, &self.refusal_written);
        due && cell.compare_exchange(last, now, relaxed, relaxed).is_ok()
    }

    /// Writes down a call that began at `began`; `None` if nobody has the log any more. What is `aside` is no failed call
    /// and counts in no rate.
    #[cold]
    pub(super) fn put(
        &self,
        began: Tick,
        kind: Option<FailureKind>,
        said: Said<'_>,
        details: &mut Details,
        aside: bool,
    ) -> Option<Recorded> {
        said.add(details);
        let now = clock::now();
        let mut failure = Failure::of(&self.core).took(now.since(began));
        match (&details.message, said.error()) {
            (Some(message), _) => failure = failure.message(message),
            (None, None) => failure = failure.message(&said),
            (None, Some(_)) => {}
        }
        if let Some((error, attempts)) = said.error() {
            failure = failure.error(error);
            details.attempt = details.attempt.or(attempts);
        }
        if let Some(name) = details.error_type.as_deref().or_else(|| said.error_type()) {
            failure = failure.error_type(name);
        }
        if let Some(kind) = kind {
            failure = failure.kind(kind);
        }
        if let Some(severity) = details.severity {
            failure = failure.severity(severity);
        }
        if let Some(category) = details.category {
            failure = failure.category(category);
        }
        if let Some(key) = &details.key {
            failure = failure.key(key);
        }
        if let Some(attempt) = details.attempt {
            failure = failure.attempt(attempt);
        }
        if let Some(bytes) = details.bytes {
            failure = failure.bytes(bytes);
        }
        for (name, value) in &details.metadata {
            failure = failure.with(name, value);
        }
        if aside {
            failure = failure.aside();
        }
        self.record(&failure, now)
    }

    /// Writes it down, and counts it if a call failed; `None` if nobody has the log any more.
    pub(super) fn record(&self, failure: &Failure<'_>, now: Tick) -> Option<Recorded> {
        let recorded = self.log.upgrade()?.record(failure, now);
        if failure.is_call() {
            count(&self.written[recorded.category as usize][recorded.severity as usize]);
        }
        Some(recorded)
    }

    fn written(&self) -> impl Iterator<Item = (Category, Severity, u64)> {
        let all =
            Category::ALL.into_iter().flat_map(|category| Severity::ALL.map(|severity| (category, severity)));
        let all = all.map(|(category, severity)| {
            let counter = &self.written[category as usize][severity as usize];
            (category, severity, counter.load(Ordering::Relaxed))
        });
        all.filter(|(_, _, count)| *count > 0)
    }

    fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            successes: self.core.successes(),
            failures: self.core.failures(),
            ignored: read(&self.ignored),
            refused: read(&self.refused),
            cancelled: read(&self.cancelled),
            panicked: read(&self.panicked),
            hook_panics: read(&self.hook_panics),
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("name", &self.name())
            .field("component", &self.component())
            .finish_non_exhaustive()
    }
}
