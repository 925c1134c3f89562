//! Which failures are asked for.

use super::{Category, Record, Severity};
use std::sync::Arc;
use std::time::SystemTime;

/// Which failures are asked for. The default asks for all of them.
///
/// ```
/// use buttress_core::failure_log::{Category, Filter, Severity};
///
/// let filter = Filter::default().component("payments").category(Category::Network).at_least(Severity::Error);
/// assert_eq!(filter.severity, Some(Severity::Error));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Not earlier than this.
    pub since: Option<SystemTime>,
    /// Not later than this.
    pub until: Option<SystemTime>,
    /// Of this sort.
    pub category: Option<Category>,
    /// At least as bad as this.
    pub severity: Option<Severity>,
    /// Of this component.
    pub component: Option<Arc<str>>,
    /// Of this operation.
    pub operation: Option<Arc<str>>,
    /// With this text in the message or in the type of the error, in any case of its letters.
    pub text: Option<Arc<str>>,
}

impl Filter {
    /// Not earlier than `since`.
    #[must_use]
    pub fn since(self, since: SystemTime) -> Self {
        Self { since: Some(since), ..self }
    }

    /// Not later than `until`.
    #[must_use]
    pub fn until(self, until: SystemTime) -> Self {
        Self { until: Some(until), ..self }
    }

    /// Of this sort.
    #[must_use]
    pub fn category(self, category: Category) -> Self {
        Self { category: Some(category), ..self }
    }

    /// At least as bad as this.
    #[must_use]
    pub fn at_least(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Of this component.
    #[must_use]
    pub fn component(self, component: impl Into<Arc<str>>) -> Self {
        Self { component: Some(component.into()), ..self }
    }

    /// Of this operation.
    #[must_use]
    pub fn operation(self, operation: impl Into<Arc<str>>) -> Self {
        Self { operation: Some(operation.into()), ..self }
    }

    /// With this text in the message or in the type of the error.
    #[must_use]
    pub fn text(self, text: impl Into<Arc<str>>) -> Self {
        Self { text: Some(text.into()), ..self }
    }

    /// Whether `record` is asked for.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        self.covers(record.at)
            && self.asks_for(record.category, record.severity)
            && self.names(&record.operation, &record.component)
            && self.says(&[&record.message, &record.error_type])
    }

    /// Whether `at` lies between its ends.
    pub(super) fn covers(&self, at: SystemTime) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at <= until)
    }

    pub(super) fn asks_for(&self, category: Category, severity: Severity) -> bool {
        self.category.is_none_or(|asked| asked == category)
            && self.severity.is_none_or(|least| severity >= least)
    }

    pub(super) fn names(&self, operation: &str, component: &str) -> bool {
        let asked = |asked: &Option<Arc<str>>, name: &str| asked.as_deref().is_none_or(|asked| asked == name);
        asked(&self.operation, operation) && asked(&self.component, component)
    }

    /// Whether the text is in one of `texts`.
    pub(super) fn says(&self, texts: &[&str]) -> bool {
        let Some(text) = self.text.as_deref() else { return true };
        texts.iter().any(|said| contains(said.as_bytes(), text.as_bytes()))
    }
}

/// Whether `word` is in `text`, in any case of its ASCII letters.
pub(super) fn contains(text: &[u8], word: &[u8]) -> bool {
    word.is_empty() || text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}
