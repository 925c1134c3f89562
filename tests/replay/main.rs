//! Bodies that are sent again: whatever happens on the way, each attempt that comes to the end has sent all of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod heads;
mod oracle;
mod regressions;
mod script;
mod sent;
