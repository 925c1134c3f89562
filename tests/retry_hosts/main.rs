//! Retries of real clients and servers against origins that really fail, over real connections.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod axum;
mod faults;
mod hints;
mod http2;
mod hyper_util;
mod origin;
mod refusals;
mod reqwest;
mod settings;
mod tonic;
