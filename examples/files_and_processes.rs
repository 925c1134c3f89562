//! Files and processes that fail for a moment: a lock that somebody holds, a program that says "try again".
//!
//! `cargo run -p buttress-examples --example files_and_processes`

use buttress::BoxError;
use buttress::retry::{self, GiveUp, RetryLayer};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::Command;

/// What a program exits with whose failure is over in a moment, by the convention of `sysexits.h`.
const TEMPORARY: i32 = 75;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let folder = std::env::temp_dir().join(format!("buttress-files-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let result = match files(&folder) {
        Ok(()) => processes(&folder).await,
        error => error,
    };
    fs::remove_dir_all(&folder)?;
    result
}

/// Three attempts, a tenth of a second apart and then two.
pub(crate) fn files(folder: &Path) -> Result<(), BoxError> {
    println!("-- a file that another holds the lock of");
    let held = |result: Result<&fs::File, &io::Error>| {
        result.is_err_and(|error| error.kind() == ErrorKind::AlreadyExists)
    };
    let lock = folder.join("prices.lock");
    let take = || OpenOptions::new().write(true).create_new(true).open(&lock);
    let retry = RetryLayer::new(retry::presets::file()).retry_if(held);
    drop(take()?);
    let done = retry.run_blocking(|attempt| {
        let result = take();
        println!("attempt {attempt}: {}", told(&result.as_ref().map(|_| "taken")));
        if attempt == 2 {
            // Its holder is done.
            fs::remove_file(&lock)?;
        }
        result
    });
    assert_eq!((done.attempts, done.is_success()), (3, true));

    println!("-- nobody gives it back");
    let done = retry.run_blocking(|_| take());
    assert_eq!((done.attempts, done.gave_up), (3, Some(GiveUp::Attempts)));
    let Err(error) = done.explained() else { return Err("it is held".into()) };
    println!("{error}");

    println!("-- a file that is not there will not be there in a moment");
    let done = retry.run_blocking(|_| fs::File::open(folder.join("no such file")));
    println!("{} attempt", done.attempts);
    assert_eq!((done.attempts, done.gave_up), (1, Some(GiveUp::NotRetryable)));
    Ok(())
}

/// Why a program did not do what it was to do.
#[derive(Debug)]
enum Failed {
    Start(io::Error),
    Exit(ExitStatus),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(error) => write!(f, "it did not start: {error}"),
            Self::Exit(status) => status.fmt(f),
        }
    }
}

impl std::error::Error for Failed {}

async fn sh(script: &str, folder: &Path) -> Result<String, Failed> {
    let output = Command::new("sh").arg("-c").arg(script).current_dir(folder).output().await;
    let output = output.map_err(Failed::Start)?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(Failed::Exit(output.status)),
    }
}

/// The preset waits for one second and then for two. Here, nobody would.
pub(crate) async fn processes(folder: &Path) -> Result<(), BoxError> {
    let patience =
        retry::presets::subprocess().to_builder().exponential(Duration::from_millis(20), 2.0).build()?;
    let retry = RetryLayer::new(patience)
        .retry_if(|result: Result<&String, &Failed>| matches!(result, Err(Failed::Exit(status)) if status.code() == Some(TEMPORARY)));

    println!("-- a program that succeeds at its third run");
    let script = format!("echo run >> runs; test $(wc -l < runs) -ge 3 || exit {TEMPORARY}; echo done");
    let done = retry.run(|_| sh(&script, folder)).await;
    println!("{} attempts: {}", done.attempts, told(&done.result));
    assert_eq!((done.attempts, done.result.as_deref().ok()), (3, Some("done")));

    println!("-- one that is wrong");
    for script in ["exit 2", "kill -9 $$"] {
        let done = retry.run(|_| sh(script, folder)).await;
        println!("{} attempt: {}", done.attempts, told(&done.result));
        assert_eq!((done.attempts, done.gave_up), (1, Some(GiveUp::NotRetryable)));
    }
    let missing = folder.join("no such folder");
    let done = retry.run(|_| sh("true", &missing)).await;
    println!("{} attempt: {}", done.attempts, told(&done.result));
    assert!(matches!(done.result, Err(Failed::Start(_))));
    Ok(())
}

fn told<T: fmt::Display, E: fmt::Display>(result: &Result<T, E>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    }
}
