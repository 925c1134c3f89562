//! The files, one of which is written.

use super::config::Config;
use super::medium::{Medium, Segment};
use super::name::{self, Day};
use super::tail;
use crate::disk::folder;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// All files of one name in one folder.
pub(super) struct Segments<M: Medium> {
    folder: PathBuf,
    name: String,
    config: Config,
    medium: M,
    /// Oldest first. The last one is the one that is written, while there is one.
    files: Vec<Listed>,
    current: Option<Current<M::File>>,
    next: u64,
}

/// A file that is there.
pub(super) struct Listed {
    pub(super) path: PathBuf,
    day: Day,
    number: u64,
    bytes: u64,
}

/// The file that is written.
struct Current<F> {
    file: F,
    /// How long it is up to the end of its last whole line.
    whole: u64,
}

impl<M: Medium> Segments<M> {
    /// Finds the files, mends the end of the newest one, and goes on with it if it is of this day and has room.
    pub(super) fn open(
        folder: &Path,
        name: &str,
        config: Config,
        medium: M,
        at: SystemTime,
    ) -> io::Result<Self> {
        let mut files = list(folder, name)?;
        let next = files.last().map_or(1, |newest| newest.number.saturating_add(1));
        let mut current = None;
        if let Some(newest) = files.last_mut() {
            // One that cannot be mended is followed by a new one.
            let file = medium.open(&newest.path, false);
            if let Ok((file, whole)) = file.and_then(|file| tail::mend(file, &newest.path, newest.bytes)) {
                newest.bytes = whole;
                let has_room = whole < config.segment_bytes && newest.day == Day::of(at);
                current = has_room.then_some(Current { file, whole });
            }
        }
        let (folder, name) = (folder.to_owned(), name.to_owned());
        let mut opened = Self { folder, name, config, medium, files, current, next };
        opened.expire(at);
        Ok(opened)
    }

    /// The files, oldest first.
    pub(super) fn files(&self) -> &[Listed] {
        &self.files
    }

    /// How many files there are, and how long they are together.
    pub(super) fn size(&self) -> (usize, u64) {
        (self.files.len(), self.files.iter().map(|file| file.bytes).sum())
    }

    /// Writes whole lines. Those that are in a file are taken away from `lines`, whether or not all of them could be written.
    pub(super) fn write(&mut self, lines: &mut Vec<u8>, at: SystemTime) -> io::Result<()> {
        while !lines.is_empty() {
            let longest = self.config.segment_bytes;
            let current = self.current(lines, at)?;
            let room = usize::try_from(longest - current.whole).unwrap_or(usize::MAX).min(lines.len());
            let (written, outcome) = current.write(&lines[..whole(&lines[..room])]);
            lines.drain(..written);
            if let Some(listed) = self.files.last_mut() {
                listed.bytes += written as u64;
            }
            if outcome.is_err() {
                // Without it, the next line is for a new file.
                self.current = self.reopen().ok();
                return outcome;
            }
        }
        Ok(())
    }

    /// The file that is written, opened anew after trouble with it, and without the part of a line that is behind the whole ones.
    fn reopen(&self) -> io::Result<Current<M::File>> {
        let listed = self.files.last().ok_or(io::ErrorKind::NotFound)?;
        let mut file = self.medium.open(&listed.path, false)?;
        file.truncate(listed.bytes)?;
        Ok(Current { file, whole: listed.bytes })
    }

    /// The file that the first of `lines` goes to.
    fn current(&mut self, lines: &[u8], at: SystemTime) -> io::Result<&mut Current<M::File>> {
        let day = Day::of(at);
        if let Some(current) = &mut self.current {
            let first =
                lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1) as u64;
            let has_room = current.whole + first <= self.config.segment_bytes;
            let is_of_today = self.files.last().is_some_and(|listed| listed.day == day);
            if current.file.is_gone() {
                self.current = None;
                self.files.pop();
            } else if !has_room || !is_of_today {
                // What it has is with the kernel: if that fails to write it down, there is nothing left to do about it.
                let _ = current.file.sync();
                self.current = None;
            }
        }
        if self.current.is_none() {
            self.expire(at);
            self.begin(day)?;
        }
        self.current.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn begin(&mut self, day: Day) -> io::Result<()> {
        // The folder may have been removed as well.
        folder::make(&self.folder)?;
        loop {
            let number = self.next;
            let path = self.folder.join(name::compose(&self.name, &day, number));
            match self.medium.open(&path, true) {
                Ok(file) => {
                    self.next = number.saturating_add(1);
                    self.files.push(Listed { path, day, number, bytes: 0 });
                    self.current = Some(Current { file, whole: 0 });
                    // Without it, a power cut takes the file away, and nothing else.
                    let _ = folder::sync(&self.folder);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < u64::MAX => {
                    self.next = number + 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes files that are too old, and the oldest of those that are too many: there is room for one that is full.
    pub(super) fn expire(&mut self, at: SystemTime) {
        let age = Duration::from_secs(u64::from(self.config.days) * 24 * 3600);
        let oldest = Day::of(at.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH));
        let kept = if self.current.is_some() { self.files.pop() } else { None };
        let mut bytes = self.size().1;
        let allowed = self.config.total_bytes - self.config.segment_bytes;
        self.files.retain(|file| {
            let goes = file.day < oldest || bytes > allowed;
            let is_gone = goes && is_removed(&file.path);
            bytes -= if is_gone { file.bytes } else { 0 };
            !is_gone
        });
        self.files.extend(kept);
    }

    /// Removes all files.
    pub(super) fn clear(&mut self) {
        self.current = None;
        self.files.retain(|file| !is_removed(&file.path));
    }

    /// Writes down to the disk what the file that is written has.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.current.as_mut().map_or(Ok(()), |current| current.file.sync())
    }
}

impl<F: Segment> Current<F> {
    /// Writes lines, and says how many bytes of whole ones are in the file. Where it fails, a part of one may be behind them.
    fn write(&mut self, lines: &[u8]) -> (usize, io::Result<()>) {
        let mut written = 0;
        let outcome = loop {
            if written == lines.len() {
                break Ok(());
            }
            match self.file.write(&lines[written..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        let kept = whole(&lines[..written]);
        self.whole += kept as u64;
        (kept, outcome)
    }
}

/// Up to where there are whole lines.
fn whole(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

fn is_removed(path: &Path) -> bool {
    fs::remove_file(path).map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |()| true)
}

fn list(folder: &Path, name: &str) -> io::Result<Vec<Listed>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some((day, number)) = entry.file_name().to_str().and_then(|file| name::parse(name, file)) else {
            continue;
        };
        // A folder or a pipe of this name is somebody else's.
        let Some(about) = entry.metadata().ok().filter(fs::Metadata::is_file) else { continue };
        files.push(Listed { path: entry.path(), day, number, bytes: about.len() });
    }
    files.sort_by_key(|file| file.number);
    Ok(files)
}
