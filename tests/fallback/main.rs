//! Fallbacks: when they answer, with what, and what is said about it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod both;
mod frames;
mod kept_http;
mod over_http;
mod seen;
mod when;
