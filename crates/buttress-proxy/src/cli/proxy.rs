//! `buttress proxy`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use buttress::InvalidConfig;
use buttress::circuit_breaker::{self, presets};
use buttress::key::Network;
use clap::{Args, value_parser};

use super::address::{ADMIN, address};
use super::checks::{self, CheckArgs};
use super::limits::LimitArgs;
use super::memory::MemoryArgs;
use super::signals::Signals;
use super::{probe, some_time, warn};
use crate::{Failure, Origin, Proxy, ProxyConfig};

/// A request that failed so often does not get better by being sent once more.
const MOST_RETRIES: i64 = 10;

/// How long an origin may take until its answer begins unless told otherwise: three attempts and
/// the waits between them fit into the default of `--timeout`.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(9);

#[derive(Debug, Args)]
pub(super) struct ProxyArgs {
    /// Where clients connect; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    listen: SocketAddr,
    /// Where to look at the proxy from this machine: /budget, /failures, /failures/NUMBER, /healthz, /metrics, /readyz and
    /// /status; and where the commands failures, budget, health and health reset ask, the last by POST /health/reset.
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = ADMIN, value_parser = address)]
    admin: Option<SocketAddr>,
    /// An origin, http://host[:port]; repeat it for more: they take turns, as far as they are alike.
    #[arg(long, value_name = "ORIGIN", required = true)]
    to: Vec<Origin>,
    /// A network of proxies that may say for whom they ask, in X-Forwarded-For or Forwarded; repeat it for more.
    #[arg(long, value_name = "ADDRESS[/BITS]")]
    trust: Vec<Network>,
    /// How often a request is sent again that failed, if that is safe; 0 for never.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = value_parser!(u32).range(0..=MOST_RETRIES))]
    retries: u32,
    /// How long a request may take until its answer begins, with all attempts and the waits between them.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = some_time)]
    timeout: Duration,
    /// How long an origin may take until its answer begins [default: 9s, but no longer than --timeout].
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    attempt_timeout: Option<Duration>,
    /// How long an origin may pause within the body of its answer.
    // Half of what nginx waits: whoever streams at all sends something more often than that, and a caller
    // that watches a stalled download gives up at about this time.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = some_time)]
    body_timeout: Duration,
    /// How long a breaker stays open the first time [default: 250ms].
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    open_for: Option<Duration>,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    checks: CheckArgs,
    #[command(flatten)]
    memory: MemoryArgs,
    /// How long requests under way may go on after a signal to stop.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    grace: Duration,
}

/// Serves until it is told to stop.
///
/// # Errors
/// If the proxy cannot be what it is told to be.
pub(super) async fn run(args: ProxyArgs) -> Result<(), Failure> {
    if let Some(path) = args.memory.same_file() {
        return Err(Failure::OneFileForTwo { path });
    }
    let breaker = breaker(args.open_for).map_err(Failure::Breaker)?;
    let config = ProxyConfig {
        listen: args.listen,
        admin: args.admin,
        origins: args.to.clone(),
        trusted: args.trust.into_iter().collect(),
        retries: args.retries,
        timeout: args.timeout,
        attempt_timeout: args.attempt_timeout.unwrap_or(ATTEMPT_TIMEOUT.min(args.timeout)),
        body_timeout: args.body_timeout,
        client_pause: ProxyConfig::CLIENT_PAUSE,
        limits: args.limits.limits(),
        checks: args.checks.checks().map_err(Failure::Checks)?,
        breaker,
        state: args.memory.state(),
        objective: args.memory.objective().map_err(Failure::Objective)?,
        failure_log: args.memory.failure_log(),
        grace: args.grace,
    };
    let silent_origins_are_final = config.retries > 0 && config.attempt_timeout == config.timeout;
    let proxy = Proxy::bind(config).await?;
    let mut signals = Signals::new().map_err(Failure::System)?;
    announce(&proxy, &args.to);
    for warning in proxy.warnings() {
        warn(format_args!("{warning}"));
    }
    if silent_origins_are_final {
        warn(format_args!(
            "a request to an origin that does not answer is not retried, as one attempt may take all of --timeout; \
             set a shorter --attempt-timeout"
        ));
    }
    probe::warn_of_unreachable(args.to);
    checks::warn_of_changes(&proxy);
    serve(proxy, &mut signals).await;
    Ok(())
}

/// Serves until a signal, then stops gracefully; a second signal does not wait for that.
async fn serve(proxy: Proxy, signals: &mut Signals) {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut serving = pin!(proxy.serve(async {
        let _ = stopped.await;
    }));
    tokio::select! {
        _ = &mut serving => return,
        () = signals.next() => {}
    }
    drop(stop);
    tokio::select! {
        stopped = &mut serving => if stopped.aborted > 0 {
            warn(format_args!("the grace is over, connections cut: {}", stopped.aborted));
        },
        () = signals.next() => warn(format_args!("stopped at once by a second signal")),
    }
}

fn breaker(open_for: Option<Duration>) -> Result<circuit_breaker::Config, InvalidConfig> {
    let preset = presets::proxy();
    match open_for {
        None => Ok(preset),
        // As the preset does: hardly slower each time, up to four times as long.
        Some(open_for) => {
            preset.to_builder().open_for(open_for).escalation(1.25, open_for.saturating_mul(4)).build()
        }
    }
}

fn announce(proxy: &Proxy, origins: &[Origin]) {
    let origins: Vec<String> = origins.iter().map(Origin::to_string).collect();
    let address = proxy.local_addr();
    let _ = writeln!(
        io::stdout(),
        "buttress: listening on http://{address}, forwarding to {}",
        origins.join(", ")
    );
    if let Some(address) = proxy.admin_addr() {
        let _ = writeln!(io::stdout(), "buttress: admin on http://{address}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_open_time_is_the_one_asked_for() {
        for open_for in [None, Some(Duration::from_millis(1)), Some(Duration::from_secs(30))] {
            assert!(breaker(open_for).is_ok(), "{open_for:?}");
        }
    }
}
