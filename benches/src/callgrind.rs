//! Instructions, as callgrind counts them.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::{error, fmt, io};

/// Why there is no count.
#[derive(Debug)]
pub enum Error {
    /// valgrind is not installed.
    Missing,
    /// valgrind could not be started.
    Start(io::Error),
    /// The program under it failed, or it said nothing about instructions; what it said instead.
    Failed(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => {
                f.write_str("valgrind is not installed; on Debian and Ubuntu: apt-get install valgrind")
            }
            Self::Start(_) => f.write_str("valgrind does not start"),
            Self::Failed(said) => write!(f, "callgrind counted nothing, it said:\n{said}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Start(error) => Some(error),
            Self::Missing | Self::Failed(_) => None,
        }
    }
}

/// The instructions of `program` within its `function`, as debuggers name that, and within what that calls.
///
/// # Errors
/// When valgrind is not there or the program fails under it.
pub fn instructions(program: &Path, arguments: &[&OsStr], function: &str) -> Result<u64, Error> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg(format!("--toggle-collect={function}")).arg(program).args(arguments);
    let output = valgrind.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::Missing,
        _ => Error::Start(error),
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    match collected(&said) {
        Some(count) if count > 0 && output.status.success() => Ok(count),
        _ => Err(Error::Failed(said.into_owned())),
    }
}

/// The number in callgrind's last words, `==4242== Collected : 1234567`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().rev().find_map(|line| line.split_once("Collected : "))?;
    line.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_among_what_valgrind_says() {
        let said = "==7== Callgrind, a call-graph generating cache profiler\n==7== \n==7== Events    : Ir\n\
                    ==7== Collected : 15094827\n==7== \n==7== I   refs:      15,094,827\n";
        assert_eq!(collected(said), Some(15_094_827));
        assert_eq!(collected("==7== Collected : \n"), None);
        assert_eq!(collected("valgrind: ./gates: command not found\n"), None);
    }
}
