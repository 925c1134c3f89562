//! What Prometheus' own tool says.

use crate::names::with;
use buttress::Bounds;
use buttress::circuit_breaker::Handle;
use buttress::metrics::Exporter;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use support::breaker::{self, fail};

const TOOL: &str = "promtool";

/// What the tool objects to in the text of an exporter.
pub(crate) fn check(exporter: &Exporter) -> Result<(), String> {
    let mut tool = start(Command::new(TOOL).args(["check", "metrics"]).stdin(Stdio::piped()));
    tool.stdin.take().unwrap().write_all(exporter.render().as_bytes()).unwrap();
    match said(tool) {
        (true, said) if said.is_empty() => Ok(()),
        (_, said) => Err(said),
    }
}

/// What the tool objects to in a file.
pub(crate) fn run(arguments: &[&str], file: &Path) -> Result<(), String> {
    let tool = start(Command::new(TOOL).args(arguments).arg(file).stdin(Stdio::null()));
    let (succeeds, said) = said(tool);
    if succeeds { Ok(()) } else { Err(said) }
}

fn start(command: &mut Command) -> Child {
    match command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("this test needs {TOOL}: apt-get install --no-install-recommends prometheus")
        }
        tool => tool.unwrap(),
    }
}

/// Whether the tool succeeds, and all it says.
fn said(tool: Child) -> (bool, String) {
    let output = tool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    (output.status.success(), said)
}

#[test]
fn s2_07_prometheus_reads_the_text_whatever_the_names_are() {
    let name = "a \"quoted\" \\ name\nof two lines, \u{fc} and }";
    let handle = Handle::recording_durations(name, breaker::config(), Bounds::default());
    fail(&handle, 2);
    assert_eq!(check(&with(&handle)), Ok(()));
}
