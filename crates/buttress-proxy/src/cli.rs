//! The command line.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use buttress::InvalidConfig;
use buttress::circuit_breaker::{self, presets};
use buttress::key::Network;
use clap::{Args, Parser, Subcommand, value_parser};

use crate::{Failure, Origin, Proxy, ProxyConfig, demo};

mod amount;
mod checks;
mod limits;
mod probe;
mod signals;

use checks::CheckArgs;
use limits::LimitArgs;
use signals::Signals;

/// How long the end of the program may take once all is said.
const LAST_TASKS: Duration = Duration::from_millis(500);

/// A request that failed so often does not get better by being sent once more.
const MOST_RETRIES: i64 = 10;

/// How long an origin may take until its answer begins unless told otherwise: three attempts and
/// the waits between them fit into the default of `--timeout`.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(9);

/// Where `--admin` listens unless told otherwise.
const ADMIN: &str = "127.0.0.1:9900";

/// Keeps a service standing when what it calls does not.
#[derive(Debug, Parser)]
#[command(name = "buttress", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, for as long as it takes to read it")]
enum Command {
    /// Forwards HTTP requests to origins, each behind a circuit breaker.
    Proxy(ProxyArgs),
    /// Shows the proxy before three origins that fail in turn.
    Demo(DemoArgs),
}

#[derive(Debug, Args)]
struct ProxyArgs {
    /// Where clients connect; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = listen_address)]
    listen: SocketAddr,
    /// Where to look at the proxy from this machine: /metrics, /healthz, /readyz and /status.
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = ADMIN, value_parser = listen_address)]
    admin: Option<SocketAddr>,
    /// An origin, http://host[:port]; repeat it for more, they take turns.
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
    /// How long requests under way may go on after a signal to stop.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    grace: Duration,
}

#[derive(Debug, Args)]
struct DemoArgs {
    /// How long requests arrive.
    #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    length: Duration,
    /// One JSON object a line instead of columns.
    #[arg(long)]
    json: bool,
}

/// Runs the program and says how it ended: 0, or 2 when the command line asks for what cannot be.
#[must_use]
pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::System(error)),
    };
    let ended = runtime.block_on(async {
        match command {
            Command::Proxy(args) => proxy(args).await,
            Command::Demo(DemoArgs { length, json }) => {
                demo::run(demo::Options { length, json }).await.map_err(Failure::Demo)
            }
        }
    });
    // Connections that were cut are closed as such; a resolver that hangs does not hold the process for long.
    runtime.shutdown_timeout(LAST_TASKS);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}

/// Writes a warning to standard error. A closed standard error is no reason to fail.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "buttress: warning: {message}");
}

fn failed(failure: &Failure) -> ExitCode {
    let _ = writeln!(io::stderr(), "buttress: {failure}");
    failure.exit_code()
}

async fn proxy(args: ProxyArgs) -> Result<(), Failure> {
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
        grace: args.grace,
    };
    let silent_origins_are_final = config.retries > 0 && config.attempt_timeout == config.timeout;
    let proxy = Proxy::bind(config).await?;
    let mut signals = Signals::new().map_err(Failure::System)?;
    announce(&proxy, &args.to);
    if silent_origins_are_final {
        warn(format_args!(
            "a request to an origin that does not answer is not retried, as one attempt may take all of --timeout; \
             set a shorter --attempt-timeout"
        ));
    }
    probe::warn_of_unreachable(args.to);
    checks::warn_of_changes(&proxy);
    run(proxy, &mut signals).await;
    Ok(())
}

/// Serves until a signal, then stops gracefully; a second signal does not wait for that.
async fn run(proxy: Proxy, signals: &mut Signals) {
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

fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "an IP address and a port are needed, as in 127.0.0.1:8080 or [::1]:8080")
}

fn some_time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than zero".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_open_time_is_the_one_asked_for() {
        for open_for in [None, Some(Duration::from_millis(1)), Some(Duration::from_secs(30))] {
            assert!(breaker(open_for).is_ok(), "{open_for:?}");
        }
    }
}
