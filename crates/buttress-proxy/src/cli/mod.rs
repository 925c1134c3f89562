//! The command line.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::terminal::escaped;
use crate::{Failure, InquiryError, demo};

mod address;
mod amount;
mod budget;
mod checks;
mod failures;
mod health;
mod limits;
mod memory;
mod peers;
mod probe;
mod proxy;
mod signals;

use budget::BudgetArgs;
use failures::FailureArgs;
use health::{HealthArgs, ResetArgs};
use peers::PeerArgs;
use proxy::ProxyArgs;

/// How long the end of the program may take once all is said.
const LAST_TASKS: Duration = Duration::from_millis(500);

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
    /// Shows what failed in a running proxy, how often, and what to do about it.
    #[command(alias = "health:failures")]
    Failures(FailureArgs),
    /// Shows what remains of the error budget of a running proxy.
    Budget(BudgetArgs),
    /// Shows how the origins of a running proxy stand as peers: which are asked most, and which are left alone.
    Peers(PeerArgs),
    /// Shows how a running proxy and its origins are.
    Health(HealthArgs),
    #[command(name = "health:reset", hide = true)]
    HealthReset(ResetArgs),
    /// Shows the proxy before four origins, of which three get into trouble and then all.
    Demo(DemoArgs),
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

/// Runs the program and says how it ended: 0; 2 when the command line asks for what cannot be, or a running proxy for what it
/// does not answer; and 1 when what was asked about is not well.
#[must_use]
pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::System(error)),
    };
    let ended = runtime.block_on(run(command));
    // Connections that were cut are closed as such; a resolver that hangs does not hold the process for long.
    runtime.shutdown_timeout(LAST_TASKS);
    match ended {
        Ok(code) => code,
        Err(failure) => failed(&failure),
    }
}

async fn run(command: Command) -> Result<ExitCode, Failure> {
    let well = |()| ExitCode::SUCCESS;
    match command {
        Command::Proxy(args) => proxy::run(args).await.map(well),
        Command::Failures(args) => shown(failures::run(args).await.map(Verdict::from)),
        Command::Budget(args) => shown(budget::run(args).await),
        Command::Peers(args) => shown(peers::run(args).await.map(Verdict::from)),
        Command::Health(args) => shown(health::run(args).await),
        Command::HealthReset(args) => shown(health::reset(args).await.map(Verdict::from)),
        Command::Demo(DemoArgs { length, json }) => {
            demo::run(demo::Options { length, json }).await.map(well).map_err(Failure::Demo)
        }
    }
}

/// Whether what was shown is well, for those who ask by the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Well,
    Unwell,
}

impl From<()> for Verdict {
    fn from((): ()) -> Self {
        Self::Well
    }
}

/// A reader who closes the pipe has seen enough.
fn shown(verdict: Result<Verdict, InquiryError>) -> Result<ExitCode, Failure> {
    match verdict {
        Ok(Verdict::Well) => Ok(ExitCode::SUCCESS),
        Ok(Verdict::Unwell) => Ok(ExitCode::from(1)),
        Err(InquiryError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(Failure::Inquiry(error)),
    }
}

/// Writes a warning to standard error. A closed standard error is no reason to fail.
pub(crate) fn warn(message: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "buttress: warning: {}", escaped(message.to_string()));
}

fn failed(failure: &Failure) -> ExitCode {
    let _ = writeln!(io::stderr(), "buttress: {}", escaped(failure.to_string()));
    failure.exit_code()
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
}
