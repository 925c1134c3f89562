//! Arithmetic over values and the time they came.

mod rolling_window;

pub(crate) use rolling_window::{BUCKETS, Place, RollingWindow, Tally};
