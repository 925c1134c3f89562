//! Addresses, as they are written on the command line.

use std::net::SocketAddr;

use clap::Args;

use crate::inquiry::Inquiry;

/// Where `--admin` listens, and is asked, unless told otherwise.
pub(super) const ADMIN: &str = "127.0.0.1:9900";

/// Which proxy is asked.
#[derive(Debug, Args)]
pub(super) struct Asked {
    /// The operator's port of the proxy to ask, the one it was started with.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = ADMIN, value_parser = address)]
    admin: SocketAddr,
}

impl Asked {
    pub(super) const fn inquiry(&self) -> Inquiry {
        Inquiry::at(self.admin)
    }
}

/// An address and a port.
pub(super) fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "an IP address and a port are needed, as in 127.0.0.1:8080 or [::1]:8080")
}
