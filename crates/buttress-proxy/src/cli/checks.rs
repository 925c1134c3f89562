//! How the proxy finds out whether its origins are well, as the command line says it.

use std::time::Duration;

use buttress::InvalidConfig;
use buttress::health::{Config, Status};
use clap::Args;
use http::uri::PathAndQuery;

use super::{some_time, warn};
use crate::{Checks, Proxy};

#[derive(Debug, Args)]
#[command(next_help_heading = "Health checks")]
pub(super) struct CheckArgs {
    /// A page that each origin is asked for again and again; who answers 400 or above, or nothing, three times in a row is passed
    /// over while another origin is well, until it answers once.
    #[arg(long, value_name = "PATH", value_parser = path)]
    check: Option<PathAndQuery>,
    /// The time from one such question to the next [default: 10s].
    #[arg(long, value_name = "TIME", requires = "check", value_parser = some_time)]
    check_interval: Option<Duration>,
    /// How long its answer may take [default: 5s, but no longer than half of --check-interval].
    #[arg(long, value_name = "TIME", requires = "check", value_parser = some_time)]
    check_timeout: Option<Duration>,
}

impl CheckArgs {
    /// # Errors
    /// An answer may take longer than the time to the next question.
    pub(super) fn checks(self) -> Result<Option<Checks>, InvalidConfig> {
        let Some(path) = self.check else { return Ok(None) };
        let usual = Config::default();
        let interval = self.check_interval.unwrap_or(usual.interval());
        let timeout = self.check_timeout.unwrap_or(usual.timeout().min(interval / 2));
        let config = Config::builder().interval(interval).timeout(timeout).build()?;
        Ok(Some(Checks { path, config }))
    }
}

/// Says of each origin that becomes unhealthy, and when it is back.
pub(super) fn warn_of_changes(proxy: &Proxy) {
    let Some(monitor) = proxy.checks() else { return };
    monitor.on_change(|change| {
        let origin = &change.check;
        match (change.to, change.from) {
            (Status::Unhealthy, _) => {
                let why = change.why.as_deref().unwrap_or("it does not say why");
                warn(format_args!(
                    "http://{origin} is unhealthy: {why}; it gets no requests while another origin is well"
                ));
            }
            (_, Status::Unhealthy) => warn(format_args!("http://{origin} is {} again", change.to)),
            _ => {}
        }
    });
}

fn path(text: &str) -> Result<PathAndQuery, &'static str> {
    let path = if text.starts_with('/') && !text.contains('#') { text.parse().ok() } else { None };
    path.ok_or("a path is needed that begins with a slash, as /healthz")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(interval: Option<u64>, timeout: Option<u64>) -> Result<Option<Checks>, InvalidConfig> {
        let check = Some(PathAndQuery::from_static("/healthz"));
        let [check_interval, check_timeout] = [interval, timeout].map(|secs| secs.map(Duration::from_secs));
        CheckArgs { check, check_interval, check_timeout }.checks()
    }

    #[test]
    fn c25_g8_the_times_are_the_usual_ones_or_those_that_are_asked_for() {
        let times = |interval, timeout| {
            let config = checks(interval, timeout).unwrap().unwrap().config;
            (config.interval().as_millis(), config.timeout().as_millis())
        };
        assert_eq!(times(None, None), (10_000, 5_000));
        assert_eq!(times(Some(3), None), (3_000, 1_500));
        assert_eq!(times(Some(60), None), (60_000, 5_000));
        assert_eq!(times(Some(60), Some(50)), (60_000, 50_000));
        assert!(checks(Some(10), Some(10)).is_err_and(|error| error.knob() == "timeout"));
    }

    #[test]
    fn only_a_path_is_a_path() {
        for well in ["/", "/healthz", "/health?deep=1"] {
            assert_eq!(path(well).unwrap().as_str(), well);
        }
        for wrong in ["", "healthz", "http://a/", "*", "/a#b", "/a b"] {
            assert!(path(wrong).is_err_and(|error| error.contains("/healthz")), "{wrong}");
        }
    }
}
