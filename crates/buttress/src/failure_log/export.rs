//! A log as one piece of JSON.

use super::handle::Handle;
use super::{Class, Filter, Record, Snapshot, Volume};
use crate::clock;
use serde::{Deserialize, Serialize};
#[cfg(feature = "persist")]
use std::io;
use std::time::SystemTime;

/// All that a log remembers, as one value: for a file, or for another program. It can be written as JSON and read again;
/// points in time are RFC 3339 and durations milliseconds.
///
/// ```
/// use buttress::failure_log::{Config, Export, Filter, Handle};
///
/// let log = Handle::new("shop", Config::default());
/// log.operation("charge", "payments").failed_with(&std::io::Error::other("the till is empty"));
/// let json = serde_json::to_string_pretty(&log.export(&Filter::default()))?;
/// let export: Export = serde_json::from_str(&json)?;
/// assert_eq!(&*export.records[0].message, "the till is empty");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Export {
    /// The name of the log.
    pub name: String,
    /// When it was asked.
    #[serde(with = "at")]
    pub at: SystemTime,
    /// How it stood, in numbers.
    pub snapshot: Snapshot,
    /// The calls of each operation, over time.
    pub operations: Vec<Volume>,
    /// The failures that are the same, counted, the most frequent first.
    pub classes: Vec<Class>,
    /// The failures, the oldest first.
    pub records: Vec<Record>,
}

impl Handle {
    /// All that is remembered and asked for. Secrets were taken out before.
    #[must_use]
    pub fn export(&self, filter: &Filter) -> Export {
        Export {
            name: self.name().to_owned(),
            at: clock::wall(),
            snapshot: self.snapshot(),
            operations: self.volumes(filter),
            classes: self.classes(filter),
            records: self.records(filter),
        }
    }
}

#[cfg(feature = "persist")]
impl Handle {
    /// Writes [all that is remembered](Handle::export) as JSON that people can read.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn export_json(&self, filter: &Filter, to: impl io::Write) -> io::Result<()> {
        let mut to = io::BufWriter::new(to);
        serde_json::to_writer_pretty(&mut to, &self.export(filter))?;
        io::Write::flush(&mut to)
    }
}

/// As everywhere in the log.
mod at {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use std::borrow::Cow;
    use std::time::SystemTime;

    pub(super) fn serialize<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_rfc3339_millis(*at))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        let text = <Cow<'de, str>>::deserialize(from)?;
        humantime::parse_rfc3339(&text).map_err(de::Error::custom)
    }
}
