//! Settings that are easy to drive.

use buttress::retry::{Config, Handle};
use std::time::Duration;

/// So many attempts, a millisecond apart.
pub(crate) fn config(attempts: u32) -> Config {
    Config::builder().attempts(attempts).fixed(Duration::from_millis(1)).build().unwrap()
}

/// The same, with as many retries as it takes.
pub(crate) fn handle(attempts: u32) -> Handle {
    Handle::without_budget("origin", config(attempts))
}
