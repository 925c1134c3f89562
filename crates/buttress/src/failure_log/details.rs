//! What there is to say about a failure besides what its error says.

use super::{Category, Severity};
use std::fmt::Display;

/// What there is to say about a failure besides what its error says; for the hook of
/// [`describe`](super::FailureLogLayer::describe). Who writes a failure down without a layer says it in a
/// [`Failure`](super::Failure).
///
/// What is not said is found out from the error. Secrets are taken out of all of it before anything is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    pub(super) message: Option<String>,
    pub(super) error_type: Option<String>,
    pub(super) severity: Option<Severity>,
    pub(super) category: Option<Category>,
    pub(super) key: Option<String>,
    pub(super) attempt: Option<u32>,
    pub(super) bytes: Option<u64>,
    pub(super) metadata: Vec<(String, String)>,
}

impl Details {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What happened, in the words that people read.
    pub fn message(&mut self, message: impl Display) -> &mut Self {
        self.message = Some(message.to_string());
        self
    }

    /// The name of the error's type.
    pub fn error_type(&mut self, name: &str) -> &mut Self {
        self.error_type = Some(name.to_owned());
        self
    }

    /// How bad it is.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = Some(severity);
        self
    }

    /// Of what sort it is.
    pub fn category(&mut self, category: Category) -> &mut Self {
        self.category = Some(category);
        self
    }

    /// Whom or what the call was about.
    pub fn key(&mut self, key: impl Display) -> &mut Self {
        self.key = Some(key.to_string());
        self
    }

    /// Which attempt it was, from 1.
    pub fn attempt(&mut self, attempt: u32) -> &mut Self {
        self.attempt = Some(attempt);
        self
    }

    /// How many bytes had passed.
    pub fn bytes(&mut self, bytes: u64) -> &mut Self {
        self.bytes = Some(bytes);
        self
    }

    /// Something else to say. The value of a name that sounds like a secret's, such as `password`, is not kept.
    pub fn with(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.metadata.push((name.to_owned(), value.to_string()));
        self
    }
}
