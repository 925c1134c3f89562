//! Settings.

use crate::InvalidConfig;
use std::fmt::Display;
use std::time::Duration;

/// How many lines wait, how many are kept, for how long, and how many of a class are written.
///
/// ```
/// use buttress::disk::lines::Config;
///
/// let config = Config::builder().days(7).total_bytes(64 << 20).build()?;
/// assert_eq!(config.days(), 7);
/// assert!(Config::builder().total_bytes(1 << 20).build().is_err(), "two files of 8 MiB do not fit");
/// # Ok::<(), buttress::InvalidConfig>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) queue: u32,
    pub(super) line_bytes: u32,
    pub(super) segment_bytes: u64,
    pub(super) total_bytes: u64,
    pub(super) days: u16,
    pub(super) at_most: Option<(u32, Duration)>,
    pub(super) read_back: u32,
    pub(super) close_within: Duration,
}

impl Default for Config {
    /// 4,096 lines wait: what a thousand failures a second leave behind while a disk answers nothing for four seconds. A line
    /// has at most 256 KiB, a file 8 MiB, which an editor opens at once; all of them have 256 MiB and go after 30 days. Of a
    /// class 100 lines are written in a minute: a person reads fewer. The newest 1,000 lines are read back at the start, and
    /// the end waits a second for the disk.
    fn default() -> Self {
        Self {
            queue: 4_096,
            line_bytes: 256 << 10,
            segment_bytes: 8 << 20,
            total_bytes: 256 << 20,
            days: 30,
            at_most: Some((100, Duration::from_secs(60))),
            read_back: 1_000,
            close_within: Duration::from_secs(1),
        }
    }
}

impl Config {
    /// The defaults, ready to be changed.
    pub fn builder() -> Builder {
        Self::default().to_builder()
    }

    /// These settings, ready to be changed.
    pub const fn to_builder(self) -> Builder {
        Builder { config: self }
    }

    /// How many lines wait to be written.
    #[must_use]
    pub const fn queue(&self) -> u32 {
        self.queue
    }

    /// How long a line may be, in bytes.
    #[must_use]
    pub const fn line_bytes(&self) -> u32 {
        self.line_bytes
    }

    /// How long one file may be, in bytes.
    #[must_use]
    pub const fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }

    /// How many bytes all files may have.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// How many days a file is kept beyond its own.
    #[must_use]
    pub const fn days(&self) -> u16 {
        self.days
    }

    /// How many lines of a class are written in a period of this length; `None` for all of them.
    #[must_use]
    pub const fn at_most(&self) -> Option<(u32, Duration)> {
        self.at_most
    }

    /// How many lines are read at the start.
    #[must_use]
    pub const fn read_back(&self) -> u32 {
        self.read_back
    }

    /// How long the end waits for what is not written yet.
    #[must_use]
    pub const fn close_within(&self) -> Duration {
        self.close_within
    }
}

/// Settings in the making.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Builder {
    config: Config,
}

impl Builder {
    /// At most so many lines wait to be written, 1 to 65,536; one more is dropped and counted. Each place takes the memory of
    /// one line, used or not. The default is 4,096.
    pub const fn queue(mut self, lines: u32) -> Self {
        self.config.queue = lines;
        self
    }

    /// A line may have so many bytes, 256 to those of a file; a longer one is dropped and counted. The default is 256 KiB.
    pub const fn line_bytes(mut self, bytes: u32) -> Self {
        self.config.line_bytes = bytes;
        self
    }

    /// A file may have so many bytes before the next one is begun. The default is 8 MiB.
    pub const fn segment_bytes(mut self, bytes: u64) -> Self {
        self.config.segment_bytes = bytes;
        self
    }

    /// All files may have so many bytes, those of two files at least; the oldest ones go. The default is 256 MiB.
    pub const fn total_bytes(mut self, bytes: u64) -> Self {
        self.config.total_bytes = bytes;
        self
    }

    /// A file is kept for so many days after its own, 1 to 3,650. The default is 30.
    pub const fn days(mut self, days: u16) -> Self {
        self.config.days = days;
        self
    }

    /// At most so many lines of a class are written in a period, which begins with the first of them; the others are counted,
    /// and the next line says how many they were. The default is 100 in a minute.
    pub const fn at_most(mut self, lines: u32, period: Duration) -> Self {
        self.config.at_most = Some((lines, period));
        self
    }

    /// Every line is written, whatever its class.
    pub const fn unlimited(mut self) -> Self {
        self.config.at_most = None;
        self
    }

    /// So many lines are read at the start, the newest; at most 100,000. The default is 1,000.
    pub const fn read_back(mut self, lines: u32) -> Self {
        self.config.read_back = lines;
        self
    }

    /// The end waits so long for what is not written yet, at most a minute. The default is a second: more than a disk that
    /// works needs, and less than whoever stops a process waits before killing it.
    pub const fn close_within(mut self, wait: Duration) -> Self {
        self.config.close_within = wait;
        self
    }

    /// The settings.
    ///
    /// # Errors
    /// If a number is outside its range, named with what is allowed.
    pub fn build(self) -> Result<Config, InvalidConfig> {
        let config = self.config;
        ensure((1..=65_536).contains(&config.queue), "queue", config.queue, "1 to 65,536 lines")?;
        let longest = config.segment_bytes.min(1 << 30);
        let fits = (256..=longest).contains(&config.line_bytes.into());
        ensure(fits, "line_bytes", config.line_bytes, "256 to segment_bytes, and no more than 1 GiB")?;
        let fits = config.total_bytes / 2 >= config.segment_bytes;
        ensure(fits, "total_bytes", config.total_bytes, "twice segment_bytes or more")?;
        ensure((1..=3_650).contains(&config.days), "days", config.days, "1 to 3,650")?;
        if let Some((lines, period)) = config.at_most {
            ensure(
                lines > 0 && !period.is_zero(),
                "at_most",
                lines,
                "1 or more, in a period longer than zero",
            )?;
        }
        ensure(config.read_back <= 100_000, "read_back", config.read_back, "at most 100,000 lines")?;
        let within = config.close_within;
        ensure(within <= Duration::from_secs(60), "close_within", format!("{within:?}"), "at most a minute")?;
        Ok(config)
    }
}

fn ensure(
    holds: bool,
    knob: &'static str,
    value: impl Display,
    allowed: &'static str,
) -> Result<(), InvalidConfig> {
    if holds { Ok(()) } else { Err(InvalidConfig::new(knob, value, allowed)) }
}
