//! The demo: four origins, of which one fails at once, one comes and goes and one is slow, until all of them fail; the real
//! proxy before them, and clients that do not slow down for either.
//!
//! Everything runs in this process and talks through real sockets on loopback. The clients'
//! arrivals are the demo's clock: so many of them are a second, and faults begin and end with a
//! second, before its first request. So in every second the origins behave the same from end
//! to end, and its row counts exactly the requests that arrived in it.

mod breakers;
mod effort;
mod error;
mod json;
mod load;
mod origins;
mod report;
mod schedule;
mod screen;
mod stage;
mod tally;

use std::future::pending;
use std::io::{self, stdout};
use std::time::Duration;

use tokio::signal::ctrl_c;

pub use self::error::DemoError;
use self::json::Json;
use self::report::Report;
use self::schedule::Schedule;
use self::screen::Screen;
use self::stage::Stage;
use crate::terminal::Paint;

/// What the demo is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long requests arrive, at least 14 s.
    pub length: Duration,
    /// One JSON object a line instead of columns for people.
    pub json: bool,
}

/// Runs the demo to its end, or to Ctrl-C, and tells the story on standard output.
///
/// A reader who closes the pipe has seen enough: that ends the demo and is no error.
///
/// # Errors
///
/// When the length is too short, when a loopback port cannot be had, or when standard output
/// cannot be written to.
pub async fn run(options: Options) -> Result<(), DemoError> {
    let stage = Stage::set(Schedule::new(options.length)?).await?;
    let mut report: Box<dyn Report + Send> = if options.json {
        Box::new(Json::new(stdout()))
    } else {
        Box::new(Screen::new(stdout(), Paint::of_stdout()))
    };
    match stage.play(&mut *report, interrupted()).await {
        Err(DemoError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        ended => ended,
    }
}

/// Resolves at Ctrl-C; where the system offers no such signal, never.
async fn interrupted() {
    if ctrl_c().await.is_err() {
        pending().await
    }
}
