//! Settings by the name of where they come from.

use super::Config;
use std::time::Duration;

/// The numbers of DWCP's Go package: 100 calls at a time, 50 wait, for up to 5 s.
#[must_use]
pub fn dwcp() -> Config {
    let builder = Config::builder().max_concurrent(100).queue(50).max_wait(Duration::from_secs(5));
    builder.build().expect("a preset is valid")
}

/// DWCP's bulkhead around its connections, of the same numbers. There it is named [`CONCURRENT_CONNECTIONS`].
#[must_use]
pub fn dwcp_connections() -> Config {
    dwcp()
}

/// What DWCP calls the bulkhead around its connections.
pub const CONCURRENT_CONNECTIONS: &str = "concurrent-connections";
