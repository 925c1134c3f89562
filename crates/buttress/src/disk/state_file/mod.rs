//! One value in one file.

mod envelope;
mod unusable;

pub use self::unusable::Unusable;

use self::envelope::Label;
use super::folder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A value that is kept in a file.
///
/// It is saved beside the file, written down to the disk and then given the file's name, so whoever loads it finds one that
/// was saved, as it was: the last, or the one before if the process ended in the middle.
///
/// Two processes with one file do no harm to it, yet each overwrites what the other saved, unless they agree on who does.
///
/// ```
/// use buttress::disk::{Loaded, StateFile};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let file = StateFile::new(folder.join("budget.json"), "error_budget", 1);
/// assert!(matches!(file.load::<Vec<u64>>(), Loaded::None));
/// file.save(&[993, 7])?;
/// assert!(matches!(file.load::<Vec<u64>>(), Loaded::Found(state, _) if state == [993, 7]));
///
/// // What cannot be used is put aside, and only the first start is told.
/// std::fs::write(file.path(), "by somebody else")?;
/// let Loaded::Unusable { why, put_aside } = file.load::<Vec<u64>>() else { unreachable!() };
/// assert_eq!((why.to_string().as_str(), put_aside), ("it is not a state file", Some(folder.join("budget.json.unusable"))));
/// assert!(matches!(file.load::<Vec<u64>>(), Loaded::None));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
    label: Label,
    at_most: u64,
}

/// What was in a file.
#[derive(Debug)]
pub enum Loaded<T> {
    /// A state, and when it was saved, to the millisecond.
    Found(T, SystemTime),
    /// There is no file.
    None,
    /// There is a file that cannot be used. A start from nothing is what is left.
    Unusable {
        /// Why not.
        why: Unusable,
        /// Where it is now. `None` if it could not be put aside, as in a folder that cannot be written.
        put_aside: Option<PathBuf>,
    },
}

impl StateFile {
    /// The file at `path`, for a state of this kind and version, at most 64 MiB of it.
    ///
    /// `kind` is one word. A file of another kind or version is not used: a version says how the state is read, so it changes
    /// whenever a program could misread what another one saved.
    ///
    /// # Panics
    /// If `kind` is empty or more than a word.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, kind: &'static str, version: u32) -> Self {
        let is_word = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(is_word, "`{kind}` is not a word");
        Self { path: path.into(), label: Label { kind, version }, at_most: 64 << 20 }
    }

    /// At most so many bytes are read, and as many written. The default is 64 MiB: more than any state here needs, and less
    /// than what a process cannot take.
    #[must_use]
    pub fn at_most(self, bytes: u64) -> Self {
        Self { at_most: bytes, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the state. A file that cannot be used gets the ending `.unusable`, in the place of an earlier one of that name, so
    /// that a person can look at it and the next start does not meet it again. Also takes away what saving left behind when
    /// the process was killed; a process that saves in that moment is told that it failed.
    ///
    /// Blocks on the disk.
    #[must_use]
    pub fn load<T: DeserializeOwned>(&self) -> Loaded<T> {
        self.sweep();
        match self.look() {
            Loaded::Unusable { why, .. } => Loaded::Unusable { put_aside: self.put_aside(&why), why },
            loaded => loaded,
        }
    }

    /// The same of a file that another process keeps: it stays as it is, whatever it is.
    pub(crate) fn look<T: DeserializeOwned>(&self) -> Loaded<T> {
        let state = match self.read() {
            Ok(None) => return Loaded::None,
            Ok(Some(file)) => envelope::unwrap(self.label, &file),
            Err(why) => Err(why),
        };
        match state {
            Ok((state, saved_at)) => Loaded::Found(state, saved_at),
            Err(why) => Loaded::Unusable { put_aside: None, why },
        }
    }

    /// Takes the file for this process, as long as what comes back lives. Asks nobody who does not take it too.
    ///
    /// # Errors
    /// [`io::ErrorKind::ResourceBusy`] if another one has it, and others of the disk.
    pub(crate) fn lock(&self) -> io::Result<folder::Lock> {
        folder::make(self.folder())?;
        folder::lock(self.folder(), &self.name().to_string_lossy())
    }

    /// Writes the state down. When it returns, the state is on the disk under its name; folders that are missing are made.
    ///
    /// Blocks on the disk, and for as long as that takes.
    ///
    /// # Errors
    /// If the state is longer than what is read, if it cannot be put into JSON, or if the disk does not take it. The file is
    /// then as it was before, unless all that failed was to write down its new name.
    pub fn save<T: Serialize + ?Sized>(&self, state: &T) -> io::Result<()> {
        let file = envelope::wrap(self.label, &state)?;
        if file.len() as u64 > self.at_most {
            let why = Unusable::TooLarge { bytes: file.len() as u64, at_most: self.at_most };
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        folder::make(self.folder())?;
        let mut unnamed =
            tempfile::Builder::new().prefix(&self.prefix()).suffix(SUFFIX).tempfile_in(self.folder())?;
        unnamed.write_all(&file)?;
        unnamed.as_file().sync_all()?;
        unnamed.persist(&self.path)?;
        folder::sync(self.folder())
    }

    fn read(&self) -> Result<Option<Vec<u8>>, Unusable> {
        let about = match fs::metadata(&self.path) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Unusable::Unreadable(error)),
        };
        // To open a pipe would wait for somebody to write to it.
        if !about.is_file() {
            return Err(Unusable::NotAFile);
        }
        let too_large = |bytes| Unusable::TooLarge { bytes, at_most: self.at_most };
        if about.len() > self.at_most {
            return Err(too_large(about.len()));
        }
        let mut read = Vec::new();
        let file = File::open(&self.path).map_err(Unusable::Unreadable)?;
        // It may have grown since.
        file.take(self.at_most.saturating_add(1)).read_to_end(&mut read).map_err(Unusable::Unreadable)?;
        if read.len() as u64 > self.at_most { Err(too_large(read.len() as u64)) } else { Ok(Some(read)) }
    }

    /// A state that could not be read this time is put aside too: left where it is, the next one saved would replace it.
    fn put_aside(&self, why: &Unusable) -> Option<PathBuf> {
        if matches!(why, Unusable::NotAFile) {
            return None;
        }
        let aside = self.path.with_file_name(with(self.name(), ".unusable"));
        fs::rename(&self.path, &aside).ok()?;
        Some(aside)
    }

    /// Removes files that were never given their name.
    fn sweep(&self) {
        let prefix = self.prefix();
        for entry in fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.as_encoded_bytes();
            if name.starts_with(prefix.as_encoded_bytes()) && name.ends_with(SUFFIX.as_bytes()) {
                // One that stays does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    fn prefix(&self) -> OsString {
        let mut prefix = OsString::from(".");
        prefix.push(with(self.name(), "."));
        prefix
    }

    fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

/// How the names of files end that do not have theirs yet.
const SUFFIX: &str = ".tmp";

fn with(name: &OsStr, ending: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(ending);
    name
}
