//! Folders: made where they are missing, and written down.

use std::fs::{self, DirBuilder};
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
    if cfg!(unix) { fs::File::open(folder)?.sync_all() } else { Ok(()) }
}
