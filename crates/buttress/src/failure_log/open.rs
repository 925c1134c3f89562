//! A log that outlives the process.

use super::Config;
use super::handle::Handle;
use crate::disk::{Lines, lines};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

const DAY: u64 = 86_400;

impl Handle {
    /// A log that goes on where the last one of this name in `folder` stopped: what that wrote is read, as far as it is
    /// kept, and every failure is written to `NAME-DAY.NUMBER.jsonl` there, one on a line. A call leaves that to a thread,
    /// and never waits for the disk: with the [default](lines::Config::default) settings 4,096 failures wait for one that is
    /// slow or full, of a class at most 100 are written in a minute, and files go after as many days as the log remembers.
    ///
    /// Blocks until it has read what there is.
    ///
    /// ```
    /// use buttress::failure_log::{Config, Filter, Handle};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let log = Handle::open("shop", Config::default(), folder)?;
    /// log.operation("charge", "payments").failed_with(&std::io::Error::other("the till is empty"));
    /// drop(log);
    ///
    /// let log = Handle::open("shop", Config::default(), folder)?;
    /// assert_eq!(&*log.records(&Filter::default())[0].message, "the till is empty");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the folder cannot be made or written, if another log writes there under this name, or if the name is not made of
    /// ASCII letters, digits, `-` and `_`. What was written and cannot be read is passed over.
    pub fn open(name: &str, config: Config, folder: impl Into<PathBuf>) -> io::Result<Self> {
        let days = config.retention().as_secs().div_ceil(DAY);
        let days = u16::try_from(days).unwrap_or(u16::MAX);
        let most = u32::try_from(config.records()).unwrap_or(u32::MAX);
        let lines = lines::Config::builder().days(days).read_back(most).build();
        Self::open_with(name, config, folder, lines.map_err(io::Error::other)?)
    }

    /// The same with other settings for the files.
    ///
    /// # Errors
    /// As [`Handle::open`].
    pub fn open_with(
        name: &str,
        config: Config,
        folder: impl Into<PathBuf>,
        lines: lines::Config,
    ) -> io::Result<Self> {
        let (lines, before) = Lines::open(folder, name, lines)?;
        Ok(Self::going_on(name, config, before.lines, lines))
    }

    /// How it stands with the files; `None` of a log in memory.
    #[must_use]
    pub fn written(&self) -> Option<lines::Snapshot> {
        self.0.lines.as_ref().map(Lines::snapshot)
    }

    /// Waits until all failures so far are with the kernel, at most for so long, and says whether they are. Those of a log
    /// in memory are nowhere else.
    #[must_use]
    pub fn flush(&self, within: Duration) -> bool {
        self.0.lines.as_ref().is_some_and(|lines| lines.flush(within))
    }
}
