//! A first look at the origins, for whoever just started the proxy.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

use super::warn;
use crate::Origin;

/// How long an origin may take to accept the probe's connection.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Says of each origin that cannot be connected to, in the background. The proxy serves meanwhile: an
/// origin may come later, and until then its breaker decides.
pub(super) fn warn_of_unreachable(origins: Vec<Origin>) {
    for origin in origins {
        tokio::spawn(async move {
            let connecting = TcpStream::connect(origin.address());
            let connected = match tokio::time::timeout(PROBE_TIMEOUT, connecting).await {
                Ok(connected) => connected.map(drop),
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            if let Err(error) = connected {
                warn(format_args!("{origin} is unreachable for now: {error}"));
            }
        });
    }
}
