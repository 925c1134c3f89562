//! What becomes of one request, on its way into the proxy's memory.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use buttress::failure_log::{Category, Severity};
use buttress::{FailureKind, Outcome, Tick, clock};
use http::{Method, Response, StatusCode};

use super::answer::OwnAnswer;
use super::memory::Memory;

/// The course of one request. Its failed attempts go to the failure log: a warning if another attempt followed, otherwise an
/// error. How it ends for its client goes to the error budget, which does not count those whose client left.
#[derive(Debug)]
pub(super) struct Course {
    memory: Arc<Memory>,
    method: Method,
    began: Tick,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    attempts: u32,
    /// Whether the last attempt has no result yet.
    is_under_way: bool,
    /// The last attempt, if it failed, until it is known whether another follows.
    failed: Option<(Sent, Why)>,
    /// How long the answer took to begin.
    answered: Option<Duration>,
    is_counted: bool,
}

/// Why an attempt failed.
#[derive(Debug, Clone)]
pub(super) enum Why {
    /// There is no answer.
    Error(Arc<dyn Error + Send + Sync>),
    /// There is one, which says so.
    Status(StatusCode),
}

/// One attempt, from when it was sent. It is in the extensions of its answer.
#[derive(Debug, Clone)]
pub(super) struct Attempted {
    course: Arc<Course>,
    origin: usize,
    number: u32,
    sent: Tick,
}

/// An attempt that failed, without the reason.
#[derive(Debug, Clone, Copy)]
struct Sent {
    /// The number of the origin whose failure it is; nothing where this host lacks something.
    origin: Option<usize>,
    number: u32,
    took: Duration,
    kind: Option<FailureKind>,
}

/// The reason, as it is told.
#[derive(Clone, Copy)]
enum Reason<'a> {
    Error(&'a (dyn Error + 'static)),
    Status(StatusCode),
}

impl Course {
    pub(super) fn new(memory: Arc<Memory>, method: Method) -> Arc<Self> {
        Arc::new(Self { memory, method, began: clock::precise(), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An attempt is sent to an origin. If one has failed before, that was not the end.
    pub(super) fn attempt(self: &Arc<Self>, origin: usize) -> Attempted {
        let mut state = self.state();
        state.attempts = state.attempts.saturating_add(1);
        state.is_under_way = true;
        let (number, failed) = (state.attempts, state.failed.take());
        drop(state);
        if let Some((sent, why)) = failed {
            self.record(sent, why.reason(), Severity::Warning);
        }
        Attempted { course: Arc::clone(self), origin, number, sent: clock::precise() }
    }

    /// No attempt follows any more.
    pub(super) fn is_decided(&self) {
        let mut state = self.state();
        let failed = state.failed.take();
        state.answered.get_or_insert_with(|| clock::precise().since(self.began));
        drop(state);
        if let Some((sent, why)) = failed {
            self.record(sent, why.reason(), Severity::Error);
        }
    }

    /// The proxy answers itself. Where no attempt has a failure that explains it, this is one; of a client's own mistake it never
    /// is. To refuse one client too many is what a rate limit is for.
    pub(super) fn ends_here(&self, answer: &OwnAnswer) {
        self.is_decided();
        let (status, state) = (answer.status(), self.state());
        let is_explained = state.attempts > 0 && !state.is_under_way;
        drop(state);
        let (outcome, severity) = match status {
            StatusCode::TOO_MANY_REQUESTS => (Outcome::Ignored, Some(Severity::Info)),
            StatusCode::SERVICE_UNAVAILABLE => (Outcome::Throttled, Some(Severity::Error)),
            status if status.is_client_error() => (Outcome::Ignored, None),
            _ => (Outcome::Failure(FailureKind::Response), Some(Severity::Error)),
        };
        if let (Some(severity), false) = (severity, is_explained) {
            let operation = self.memory.at_proxy(&self.method);
            let (message, name) = (answer.message(), name_of(status));
            let took = clock::precise().since(self.began);
            let failure = operation.failure().message(&message).error_type(&name).severity(severity);
            // How many requests end here well is not counted, so these are among no calls.
            operation.record(&failure.category(category(status)).took(took).aside());
        }
        self.ended(outcome);
    }

    /// The request is over for its client, and went like this.
    pub(super) fn ended(&self, outcome: Outcome) {
        let Some(budget) = self.memory.budget() else { return };
        let mut state = self.state();
        if std::mem::replace(&mut state.is_counted, true) {
            return;
        }
        let took = state.answered.unwrap_or_else(|| clock::precise().since(self.began));
        drop(state);
        budget.record(outcome, took);
    }

    fn record(&self, sent: Sent, reason: Reason<'_>, severity: Severity) {
        let operation = match sent.origin {
            Some(origin) => self.memory.at_origin(origin, &self.method),
            None => self.memory.at_proxy(&self.method),
        };
        let mut failure = operation.failure().attempt(sent.number).took(sent.took).severity(severity);
        if let Some(kind) = sent.kind {
            failure = failure.kind(kind);
        }
        if sent.origin.is_none() {
            failure = failure.aside();
        }
        match reason {
            Reason::Error(error) => operation.record(&failure.error(error).message(&WithRoot(error))),
            Reason::Status(status) => {
                let (message, name) = (said_by(status), name_of(status));
                let failure = failure.message(&message).error_type(&name).category(category(status));
                operation.record(&failure)
            }
        };
    }
}

impl Drop for Course {
    /// A client that leaves while its request waits for another attempt leaves a failed one behind.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some((sent, why)) = state.failed.take() {
            self.record(sent, why.reason(), Severity::Error);
        }
    }
}

impl Attempted {
    /// An answer began, and has this from now on.
    pub(super) fn answered<B>(self, outcome: Outcome, answer: &mut Response<B>) {
        if matches!(outcome, Outcome::Failure(_) | Outcome::Throttled) {
            self.failed(outcome, Why::Status(answer.status()));
        } else {
            self.course.state().is_under_way = false;
            answer.extensions_mut().insert(self);
        }
    }

    /// It failed; another may follow.
    pub(super) fn failed(&self, outcome: Outcome, why: Why) {
        let sent = self.sent(outcome);
        let mut state = self.course.state();
        state.is_under_way = false;
        state.failed = Some((sent, why));
    }

    /// It went well, to the last byte of its answer.
    pub(super) fn succeeded(&self) {
        self.course.memory.at_origin(self.origin, &self.course.method).succeeded();
    }

    /// It failed after its answer had begun, so that no other follows.
    pub(super) fn broke_off(&self, error: &(dyn Error + 'static)) {
        let sent = self.sent(Outcome::Failure(FailureKind::Body));
        self.course.record(sent, Reason::Error(error), Severity::Error);
    }

    fn sent(&self, outcome: Outcome) -> Sent {
        let (origin, kind) = match outcome {
            Outcome::Failure(kind) => (Some(self.origin), Some(kind)),
            Outcome::Throttled => (Some(self.origin), None),
            _ => (None, None),
        };
        Sent { origin, number: self.number, took: clock::precise().since(self.sent), kind }
    }
}

impl Why {
    fn reason(&self) -> Reason<'_> {
        match self {
            Self::Error(error) => Reason::Error(&**error),
            Self::Status(status) => Reason::Status(*status),
        }
    }
}

/// An error and what is at the root of it, which is what people look for.
struct WithRoot<'a>(&'a (dyn Error + 'static));

impl fmt::Display for WithRoot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            source = error.source();
            if source.is_none() {
                write!(f, ": {error}")?;
            }
        }
        Ok(())
    }
}

/// What an answer of this status says, in words: numbers are masked where failures that are alike are told together.
fn said_by(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("answered {reason}"),
        None => format!("answered {}", status.as_u16()),
    }
}

/// The type of a failure that a status tells of.
fn name_of(status: StatusCode) -> String {
    format!("http::{}", status.as_u16())
}

/// What is wrong where the answer is this. Who stands in for another says that it cannot reach that.
const fn category(status: StatusCode) -> Category {
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Category::Network,
        StatusCode::INSUFFICIENT_STORAGE => Category::Storage,
        _ => Category::Unknown,
    }
}
