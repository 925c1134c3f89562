//! Why a file cannot be used.

use std::fmt;
use std::io;

/// Why the state in a file cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum Unusable {
    /// It is larger than any state that would have been saved, and was not read.
    TooLarge {
        /// Its length in bytes.
        bytes: u64,
        /// The longest that is read.
        at_most: u64,
    },
    /// It does not begin as a file of this crate does.
    NotOurs,
    /// It is the state of something else.
    OfAnother {
        /// Of this.
        kind: String,
    },
    /// It was saved by an older or a newer program.
    OtherVersion {
        /// In this version.
        version: u32,
    },
    /// It is not as it was written: a part is missing or other.
    Damaged,
    /// It is as it was written, yet not a state, and why.
    Unfit(String),
    /// It is a folder, a device or a pipe.
    NotAFile,
    /// It cannot be read.
    Unreadable(io::Error),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes, at_most } => {
                write!(f, "it has {bytes} bytes, at most {at_most} are read")
            }
            Self::NotOurs => f.write_str("it is not a state file"),
            Self::OfAnother { kind } => write!(f, "it is the state of `{}`", kind.escape_debug()),
            Self::OtherVersion { version } => write!(f, "it is of version {version}"),
            Self::Damaged => f.write_str("its checksum is wrong"),
            Self::Unfit(why) => write!(f, "it does not fit: {why}"),
            Self::NotAFile => f.write_str("it is not a regular file"),
            Self::Unreadable(error) => write!(f, "it cannot be read: {error}"),
        }
    }
}

impl std::error::Error for Unusable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}
