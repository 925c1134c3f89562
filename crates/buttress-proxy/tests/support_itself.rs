//! What the other tests lean on.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use support::{Process, Program, nobody};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn nobody_refuses_and_keeps_its_port() {
    let refused = nobody();
    let connected = TcpStream::connect(refused).await;
    assert_eq!(connected.map(drop).map_err(|error| error.kind()), Err(ErrorKind::ConnectionRefused));
    let taken = TcpListener::bind(refused).await;
    assert_eq!(taken.map(drop).map_err(|error| error.kind()), Err(ErrorKind::AddrInUse));
}

#[test]
fn what_is_installed_is_started_by_the_first_of_its_names_that_there_is() {
    let mut process = Process::installed(&["no-such-program", "true"], "coreutils", |_| {});
    assert!(process.wait().unwrap().success());
}

#[test]
#[should_panic(
    expected = "this test needs no-such-program: apt-get install --no-install-recommends no-such-package"
)]
fn what_is_not_installed_is_asked_for() {
    Process::installed(&["no-such-program", "/no/such/program"], "no-such-package", |_| {});
}

#[test]
fn a_program_that_starts_in_another_way_is_ended() {
    let mut command = Command::new("sh");
    command.args(["-c", "echo started as $$; exec sleep 600"]);
    let started = catch_unwind(AssertUnwindSafe(|| Program::started(command)));
    let panic = started.map(drop).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    let id = message.split_once("started as ").unwrap().1.trim_end();
    assert!(id.parse::<u32>().is_ok(), "{message}");
    assert!(!Path::new("/proc").join(id).exists(), "{id} is still there");
}
