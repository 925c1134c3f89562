//! What outlives the process: state in one file, and lines in files that rotate.
//!
//! [`StateFile`] keeps one value, such as what is left of an error budget. Whoever loads it finds the value as it was saved
//! before or the one before that, never a mixture, whatever the process was doing when it was killed; and a file that cannot
//! be used is put aside, so that a start is never refused. A [`keeper`] saves such a value on a thread of its own. [`Lines`] writes values that come one after the other, such as the
//! records of a failure log, off the way of whoever has them, and reads the newest back at the next start.
//!
//! Files are for their owner alone, mode `0600`: what they hold may name customers.

pub(crate) mod folder;
pub mod keeper;
pub mod lines;
pub mod state_file;

pub use self::lines::Lines;
pub use self::state_file::{Loaded, StateFile};
