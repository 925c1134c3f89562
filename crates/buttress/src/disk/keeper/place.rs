//! A file that is for one process at a time.

use super::{Keep, Keeper, Saver};
use crate::disk::StateFile;
use crate::disk::folder::Lock;
use serde::Serialize;
use std::io;

/// Where a value is kept, and whether this process may.
#[derive(Debug)]
pub struct Place {
    file: StateFile,
    lock: Option<Lock>,
    /// Why it could not be taken at the start.
    trouble: Option<io::Error>,
}

impl Place {
    pub(super) const fn new(file: StateFile) -> Self {
        Self { file, lock: None, trouble: None }
    }

    pub(super) const fn file(&self) -> &StateFile {
        &self.file
    }

    /// Takes it for the first time.
    pub(super) fn begin(&mut self) {
        self.trouble = self.take().err();
    }

    pub(super) const fn is_taken_by_another(&self) -> bool {
        self.trouble.is_some()
    }

    /// Begins to keep `kept` here, on a thread of this name.
    ///
    /// # Panics
    /// If no thread can be started.
    #[must_use]
    pub fn keep<K: Keep>(mut self, thread: &str, kept: K) -> Keeper<K> {
        let trouble = self.trouble.take();
        let saver = Saver::start(self, trouble, thread, kept.clone());
        Keeper { kept, saver }
    }

    /// Takes the file for this process.
    ///
    /// # Errors
    /// If another one has it. A disk that knows no locks is no reason not to save; and one that cannot be written says so when
    /// it is.
    fn take(&mut self) -> io::Result<()> {
        if self.lock.is_some() {
            return Ok(());
        }
        match self.file.lock() {
            Ok(lock) => self.lock = Some(lock),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => return Err(error),
            Err(_) => {}
        }
        Ok(())
    }

    /// Saves what `state` has, unless another process has the file.
    pub(super) fn save<T: Serialize>(&mut self, state: impl FnOnce() -> T) -> io::Result<()> {
        self.take()?;
        self.file.save(&state())
    }

    /// Gives it back.
    pub(super) fn leave(&mut self) {
        self.lock = None;
    }
}
