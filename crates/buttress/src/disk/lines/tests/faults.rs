//! A disk that is full, broken and stuck when it shall be.

use super::super::medium::{Disk, Medium, Segment};
use super::super::shared::lock;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// The disk, and what is wrong with it.
#[derive(Clone, Default)]
pub(super) struct Faults(Arc<(Mutex<Wrong>, Condvar)>);

#[derive(Clone, Copy, Default)]
pub(super) struct Wrong {
    /// So many bytes find room before it is full.
    pub(super) room: Option<usize>,
    /// At most so many bytes are taken at once.
    pub(super) bite: Option<usize>,
    /// Nothing can be cut off.
    pub(super) keeps_all: bool,
    /// Files that were opened before so many others take nothing any more.
    pub(super) stale_before: u64,
    /// So many were opened.
    pub(super) opened: u64,
    /// No write comes back.
    pub(super) is_stuck: bool,
}

impl Faults {
    pub(super) fn set(&self, change: impl FnOnce(&mut Wrong)) {
        change(&mut lock(&self.0.0));
        self.0.1.notify_all();
    }
}

impl Medium for Faults {
    type File = Faulty;

    fn open(&self, path: &Path, new: bool) -> io::Result<Faulty> {
        let mut wrong = lock(&self.0.0);
        wrong.opened += 1;
        Ok(Faulty { file: Disk.open(path, new)?, number: wrong.opened, faults: self.clone() })
    }
}

pub(super) struct Faulty {
    file: File,
    number: u64,
    faults: Faults,
}

impl Segment for Faulty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (wrong, moved) = &*self.faults.0;
        let mut wrong =
            moved.wait_while(lock(wrong), |wrong| wrong.is_stuck).unwrap_or_else(PoisonError::into_inner);
        if self.number <= wrong.stale_before {
            return Err(io::ErrorKind::StaleNetworkFileHandle.into());
        }
        let taken = bytes.len().min(wrong.bite.unwrap_or(usize::MAX)).min(wrong.room.unwrap_or(usize::MAX));
        if taken == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        wrong.room = wrong.room.map(|room| room - taken);
        Segment::write(&mut self.file, &bytes[..taken])
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        if lock(&self.faults.0.0).keeps_all {
            return Err(io::Error::other("nothing can be cut off"));
        }
        self.file.truncate(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn is_gone(&self) -> bool {
        Segment::is_gone(&self.file)
    }
}
