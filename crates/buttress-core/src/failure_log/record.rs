//! One failure, as it is shown, written and read again.

use super::{Category, Fingerprint, Flags, Severity};
use crate::FailureKind;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// One failure. Its texts hold no secret that could be told, and none is longer than the settings allow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Record {
    /// Counts up from 1, also across restarts where records are read back.
    pub id: u64,
    /// When it happened, by the clock on the wall, to the millisecond or the kernel's tick.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::time"))]
    pub at: SystemTime,
    /// What was being done.
    pub operation: Arc<str>,
    /// By or with which part.
    pub component: Arc<str>,
    /// How bad it is.
    pub severity: Severity,
    /// Of what sort it is.
    pub category: Category,
    /// In what way the call failed, where a call did.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub kind: Option<FailureKind>,
    /// The type of the error, such as `io::ConnectionRefused`; empty where it has none.
    pub error_type: Arc<str>,
    /// What the error says, without secrets, cut to the length of the settings.
    pub message: Arc<str>,
    /// The message with all that changes from one failure to the next replaced by words in angle brackets.
    pub template: Arc<str>,
    /// The number of its class.
    pub fingerprint: Fingerprint,
    /// What caused the error, and what that, and so on.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub chain: Vec<Arc<str>>,
    /// Whom or what the call was about.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub key: Option<Arc<str>>,
    /// Which attempt it was, from 1.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub attempt: Option<u32>,
    /// How long the call took.
    #[cfg_attr(feature = "serde", serde(rename = "duration_ms", with = "super::wire::millis"))]
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub duration: Option<Duration>,
    /// How many bytes had passed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub bytes: Option<u64>,
    /// What else there is to say.
    #[cfg_attr(feature = "serde", serde(with = "super::wire::pairs"))]
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub metadata: Vec<(Arc<str>, Arc<str>)>,
    /// How many of its class were not written since the one before it that was.
    #[cfg_attr(feature = "serde", serde(default))]
    pub suppressed: u64,
    /// Whether it is no call that failed, but something else worth knowing.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    pub aside: bool,
    /// What was remarkable about its class when it came.
    #[cfg_attr(feature = "serde", serde(default))]
    pub flags: Flags,
}

impl fmt::Display for Record {
    /// `#7 error network charge of payments: io::TimedOut: no answer`, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, severity, category, operation, component, error_type, message, .. } = self;
        let (operation, component) = (operation.escape_debug(), component.escape_debug());
        write!(f, "#{id} {severity} {category} {operation} of {component}: ")?;
        if !error_type.is_empty() {
            write!(f, "{}: ", error_type.escape_debug())?;
        }
        write!(f, "{}", message.escape_debug())
    }
}

/// What became of a failure that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recorded {
    /// The number of the record.
    pub id: u64,
    /// The number of its class.
    pub fingerprint: Fingerprint,
    /// How bad it was taken to be.
    pub severity: Severity,
    /// Of what sort.
    pub category: Category,
    /// What is remarkable about its class now.
    pub flags: Flags,
    /// What it was that made the class remarkable, said by one record alone each time.
    pub turned: Option<super::Standing>,
}
