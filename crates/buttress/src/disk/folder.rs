//! Folders: made where they are missing, written down, and taken by one process.

use fs4::{FileExt, TryLockError};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes the folder, and those above it, for its owner alone; one that is there stays as it is.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Waits until the names in the folder are on the disk as well: a file that was written down under a name that was not is
/// gone after a power cut.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened like a file, and names are written down with the files.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// What was taken for this process, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Drop for Lock {
    /// A process that was started in this moment may have a copy of the file, which closing it here would not unlock.
    fn drop(&mut self) {
        let _ = FileExt::unlock(&self.0);
    }
}

/// Takes the folder for this process, for files of this name; the kernel gives it back however the process ends.
///
/// # Errors
/// If another one has it.
pub(super) fn lock(folder: &Path, name: &str) -> io::Result<Lock> {
    let path = folder.join(format!(".{name}.lock"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::ResourceBusy, format!("{} is held by another", path.display())))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}
