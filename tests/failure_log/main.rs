//! The failure log: what layers and handles write down, what is found in it again, and what it leaves alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admission;
mod bodies;
mod calls;
mod disk;
mod handle;
mod stuck;

use buttress::failure_log::{Config, Filter, Handle, Record};

fn log() -> Handle {
    Handle::new("shop", Config::default())
}

/// All that is kept, the oldest first.
fn records(log: &Handle) -> Vec<Record> {
    log.records(&Filter::default())
}

/// The one that is kept.
fn only(log: &Handle) -> Record {
    let [record] = <[Record; 1]>::try_from(records(log)).unwrap_or_else(|all| panic!("{all:#?}"));
    record
}
