//! Settings by the name of where they come from.

use super::{Builder, Config};

/// walgit's monitor of the network: unhealthy after 3 failures in a row, healthy after one success.
#[must_use]
pub fn walgit() -> Config {
    build(Config::builder().unhealthy_after(3).healthy_after(1))
}

/// DWCP's monitor: every finding is the status. It flaps where findings do.
#[must_use]
pub fn dwcp() -> Config {
    build(Config::builder().unhealthy_after(1).healthy_after(1))
}

fn build(builder: Builder) -> Config {
    builder.build().expect("a preset is valid")
}
