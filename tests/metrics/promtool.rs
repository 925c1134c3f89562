//! What Prometheus' own tool says of the text.

use crate::names::with;
use buttress::Bounds;
use buttress::circuit_breaker::Handle;
use buttress::metrics::Exporter;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use support::breaker::{self, fail};

const TOOL: &str = "promtool";

/// What the tool objects to.
pub(crate) fn check(exporter: &Exporter) -> Result<(), String> {
    let tool = Command::new(TOOL)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut tool = match tool {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("this test needs {TOOL}: apt-get install --no-install-recommends prometheus")
        }
        tool => tool.unwrap(),
    };
    tool.stdin.take().unwrap().write_all(exporter.render().as_bytes()).unwrap();
    let output = tool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    if output.status.success() && said.is_empty() { Ok(()) } else { Err(said) }
}

#[test]
fn s2_07_prometheus_reads_the_text_whatever_the_names_are() {
    let name = "a \"quoted\" \\ name\nof two lines, \u{fc} and }";
    let handle = Handle::recording_durations(name, breaker::config(), Bounds::default());
    fail(&handle, 2);
    assert_eq!(check(&with(&handle)), Ok(()));
}
