//! What is looked at beside the calls: when, for how long, and what is made of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod kinds;
mod rounds;
mod script;
mod seen;
