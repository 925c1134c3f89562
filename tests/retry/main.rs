//! The retry as a layer, as a function and as a policy of tower's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attempts;
mod beneath;
mod budget;
mod cancellation;
mod conditions;
mod deadline;
mod functions;
mod hooks;
mod nested;
mod policy;
mod refusals;
mod script;
mod sight;
mod waits;
