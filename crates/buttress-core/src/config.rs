//! Wrong settings, refused where they are made, and settings that differ.

use std::fmt;

/// A setting outside what is allowed, named so that it can be found and put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidConfig {
    knob: &'static str,
    value: String,
    allowed: &'static str,
}

impl InvalidConfig {
    /// `knob` is `value`, yet only `allowed` works.
    #[must_use]
    pub fn new(knob: &'static str, value: impl fmt::Display, allowed: &'static str) -> Self {
        Self { knob, value: value.to_string(), allowed }
    }

    /// The name of the setting.
    #[must_use]
    pub const fn knob(&self) -> &'static str {
        self.knob
    }
}

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, allowed is {}", self.knob, self.value, self.allowed)
    }
}

impl std::error::Error for InvalidConfig {}

/// Refuses `value` of `knob` unless it `holds`.
pub(crate) fn ensure(
    holds: bool,
    knob: &'static str,
    value: impl fmt::Display,
    allowed: &'static str,
) -> Result<(), InvalidConfig> {
    if holds { Ok(()) } else { Err(InvalidConfig::new(knob, value, allowed)) }
}

/// A knob that is set differently in two settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The name of the knob, as the builder has it.
    pub knob: &'static str,
    /// Its value in the one.
    pub one: String,
    /// Its value in the other.
    pub other: String,
}

impl Difference {
    /// The first knob whose value differs; both name the same knobs in the same order.
    pub(crate) fn first(
        one: impl IntoIterator<Item = (&'static str, String)>,
        other: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Option<Self> {
        let mut differing = one.into_iter().zip(other).filter(|(one, other)| one.1 != other.1);
        differing.next().map(|((knob, one), (_, other))| Self { knob, one, other })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, not {}", self.knob, self.one, self.other)
    }
}
