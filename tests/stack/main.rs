//! The layers in their order, as one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod dwcp;
mod helpers;
mod hosts;
mod lint;
mod order;
mod peer;
mod presets;
mod subsets;
mod turns;
