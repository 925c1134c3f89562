//! Why a demo did not take place, or not to its end.

use std::time::Duration;
use std::{error, fmt, io};

use super::schedule::MINIMUM;
use crate::Failure;

/// Why the demo failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum DemoError {
    /// The demo is shorter than its faults need.
    TooShort {
        /// What was asked for.
        length: Duration,
    },
    /// An origin found no port, or did not get its port back.
    Origin(io::Error),
    /// The proxy did not start.
    Proxy(Box<Failure>),
    /// The report could not be written.
    Output(io::Error),
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { length } => write!(
                f,
                "a demo of {} is too short to show its faults, the shortest is {}",
                humantime::format_duration(*length),
                humantime::format_duration(MINIMUM)
            ),
            Self::Origin(error) => write!(f, "an origin of the demo failed: {error}"),
            Self::Proxy(error) => write!(f, "the demo's proxy failed: {error}"),
            Self::Output(error) => write!(f, "the report could not be written: {error}"),
        }
    }
}

impl error::Error for DemoError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::TooShort { .. } => None,
            Self::Origin(error) | Self::Output(error) => Some(error),
            Self::Proxy(error) => Some(error),
        }
    }
}
