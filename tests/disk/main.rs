//! What is kept on disk, by processes that are killed and on disks that are full.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod killed;
mod lines;
mod model;
mod mounted;
mod state_file;

use std::path::Path;
use std::process::Command;

/// The process that writes.
fn writer(what: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_disk_writer"));
    command.arg(what).arg(folder);
    command
}
