//! When a call is over, with all its attempts and waits.

mod point;
mod scope;

pub use point::Deadline;
