//! Bodies that pass as fast as they may.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod peers;
mod script;
mod seen;
mod shaped;
mod turns;
mod wire;

use buttress::bandwidth::{Builder, Config, Direction, Handle};
use std::time::Duration;

const UP: Direction = Direction::Upload;
const DOWN: Direction = Direction::Download;
const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn line(set: impl FnOnce(Builder) -> Builder) -> Handle {
    Handle::new("line", config(set))
}

fn config(set: impl FnOnce(Builder) -> Builder) -> Config {
    set(Config::builder()).build().unwrap()
}
