//! Why the program did not do what it was told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{error, fmt, io};

use buttress::InvalidConfig;

use crate::demo::DemoError;
use crate::inquiry::InquiryError;

/// Why the program failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// A proxy without origins has nowhere to forward to.
    NoOrigins,
    /// The address to listen on cannot be had.
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The operator's port would be open to other machines.
    AdminBeyondLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// One attempt could outlast all of them together.
    AttemptOutlastsRequest {
        /// How long an attempt may take.
        attempt: Duration,
        /// How long all attempts may take.
        request: Duration,
    },
    /// The breaker's settings contradict each other.
    Breaker(InvalidConfig),
    /// A limit is outside what can be kept.
    Limits(InvalidConfig),
    /// The objective cannot be kept.
    Objective(InvalidConfig),
    /// What is known of the origins and the error budget were to be kept in the same file.
    OneFileForTwo {
        /// The file.
        path: PathBuf,
    },
    /// Failures cannot be written down where they were to be, and never will.
    FailureLog {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A running proxy could not be asked.
    Inquiry(InquiryError),
    /// The health checks cannot be made like this.
    Checks(InvalidConfig),
    /// The demo failed.
    Demo(DemoError),
    /// The system gave no threads or no signals.
    System(io::Error),
}

impl Failure {
    /// 2 for what the command line can mend, 1 for the rest.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::NoOrigins | Self::Listen { .. } | Self::AdminBeyondLoopback { .. } => 2,
            Self::AttemptOutlastsRequest { .. } | Self::Breaker(_) | Self::Limits(_) => 2,
            Self::Checks(_) | Self::Objective(_) | Self::FailureLog { .. } | Self::Inquiry(_) => 2,
            Self::OneFileForTwo { .. } | Self::Demo(DemoError::TooShort { .. }) => 2,
            Self::Demo(_) | Self::System(_) => 1,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoOrigins => f.write_str("no origin to forward to"),
            Self::Listen { address, source } => write!(f, "cannot listen on {address}: {source}"),
            Self::OneFileForTwo { path } => {
                write!(f, "--state and --slo-state are one file, {}, and each needs its own", path.display())
            }
            Self::AdminBeyondLoopback { address } => {
                write!(f, "the admin port cannot listen on {address}: loopback only for now")
            }
            Self::AttemptOutlastsRequest { attempt, request } => write!(
                f,
                "the attempt timeout, {}, is longer than the timeout of a request with all its attempts, {}",
                humantime::format_duration(*attempt),
                humantime::format_duration(*request)
            ),
            Self::Breaker(error) => write!(f, "the breaker cannot be set up: {error}"),
            Self::Limits(error) => write!(f, "the limits cannot be kept: {error}"),
            Self::Objective(error) => write!(f, "the objective cannot be kept: {error}"),
            Self::FailureLog { folder, source } => {
                write!(f, "failures cannot be written down in {}: {source}", folder.display())
            }
            Self::Inquiry(error) => error.fmt(f),
            Self::Checks(error) => write!(f, "the origins cannot be checked like this: {error}"),
            Self::Demo(error) => error.fmt(f),
            Self::System(error) => write!(f, "the system refuses: {error}"),
        }
    }
}

impl error::Error for Failure {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::NoOrigins | Self::AdminBeyondLoopback { .. } => None,
            Self::AttemptOutlastsRequest { .. } | Self::OneFileForTwo { .. } => None,
            Self::Listen { source, .. } | Self::FailureLog { source, .. } | Self::System(source) => {
                Some(source)
            }
            Self::Breaker(error) | Self::Limits(error) | Self::Checks(error) | Self::Objective(error) => {
                Some(error)
            }
            Self::Inquiry(error) => Some(error),
            Self::Demo(error) => Some(error),
        }
    }
}
