//! The rate limit: as a layer, as a handle, per key, over HTTP and before a peer that has a limit of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod axum;
mod handle;
mod headers;
mod keyed;
mod modes;
mod peer;
mod script;
mod several;
mod waiting;
