//! What becomes of one request, on its way into the proxy's memory.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use buttress::failure_log::{Category, Severity};
use buttress::{FailureKind, Outcome, Tick, clock};
use http::{Method, Request, Response, StatusCode, Uri};

use super::answer::OwnAnswer;
use super::blame;
use super::exchange::Exchange;
use super::memory::Memory;
use super::request_body::RequestBody;
use super::told::{WithRoot, beginning, category, name_of, said_by};

/// The course of one request. Its failed attempts go to the failure log: a warning if another attempt followed, otherwise an
/// error. How it ends for its client goes to the error budget, which does not count those whose client left, unless they had
/// waited for longer than [anybody has to](Memory::patience).
#[derive(Debug)]
pub(super) struct Course {
    memory: Arc<Memory>,
    method: Method,
    target: Uri,
    /// What tells the client's time from the origin's; nothing of a request without a body.
    upload: Option<Arc<Exchange>>,
    began: Tick,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    attempts: u32,
    /// The last attempt, while it has no result.
    under_way: Option<Attempt>,
    /// The last attempt, if it failed, until it is known whether another follows.
    failed: Option<(Sent, Why)>,
    /// How long the answer took to begin.
    answered: Option<Duration>,
    is_counted: bool,
}

/// An attempt that was sent.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    origin: usize,
    number: u32,
    sent: Tick,
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
    attempt: Attempt,
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
    /// The proxy had no more time for it.
    Late(&'a OwnAnswer),
    /// The client had none.
    Left,
}

impl Course {
    pub(super) fn new(memory: Arc<Memory>, request: &Request<RequestBody>) -> Arc<Self> {
        let (method, target) = (request.method().clone(), request.uri().clone());
        let (upload, began) = (request.body().exchange(), clock::precise());
        Arc::new(Self { memory, method, target, upload, began, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much of the time since `start` is not the client's, which has to send its body first.
    fn waited(&self, start: Tick) -> Duration {
        let since = match &self.upload {
            Some(upload) => upload.origins_turn_since().map(|since| since.max(start)),
            None => Some(start),
        };
        since.map_or(Duration::ZERO, |since| clock::precise().since(since))
    }

    /// An attempt is sent to an origin. If one has failed before, that was not the end.
    pub(super) fn attempt(self: &Arc<Self>, origin: usize) -> Attempted {
        let mut state = self.state();
        state.attempts = state.attempts.saturating_add(1);
        let attempt = Attempt { origin, number: state.attempts, sent: clock::precise() };
        state.under_way = Some(attempt);
        let failed = state.failed.take();
        drop(state);
        if let Some((sent, why)) = failed {
            self.record(sent, why.reason(), Severity::Warning);
        }
        Attempted { course: Arc::clone(self), attempt }
    }

    /// No attempt follows any more.
    pub(super) fn is_decided(&self) {
        let waited = self.waited(self.began);
        let mut state = self.state();
        let failed = state.failed.take();
        state.answered.get_or_insert(waited);
        drop(state);
        if let Some((sent, why)) = failed {
            self.record(sent, why.reason(), Severity::Error);
        }
    }

    /// The proxy answers itself. Where no attempt has a failure that explains it, this is one; of a client's own mistake it never
    /// is, nor of one client too many, which is what a rate limit is for and counts.
    pub(super) fn ends_here(&self, answer: &OwnAnswer) {
        self.is_decided();
        let mut state = self.state();
        let (attempts, under_way) = (state.attempts, state.under_way.take());
        drop(state);
        let outcome = match answer.status() {
            StatusCode::SERVICE_UNAVAILABLE => Outcome::Throttled,
            StatusCode::NOT_IMPLEMENTED => Outcome::Ignored,
            status if status.is_client_error() => Outcome::Ignored,
            _ => Outcome::Failure(FailureKind::Response),
        };
        match under_way {
            _ if outcome == Outcome::Ignored => {}
            Some(attempt) => {
                let sent = self.cut(attempt);
                self.record(sent, Reason::Late(answer), Severity::Error);
            }
            None if attempts == 0 => self.refused(answer),
            None => {}
        }
        self.ended(outcome);
    }

    /// No origin had the request. It is told, but is in no rate: of what the proxy refuses, there is no share that is too much.
    fn refused(&self, answer: &OwnAnswer) {
        let operation = self.memory.at_proxy(&self.method);
        let (message, name) = (answer.message(), name_of(answer.status()));
        let path = beginning(self.target.path());
        let failure = operation.failure().message(&message).error_type(&name).severity(Severity::Error);
        let failure = failure.category(category(answer.status())).took(self.waited(self.began));
        operation.record(&failure.with("path", &path).aside());
    }

    /// The request is over for its client, and went like this.
    pub(super) fn ended(&self, outcome: Outcome) {
        let Some(budget) = self.memory.budget() else { return };
        let mut state = self.state();
        if std::mem::replace(&mut state.is_counted, true) {
            return;
        }
        let answered = state.answered;
        drop(state);
        budget.record(outcome, answered.unwrap_or_else(|| self.waited(self.began)));
    }

    /// An attempt that had no result when nobody waited for it any more.
    fn cut(&self, attempt: Attempt) -> Sent {
        let Attempt { origin, number, sent } = attempt;
        Sent { origin: Some(origin), number, took: self.waited(sent), kind: Some(FailureKind::Timeout) }
    }

    fn record(&self, sent: Sent, reason: Reason<'_>, severity: Severity) {
        let operation = match sent.origin {
            Some(origin) => self.memory.at_origin(origin, &self.method),
            None => self.memory.at_proxy(&self.method),
        };
        let path = beginning(self.target.path());
        let mut failure = operation.failure().attempt(sent.number).took(sent.took).severity(severity);
        failure = failure.with("path", &path);
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
            Reason::Late(answer) => {
                let (message, name) = (answer.message(), name_of(answer.status()));
                let failure = failure.message(&message).error_type(&name);
                operation.record(&failure.category(category(answer.status())))
            }
            Reason::Left => {
                let message = format!("left by its client after {:.3} s", sent.took.as_secs_f64());
                operation.record(&failure.message(&message).category(Category::Network))
            }
        };
    }
}

impl Drop for Course {
    /// A client that leaves while its request waits for another attempt leaves a failed one behind; one that leaves after it
    /// waited for too long leaves a request that was not well.
    fn drop(&mut self) {
        let state = std::mem::take(self.state.get_mut().unwrap_or_else(PoisonError::into_inner));
        if let Some((sent, why)) = state.failed {
            self.record(sent, why.reason(), Severity::Error);
        }
        let patience = self.memory.patience();
        let waited = if state.answered.is_none() { self.waited(self.began) } else { return };
        if let Some(sent) = state.under_way.map(|attempt| self.cut(attempt))
            && sent.took > patience
        {
            self.record(sent, Reason::Left, Severity::Warning);
        }
        if waited > patience
            && let Some(budget) = self.memory.budget()
        {
            budget.record(Outcome::Failure(FailureKind::Timeout), waited);
        }
    }
}

impl Attempted {
    /// How long the origin has had, without the time that was its client's.
    pub(super) fn took(&self) -> Duration {
        self.course.waited(self.attempt.sent)
    }

    /// An answer began, and has this from now on.
    pub(super) fn answered<B>(self, outcome: Outcome, answer: &mut Response<B>) {
        if matches!(outcome, Outcome::Failure(_) | Outcome::Throttled) {
            self.failed(outcome, Why::Status(answer.status()));
        } else {
            self.course.state().under_way = None;
            answer.extensions_mut().insert(self);
        }
    }

    /// It failed; another may follow.
    pub(super) fn failed(&self, outcome: Outcome, why: Why) {
        let sent = self.sent(outcome, &why);
        let mut state = self.course.state();
        state.under_way = None;
        state.failed = Some((sent, why));
    }

    /// It went well, to the last byte of its answer.
    pub(super) fn succeeded(&self) {
        self.course.memory.at_origin(self.attempt.origin, &self.course.method).succeeded();
    }

    /// It failed after its answer had begun, so that no other follows.
    pub(super) fn broke_off(&self, error: &(dyn Error + 'static)) {
        let Attempt { origin, number, sent } = self.attempt;
        let took = self.course.waited(sent);
        let sent = Sent { origin: Some(origin), number, took, kind: Some(FailureKind::Body) };
        self.course.record(sent, Reason::Error(error), Severity::Error);
    }

    /// An attempt that the end of the request's time cut short says nothing to the breaker, as it had less than its own limit.
    /// That it had no answer is the origin's all the same.
    fn sent(&self, outcome: Outcome, why: &Why) -> Sent {
        let Attempt { origin, number, sent } = self.attempt;
        let (origin, kind) = match (outcome, why) {
            (Outcome::Failure(kind), _) => (Some(origin), Some(kind)),
            (Outcome::Throttled, _) => (Some(origin), None),
            (_, Why::Error(error)) if blame::is_cut_short(&**error) => {
                (Some(origin), Some(FailureKind::Timeout))
            }
            _ => (None, None),
        };
        Sent { origin, number, took: self.course.waited(sent), kind }
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
