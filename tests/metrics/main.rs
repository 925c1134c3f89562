//! What is exported is how things stand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alerts;
mod bulkheads;
mod error_budgets;
mod facade;
mod failure_logs;
mod health_checks;
mod keys;
mod moves;
mod names;
mod page;
mod peers;
mod promtool;
mod rate_limits;
mod reference;
mod truth;
