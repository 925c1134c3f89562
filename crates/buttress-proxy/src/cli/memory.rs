//! What the proxy's requests are to be, as the command line says it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use buttress::{InvalidConfig, Ratio, error_budget};
use clap::Args;

use super::some_time;
use crate::Objective;

/// Over how long an objective is kept unless told otherwise, as most contracts do.
const WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[derive(Debug, Args)]
#[command(next_help_heading = "Memory")]
pub(super) struct MemoryArgs {
    /// Where it outlives a restart how the origins did: how long they take, and how much they are to be trusted.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// How many percent of the requests are to be well, as 99.9: an error budget counts the others. Well is one that got a whole
    /// answer below 500. One whose client leaves is not counted, unless it waited for an answer for longer than --slo-latency,
    /// or without that for half of --attempt-timeout, and got none.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    slo: Option<Ratio>,
    /// Over how long [default: 30d].
    #[arg(long, value_name = "TIME", requires = "slo", value_parser = some_time)]
    slo_window: Option<Duration>,
    /// Takes a request as failed too whose answer begins later than this. The time in which its client sends a body does not
    /// count.
    #[arg(long, value_name = "TIME", requires = "slo", value_parser = some_time)]
    slo_latency: Option<Duration>,
    /// Leaves requests out of the error budget that the proxy refuses with 503 as no origin takes them.
    #[arg(long, requires = "slo")]
    slo_without_refusals: bool,
    /// Where the error budget outlives a restart.
    #[arg(long, value_name = "FILE", requires = "slo")]
    slo_state: Option<PathBuf>,
    /// The folder in which failures are written down, one JSON object a line. Without it the latest are kept in memory.
    #[arg(long, value_name = "DIR")]
    failure_log: Option<PathBuf>,
}

impl MemoryArgs {
    pub(super) fn state(&self) -> Option<PathBuf> {
        self.state.clone()
    }

    /// The file that two kinds of state would be in, each overwriting the other.
    pub(super) fn same_file(&self) -> Option<PathBuf> {
        let (state, budget) = (self.state.as_ref()?, self.slo_state.as_ref()?);
        (is_at(state) == is_at(budget)).then(|| state.clone())
    }

    /// # Errors
    /// If the window is one that cannot be kept.
    pub(super) fn objective(&self) -> Result<Option<Objective>, InvalidConfig> {
        let Some(objective) = self.slo else { return Ok(None) };
        let mut builder = error_budget::Config::builder()
            .objective(objective)
            .window(self.slo_window.unwrap_or(WINDOW))
            .count_rejections(!self.slo_without_refusals);
        if let Some(limit) = self.slo_latency {
            builder = builder.slower_than(limit);
        }
        Ok(Some(Objective { config: builder.build()?, state: self.slo_state.clone() }))
    }

    pub(super) fn failure_log(&self) -> Option<PathBuf> {
        self.failure_log.clone()
    }
}

/// Where a file is that need not be there yet, as far as that can be found out.
fn is_at(path: &Path) -> PathBuf {
    let found = path.canonicalize().or_else(|_| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new(".")).canonicalize()?;
        Ok::<_, io::Error>(path.file_name().map_or(folder.clone(), |name| folder.join(name)))
    });
    found.unwrap_or_else(|_| path.to_owned())
}

/// A share in percent, as contracts write it. The point is moved in the text: 99.9 divided by 100 is not the number nearest to
/// 0.999.
fn percent(text: &str) -> Result<Ratio, String> {
    let digits = text.strip_suffix('%').unwrap_or(text).trim_end();
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let share = format!("{digits}e-2").parse().ok().filter(|share| is_plain && *share > 0.0);
    let share = share.and_then(Ratio::new);
    share.ok_or_else(|| "a percentage above 0 and up to 100 is needed, as 99.9".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c26_an_objective_is_read_in_percent_and_kept_as_a_share() {
        for (text, share) in
            [("99.9", 0.999), ("99.99%", 0.9999), ("95 %", 0.95), ("100", 1.0), ("0.5", 0.005)]
        {
            assert_eq!(percent(text).map(Ratio::get), Ok(share), "{text}");
        }
        for text in ["", "0", "-1", "100.1", "NaN", "inf", "99,9", "%", "all"] {
            assert!(percent(text).is_err_and(|error| error.contains("as 99.9")), "{text}");
        }
    }
}
