//! What lines are written to.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A disk. In tests it is full, broken or stuck when it shall be.
pub(super) trait Medium: Send + 'static {
    type File: Segment;

    /// Opens a file to write behind its end; a new one, or one that is there.
    fn open(&self, path: &Path, new: bool) -> io::Result<Self::File>;
}

/// A file that is open.
pub(super) trait Segment: Send {
    /// Writes behind the end, as much as is taken.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// Waits until all of it is on the disk.
    fn sync(&mut self) -> io::Result<()>;

    /// Whether somebody removed it, so that what is written now can be read by nobody.
    fn is_gone(&self) -> bool;
}

/// The disk that there is.
pub(super) struct Disk;

impl Medium for Disk {
    type File = File;

    fn open(&self, path: &Path, new: bool) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.append(true).create_new(new);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }
}

impl Segment for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    #[cfg(unix)]
    fn is_gone(&self) -> bool {
        self.metadata().is_ok_and(|about| std::os::unix::fs::MetadataExt::nlink(&about) == 0)
    }

    /// An open file cannot be removed.
    #[cfg(not(unix))]
    fn is_gone(&self) -> bool {
        false
    }
}
