//! What the failure log keeps, whoever calls it.
#![cfg(not(buttress_loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod restart;
mod rows;
mod texts;
mod threads;

use buttress_core::Tick;
use buttress_core::failure_log::{Builder, FailureLog};
use std::time::{Duration, SystemTime};

const START: SystemTime = SystemTime::UNIX_EPOCH;

fn at(seconds: u64) -> (SystemTime, Tick) {
    let since = Duration::from_secs(seconds);
    (START + Duration::from_secs(1_700_000_000) + since, Tick::from_nanos(7) + since)
}

fn log(builder: Builder) -> FailureLog {
    let (wall, now) = at(0);
    FailureLog::new(builder.build().unwrap(), wall, now)
}
