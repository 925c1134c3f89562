//! How it stands with the file.

use crate::registry::serialize;
use std::time::SystemTime;

/// How it stands with the file that a value is kept in.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Saves {
    /// How often it was saved.
    pub saved: u64,
    /// When it was saved last, by the clock on the wall; `None` before.
    #[serde(serialize_with = "serialize::rfc3339_if_any")]
    pub last: Option<SystemTime>,
    /// How often it could not be.
    pub failed: u64,
    /// Why it could not be the last time, as that another process has the file; `None` if it was saved since.
    pub trouble: Option<String>,
}
