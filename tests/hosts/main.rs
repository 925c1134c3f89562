//! What users of axum, tonic, reqwest, hyper-util and tower's own layers see, over real connections.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod axum;
mod hyper_util;
mod reqwest;
mod tonic;
mod tower;
