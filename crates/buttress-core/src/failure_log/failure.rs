//! What a caller says of a failure.

use super::{Category, Operation, Severity};
use crate::FailureKind;
use std::error::Error;
use std::fmt::{self, Display};
use std::time::Duration;

/// A failure as its caller tells it, on its way to [`FailureLog::record`](super::FailureLog::record). Nothing is formatted or
/// copied before that.
///
/// ```
/// use buttress_core::failure_log::{Config, Failure, FailureLog, Severity};
/// use buttress_core::clock;
///
/// let log = FailureLog::new(Config::default(), clock::wall(), clock::coarse());
/// let charge = log.operation("charge", "payments");
/// let error = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// let failure = Failure::of(&charge).error(&error).attempt(2).with("customer", &4711);
/// let recorded = log.record(&failure, clock::wall(), clock::coarse());
/// assert_eq!((recorded.id, recorded.severity), (1, Severity::Error));
/// ```
#[must_use = "a failure is recorded by the log"]
pub struct Failure<'a> {
    pub(super) operation: &'a Operation,
    pub(super) message: Option<&'a dyn Display>,
    pub(super) error: Option<&'a (dyn Error + 'static)>,
    pub(super) error_type: Option<&'a str>,
    pub(super) severity: Option<Severity>,
    pub(super) category: Option<Category>,
    pub(super) kind: Option<FailureKind>,
    pub(super) key: Option<&'a dyn Display>,
    pub(super) attempt: Option<u32>,
    pub(super) took: Option<Duration>,
    pub(super) bytes: Option<u64>,
    pub(super) is_call: bool,
    pub(super) metadata: Vec<(&'a str, &'a dyn Display)>,
}

impl<'a> Failure<'a> {
    /// Of a call of this operation.
    pub const fn of(operation: &'a Operation) -> Self {
        Self {
            operation,
            message: None,
            error: None,
            error_type: None,
            severity: None,
            category: None,
            kind: None,
            key: None,
            attempt: None,
            took: None,
            bytes: None,
            is_call: true,
            metadata: Vec::new(),
        }
    }

    /// The error: what it says is the message unless there is one, and its sources are the chain.
    pub const fn error(mut self, error: &'a (dyn Error + 'static)) -> Self {
        self.error = Some(error);
        self
    }

    /// What happened, in the words that people read.
    pub const fn message(mut self, message: &'a dyn Display) -> Self {
        self.message = Some(message);
        self
    }

    /// The name of the error's type. Without one, an I/O error in the chain gives its kind, such as `io::ConnectionRefused`.
    pub const fn error_type(mut self, name: &'a str) -> Self {
        self.error_type = Some(name);
        self
    }

    /// How bad it is, instead of what would be found out.
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Of what sort it is, instead of what would be found out.
    pub const fn category(mut self, category: Category) -> Self {
        self.category = Some(category);
        self
    }

    /// In what way the call failed.
    pub const fn kind(mut self, kind: FailureKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Whom or what the call was about: a customer, a peer.
    pub const fn key(mut self, key: &'a dyn Display) -> Self {
        self.key = Some(key);
        self
    }

    /// Which attempt it was, from 1.
    pub const fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = Some(attempt);
        self
    }

    /// How long the call took.
    pub const fn took(mut self, took: Duration) -> Self {
        self.took = Some(took);
        self
    }

    /// How many bytes had passed.
    pub const fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// No call failed: something happened that is worth knowing, such as a breaker that closed. It is recorded like a failure and is in
    /// no rate.
    pub const fn aside(mut self) -> Self {
        self.is_call = false;
        self
    }

    /// Whether a call failed, and it is not recorded [aside](Failure::aside).
    #[must_use]
    pub const fn is_call(&self) -> bool {
        self.is_call
    }

    /// Something else to say. The value of a name that sounds like a secret's, such as `password`, is not kept.
    pub fn with(mut self, name: &'a str, value: &'a dyn Display) -> Self {
        self.metadata.push((name, value));
        self
    }
}

impl fmt::Debug for Failure<'_> {
    /// Without the error, the message and the metadata, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, error_type, severity, category, kind, attempt, took, bytes, .. } = self;
        f.debug_struct("Failure")
            .field("operation", operation)
            .field("error_type", error_type)
            .field("severity", severity)
            .field("category", category)
            .field("kind", kind)
            .field("attempt", attempt)
            .field("took", took)
            .field("bytes", bytes)
            .finish_non_exhaustive()
    }
}
