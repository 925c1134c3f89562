//! The file that a budget is in, for one process at a time.

use crate::disk::StateFile;
use crate::disk::folder::Lock;
use serde::Serialize;
use std::io;

pub(super) struct Place {
    file: StateFile,
    lock: Option<Lock>,
}

impl Place {
    pub(super) const fn new(file: StateFile) -> Self {
        Self { file, lock: None }
    }

    pub(super) const fn file(&self) -> &StateFile {
        &self.file
    }

    /// Takes the file for this process.
    ///
    /// # Errors
    /// If another one has it. A disk that knows no locks is no reason not to save; and one that cannot be written says so when
    /// it is.
    pub(super) fn take(&mut self) -> io::Result<()> {
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
