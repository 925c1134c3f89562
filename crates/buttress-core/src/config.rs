//! Wrong settings, refused where they are made.

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
