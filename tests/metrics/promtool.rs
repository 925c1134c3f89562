//! What Prometheus' own tool says of the text.

use crate::names::with;
use buttress::Bounds;
use buttress::circuit_breaker::Handle;
use buttress::metrics::Exporter;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use support::breaker::{self, fail};

/// Whether the tool is content; `None` where it is not installed.
pub(crate) fn check(exporter: &Exporter) -> Option<Result<(), String>> {
    let tool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut tool = match tool {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: promtool is not installed");
            return None;
        }
        tool => tool.unwrap(),
    };
    tool.stdin.take().unwrap().write_all(exporter.render().as_bytes()).unwrap();
    let output = tool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    Some(if output.status.success() && said.is_empty() { Ok(()) } else { Err(said) })
}

#[test]
fn s2_07_prometheus_reads_the_text_whatever_the_names_are() {
    let name = "a \"quoted\" \\ name\nof two lines, \u{fc} and }";
    let handle = Handle::recording_durations(name, breaker::config(), Bounds::default());
    fail(&handle, 2);
    assert_eq!(check(&with(&handle)).unwrap_or(Ok(())), Ok(()));
}
