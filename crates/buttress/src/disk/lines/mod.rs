//! Lines of JSON in files that rotate, written by a thread of their own.

mod config;
mod json;
mod medium;
mod name;
mod quotas;
mod read_back;
mod record;
mod segments;
mod shared;
mod snapshot;
mod tail;
#[cfg(test)]
mod tests;
mod writer;

pub use self::config::{Builder, Config};
pub use self::read_back::ReadBack;
pub use self::snapshot::{Pushed, Snapshot};

use self::medium::{Disk, Medium};
use self::quotas::Quotas;
use self::segments::Segments;
use self::shared::{Shared, try_lock};
use self::writer::{Clock, Item, Writer};
use super::folder;
use crate::{Tick, clock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::{Relaxed, Release, SeqCst};
use std::sync::atomic::fence;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What a line is made of.
pub trait Line: Serialize + Send + 'static {
    /// What it is one of: of a class, only so many lines are written in a period.
    fn class(&self) -> u64;

    /// So many of its class were left out since the last one that was written.
    fn suppressed(&mut self, lines: u64);
}

/// Values that are written to files, each as one line of JSON, in the order in which they came.
///
/// Whoever pushes a line never waits for a disk: it puts the value into a queue, or is told at once that the queue is full. A
/// thread turns values into JSON and writes them to `NAME-DAY.NUMBER.jsonl`. With each day and after so many bytes a new file
/// is begun, and old ones are removed. In a line, all that could end it for somebody, move a cursor or turn the direction of
/// the text is escaped.
///
/// A disk that is full or broken is asked again every second. Meanwhile lines wait, and those that find no place are counted.
/// A part of a line is cut off before anything is written behind it, so each line of a file stands for itself. Lines are with
/// the kernel when they are written, so they survive the end of the process, however it ends; a power cut can take those of the
/// last seconds.
///
/// One process writes in a folder under one name; another is refused when it opens it.
///
/// ```
/// use buttress::Tick;
/// use buttress::disk::{Lines, lines};
/// use serde::{Deserialize, Serialize};
/// use std::time::Duration;
///
/// #[derive(Serialize, Deserialize)]
/// struct Visit {
///     who: String,
///     left_out: u64,
/// }
///
/// impl lines::Line for Visit {
///     fn class(&self) -> u64 {
///         self.who.len() as u64
///     }
///
///     fn suppressed(&mut self, lines: u64) {
///         self.left_out = lines;
///     }
/// }
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path();
/// let (visits, _) = Lines::open(folder, "visits", lines::Config::default())?;
/// assert_eq!(visits.push(Visit { who: "a\nb".into(), left_out: 0 }, Tick::ZERO), lines::Pushed::Queued);
/// assert!(visits.flush(Duration::from_secs(5)), "the disk took it");
/// drop(visits);
///
/// let (_, before) = Lines::<Visit>::open(folder, "visits", lines::Config::default())?;
/// assert_eq!(before.lines[0].who, "a\nb");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Lines<T> {
    queue: SyncSender<Item<T>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    folder: PathBuf,
    close_within: Duration,
}

impl<T: Line> Lines<T> {
    /// Opens the files `NAME-….jsonl` in a folder, which is made if it is missing, reads the newest lines back, and goes on
    /// behind the last whole one. `name` is made of ASCII letters, digits, `-` and `_`.
    ///
    /// Blocks on the disk, as long as it takes to read the newest of the files.
    ///
    /// # Errors
    /// If the folder is a file or cannot be written, or if another process writes there under that name.
    pub fn open(folder: impl Into<PathBuf>, name: &str, config: Config) -> io::Result<(Self, ReadBack<T>)>
    where
        T: DeserializeOwned,
    {
        Self::open_on(Disk, Box::new(clock::wall), folder.into(), name, config)
    }

    fn open_on(
        medium: impl Medium,
        clock: Clock,
        folder: PathBuf,
        name: &str,
        config: Config,
    ) -> io::Result<(Self, ReadBack<T>)>
    where
        T: DeserializeOwned,
    {
        let explain = |error: io::Error| {
            io::Error::new(error.kind(), format!("cannot keep `{name}` in {}: {error}", folder.display()))
        };
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || !name.bytes().all(is_part) {
            let why = "a name is made of letters, digits, `-` and `_`";
            return Err(explain(io::Error::new(io::ErrorKind::InvalidInput, why)));
        }
        let lock = folder::make(&folder).and_then(|()| folder::lock(&folder, name)).map_err(explain)?;
        let segments = Segments::open(&folder, name, config, medium, clock()).map_err(explain)?;
        let line_bytes = config.line_bytes as usize;
        let before = read_back::newest(segments.files(), config.read_back as usize, line_bytes);

        let (queue, queued) = sync_channel(config.queue as usize);
        let quotas = config.at_most.map(|(lines, period)| Mutex::new(Quotas::new(lines, period)));
        let shared = Arc::new(Shared::new(quotas));
        let (files, bytes) = segments.size();
        shared.move_on(|progress| (progress.files, progress.bytes) = (files, bytes));
        let writer = Writer { queue: queued, shared: shared.clone(), segments, line_bytes, clock, lock };
        let thread = thread::Builder::new().name(format!("lines {name}")).spawn(|| writer.run());
        let thread = Some(thread.map_err(explain)?);
        Ok((Self { queue, shared, thread, folder, close_within: config.close_within }, before))
    }

    /// Leaves a line to be written, at `now`. Does not wait for anything.
    pub fn push(&self, mut line: T, now: Tick) -> Pushed {
        let shared = &*self.shared;
        let Some(quotas) = &shared.quotas else { return self.send(Item { line, unjudged: None }) };
        let Some(mut quotas) = try_lock(quotas) else { return self.send(Item { line, unjudged: Some(now) }) };
        let (quota, judgement) = quotas.judge(line.class(), now);
        let Some(suppressed) = judgement else {
            shared.suppressed.fetch_add(1, Relaxed);
            return Pushed::Suppressed;
        };
        line.suppressed(suppressed);
        let pushed = self.send(Item { line, unjudged: None });
        if pushed == Pushed::Full {
            quota.give_back(suppressed);
        }
        pushed
    }

    fn send(&self, item: Item<T>) -> Pushed {
        match self.queue.try_send(item) {
            Ok(()) => {
                self.shared.accepted.fetch_add(1, Release);
                fence(SeqCst);
                if self.shared.is_asleep.load(Relaxed) && self.shared.is_asleep.swap(false, Relaxed) {
                    self.wake();
                }
                Pushed::Queued
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.shared.full.fetch_add(1, Relaxed);
                Pushed::Full
            }
        }
    }
}

impl<T> Lines<T> {
    /// Waits until all that was pushed before is written or dropped, at most for `within`, and says whether it is. A disk that
    /// was in trouble is asked again at once.
    #[must_use]
    pub fn flush(&self, within: Duration) -> bool {
        let accepted = self.shared.accepted.load(SeqCst);
        self.wake();
        self.shared.wait(within, |progress| progress.settled >= accepted)
    }

    /// Removes all files, and all lines that wait. Says whether that was done `within` this time; if not, it is done when the
    /// disk answers.
    #[must_use]
    pub fn clear(&self, within: Duration) -> bool {
        self.shared.progress().clear_asked = true;
        self.wake();
        self.shared.wait(within, |progress| !progress.clear_asked)
    }

    /// How it stands with the lines.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let shared = &*self.shared;
        let progress = shared.progress().clone();
        Snapshot {
            queued: shared.accepted.load(Relaxed).saturating_sub(progress.settled),
            written: progress.written,
            suppressed: shared.suppressed.load(Relaxed),
            full: shared.full.load(Relaxed),
            too_long: shared.too_long.load(Relaxed),
            unfit: shared.unfit.load(Relaxed),
            lost: progress.lost,
            errors: progress.errors,
            trouble: progress.trouble,
            files: progress.files as u64,
            bytes: progress.bytes,
        }
    }

    /// Where the files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl<T> Drop for Lines<T> {
    /// Waits until what is left is written, for as long as [`Config::close_within`] says. The thread of a disk that does not
    /// answer is left to itself, and the folder stays taken until it ends.
    fn drop(&mut self) {
        self.shared.is_closing.store(true, Release);
        self.wake();
        if self.shared.wait(self.close_within, |progress| progress.is_over)
            && let Some(thread) = self.thread.take()
        {
            // It is over; if by a panic, then that has been reported.
            let _ = thread.join();
        }
    }
}

impl<T> fmt::Debug for Lines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("folder", &self.folder).field("now", &self.snapshot()).finish()
    }
}
