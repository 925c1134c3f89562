//! The deadline as a layer: what it decides, and how it travels.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rules;
mod travel;
mod wire;
