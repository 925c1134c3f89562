//! `buttress health` and `buttress health reset`.

use buttress::clock;
use buttress::failure_log::Review;
use clap::{Args, Subcommand};
use serde::Deserialize;

use super::Verdict;
use super::address::Asked;
use crate::InquiryError;
use crate::inquiry::Page;
use crate::show::failures;
use crate::show::health::Status;
use crate::terminal::words::count;
use crate::terminal::{Screen, safe_json};

/// How far back failures are told of: what a week brings is there.
const DAYS: u32 = 7;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Exit code: 0 if all is healthy, 1 if something is degraded or unhealthy, 2 if no proxy answers."
)]
pub(super) struct HealthArgs {
    #[command(subcommand)]
    command: Option<HealthCommand>,
    #[command(flatten)]
    asked: Asked,
    /// Shows also what the failures have in common, and what to do about it.
    #[arg(short, long)]
    detailed: bool,
    /// The proxy's own JSON instead of tables.
    #[arg(long, conflicts_with = "detailed")]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum HealthCommand {
    /// Closes the breakers and empties the windows of everything, or of what has this name.
    Reset(ResetArgs),
}

#[derive(Debug, Args)]
pub(super) struct ResetArgs {
    /// What to reset, such as the host and the port of an origin [default: everything].
    name: Option<String>,
    #[command(flatten)]
    asked: Asked,
}

pub(super) async fn run(args: HealthArgs) -> Result<Verdict, InquiryError> {
    let HealthArgs { command, asked, detailed, json } = args;
    if let Some(HealthCommand::Reset(args)) = command {
        return reset(args).await.map(Verdict::from);
    }
    let inquiry = asked.inquiry();
    let page = inquiry.page("/status").await?;
    if json {
        let text = safe_json(page.json());
        let status: Status = page.read()?;
        Screen::of_stdout().line(text.trim_end()).map_err(InquiryError::Output)?;
        return Ok(verdict(&status));
    }
    let status: Status = page.read()?;
    let failures = inquiry.page(&format!("/failures?days={DAYS}")).await.and_then(Page::read::<Review>);
    let mut screen = Screen::of_stdout();
    status
        .show(&mut screen, clock::system_time(clock::now()))
        .and_then(|()| match &failures {
            Ok(failures) => failures::summarize(failures, DAYS, detailed, &mut screen),
            // How it is now is known all the same.
            Err(error) => screen.paragraph("Failures: ", &error.to_string()),
        })
        .map_err(InquiryError::Output)?;
    Ok(verdict(&status))
}

fn verdict(status: &Status) -> Verdict {
    if status.is_healthy() { Verdict::Well } else { Verdict::Unwell }
}

/// What the proxy says that it did.
#[derive(Debug, Deserialize)]
struct Done {
    reset: u64,
}

pub(super) async fn reset(ResetArgs { name, asked }: ResetArgs) -> Result<(), InquiryError> {
    let mut path = "/health/reset".to_owned();
    if let Some(name) = &name {
        path.push('?');
        path.push_str(&form_urlencoded::Serializer::new(String::new()).append_pair("name", name).finish());
    }
    let Done { reset } = asked.inquiry().command(&path).await?.read()?;
    let what = name.map_or_else(String::new, |name| format!(" of the name {name:?}"));
    Screen::of_stdout()
        .line(format_args!("reset: {}{what}", count(reset, "part")))
        .map_err(InquiryError::Output)
}
