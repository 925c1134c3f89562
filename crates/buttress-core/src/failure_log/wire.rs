//! How times, durations and pairs are written: for people and their tools.

use serde::{Deserialize, Deserializer, Serializer, de, ser::SerializeMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A time as RFC 3339 has it, in UTC with milliseconds.
pub(super) mod time {
    use super::{Deserialize, Deserializer, Serializer, SystemTime, de};
    use crate::failure_log::line::{shown, wall_millis};

    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_rfc3339_millis(shown(wall_millis(*time))))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        humantime::parse_rfc3339(&text).map(|time| shown(wall_millis(time))).map_err(de::Error::custom)
    }
}

/// A duration as milliseconds with a fraction, exact for the first hundred days.
pub(super) mod millis {
    use super::{Deserialize, Deserializer, Duration, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => to.serialize_f64(crate::clock::nanos(*duration) as f64 / 1e6),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        let millis = Option::<f64>::deserialize(from)?;
        // A cast takes what is negative or no number for zero, and what is too large for the largest.
        Ok(millis.map(|millis| Duration::from_nanos((millis * 1e6).round() as u64)))
    }
}

/// Names with values as an object, in their order.
pub(super) mod pairs {
    use super::{Arc, Deserializer, SerializeMap, Serializer, de};
    use std::fmt;

    type Pairs = Vec<(Arc<str>, Arc<str>)>;

    pub(crate) fn serialize<S: Serializer>(pairs: &Pairs, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(pairs.len()))?;
        for (name, value) in pairs {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Pairs, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }

        from.deserialize_map(Visitor)
    }
}
