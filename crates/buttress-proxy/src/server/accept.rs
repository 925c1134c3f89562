//! Takes connections, and keeps calm when the system has none to give.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// The pause after an accept that failed for want of something, such as file descriptors, and its bound.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
const MAX_ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Accepts that failed in a row.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pause: Option<Duration>,
}

/// The next connection. Errors of a single connection are skipped; any other is waited out, since a
/// listener that lacks descriptors fails again at once.
pub(super) async fn accept(listener: &TcpListener, failures: &mut Failures) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                failures.pause = None;
                return accepted;
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                if failures.pause.is_none() {
                    crate::cli::warn(format_args!("cannot accept connections: {error}"));
                }
                let pause = failures.pause.map_or(ACCEPT_PAUSE, |pause| (pause * 2).min(MAX_ACCEPT_PAUSE));
                failures.pause = Some(pause);
                tokio::time::sleep(pause).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}
