//! Peers that do worse than the others do.

mod config;

pub use config::{Builder, Config, FailurePercentage, SuccessRate};
