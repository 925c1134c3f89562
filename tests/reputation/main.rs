//! The ledger of peers as a whole: what it promises, against a plain model of it, under floods of names and from many threads.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod floods;
mod model;
mod oracle;
mod rows;
mod threads;

use buttress_reputation::{Config, Ledger, presets};
use std::time::Duration;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// A ledger with the numbers of the peer network and room for so many.
fn ledger(capacity: usize) -> Ledger {
    Ledger::new("peers", of(capacity))
}

fn of(capacity: usize) -> Config {
    presets::cyberfly().to_builder().capacity(capacity).build().unwrap()
}
