//! Arithmetic over values and the time they came.

mod histogram;
mod marks;
mod per_thread;
mod recent;
mod rolling_window;

pub use histogram::{Bounds, Durations, Histogram};
pub(crate) use marks::{Marks, Pitch, Point, Reading};
pub use per_thread::PerThread;
pub(crate) use recent::Recent;
pub(crate) use rolling_window::{BUCKETS, Place, RollingWindow, Tally};
