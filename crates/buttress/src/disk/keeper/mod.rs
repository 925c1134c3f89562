//! A value that is saved behind the back of those who change it.
//!
//! [`Opened`] is a [`StateFile`] taken for this process, with what was in it; [`Place::keep`] begins to save what has become of
//! that: every so often and only if it is another, on a thread of its own, and once more at the end. Nobody who changes the
//! value waits for the disk, and nothing that the disk does keeps a process from its start.
//!
//! ```
//! use buttress::disk::keeper::{Found, Keep, Opened};
//! use buttress::disk::StateFile;
//! use std::sync::Arc;
//! use std::sync::atomic::{AtomicU64, Ordering};
//!
//! #[derive(Clone)]
//! struct Visits(Arc<AtomicU64>);
//!
//! impl Keep for Visits {
//!     type State = u64;
//!
//!     fn version(&self) -> u64 {
//!         self.0.load(Ordering::Relaxed)
//!     }
//!
//!     fn state(&self) -> u64 {
//!         self.0.load(Ordering::Relaxed)
//!     }
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("visits");
//! for before in [0, 1] {
//!     let opened = Opened::<u64>::of(StateFile::new(&path, "visits", 1));
//!     let (state, found, place) = opened.into_parts();
//!     assert_eq!((state.unwrap_or(0), matches!(found, Found::Nothing)), (before, before == 0));
//!     let keeper = place.keep("visits", Visits(Arc::new(before.into())));
//!     keeper.kept().0.fetch_add(1, Ordering::Relaxed);
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! One process at a time has the file: another one starts with what is in it and saves nothing until the first has ended, which
//! [`Saves::trouble`] says meanwhile. Then it saves its own, without what the first changed since.

mod place;
mod saver;
mod saves;

pub use place::Place;
pub use saver::Saver;
pub use saves::Saves;

use super::state_file::Unusable;
use super::{Loaded, StateFile};
use crate::clock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How often a value is saved: what a process that is killed loses at most. Each time is a write to the disk and a wait for it.
pub const EVERY: Duration = Duration::from_secs(10);

/// A value that is worth keeping: a handle to it, of which the thread that saves has a clone.
pub trait Keep: Clone + Send + 'static {
    /// What is written down.
    type State: Serialize;

    /// A number that is another whenever there is something new to save.
    fn version(&self) -> u64;

    /// What to write down now.
    fn state(&self) -> Self::State;
}

/// What the process before has left.
#[derive(Debug)]
#[non_exhaustive]
pub enum Found {
    /// Its state, saved so long ago.
    State {
        /// By the clock on the wall, and zero where that went back.
        age: Duration,
    },
    /// Nothing: it begins.
    Nothing,
    /// A file that cannot be used: it begins anew.
    Unusable {
        /// Why not.
        why: Unusable,
        /// Where it is now; `None` if it could not be put aside.
        put_aside: Option<PathBuf>,
    },
}

/// A file that was taken for this process, as far as nobody else has it, and read.
#[derive(Debug)]
pub struct Opened<T> {
    state: Option<T>,
    found: Found,
    place: Place,
}

impl<T: DeserializeOwned> Opened<T> {
    /// Reads the file, so it blocks on the disk. One that cannot be used is put aside, unless another process has it: what that
    /// one has is not for this one to tidy up.
    #[must_use]
    pub fn of(file: StateFile) -> Self {
        let mut place = Place::new(file);
        place.begin();
        let loaded = if place.is_taken_by_another() { place.file().look() } else { place.file().load() };
        let (state, found) = match loaded {
            Loaded::Found(state, at) => {
                // The clock may have been set back since.
                let age = clock::wall().duration_since(at).unwrap_or_default();
                (Some(state), Found::State { age })
            }
            Loaded::None => (None, Found::Nothing),
            Loaded::Unusable { why, put_aside } => (None, Found::Unusable { why, put_aside }),
        };
        Self { state, found, place }
    }

    /// What was in it, what to say of that, and where to save what becomes of it.
    #[must_use]
    pub fn into_parts(self) -> (Option<T>, Found, Place) {
        (self.state, self.found, self.place)
    }
}

/// Keeps a value in a file, for as long as it lives. Dropped, it saves once more and waits for that, a second at most.
#[derive(Debug)]
pub struct Keeper<K> {
    kept: K,
    saver: Saver,
}

impl<K: Keep> Keeper<K> {
    /// The value.
    #[must_use]
    pub const fn kept(&self) -> &K {
        &self.kept
    }

    /// Saves it so often instead of [every 10 seconds](EVERY), at least a millisecond apart.
    pub fn set_period(&self, period: Duration) {
        self.saver.set_period(period.max(Duration::from_millis(1)));
    }

    /// Saves it now, on this thread.
    ///
    /// # Errors
    /// If the disk does not take it, or another process has the file. It is tried again when it is due.
    pub fn save(&self) -> io::Result<()> {
        self.saver.save(&self.kept)
    }

    /// For those who change it: says how it stands with the file, and has it saved before its time.
    #[must_use]
    pub const fn saver(&self) -> &Saver {
        &self.saver
    }
}

impl<K> Drop for Keeper<K> {
    fn drop(&mut self) {
        self.saver.end();
    }
}
