//! The command `buttress demo` as its readers see it: only its output and its exit code.

use std::io::{BufRead, BufReader, Lines, Read, empty};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn demo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_buttress"));
    command.arg("demo").args(arguments).stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

fn output(arguments: &[&str]) -> Output {
    demo(arguments).output().expect("the binary runs")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("the demo writes UTF-8")
}

/// A demo under way whose lines are read as they come; killed if the test gives up on it.
struct Running {
    child: Child,
    lines: Lines<BufReader<Box<dyn Read>>>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = demo(arguments).stdout(Stdio::piped()).spawn().expect("the binary runs");
        let stdout = child.stdout.take().expect("standard output is piped");
        Self { child, lines: lines(stdout) }
    }

    /// Closes the pipe.
    fn leave(&mut self) {
        self.lines = lines(empty());
    }

    fn object(&mut self) -> Option<Value> {
        let line = self.lines.next()?.expect("standard output can be read");
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
    }

    fn interrupt(&self) {
        let interrupt = format!("kill -INT {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &interrupt]).status().expect("there is a shell");
        assert!(sent.success(), "the demo has ended before it was interrupted");
    }
}

fn lines(from: impl Read + 'static) -> Lines<BufReader<Box<dyn Read>>> {
    BufReader::new(Box::new(from) as Box<dyn Read>).lines()
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is the usual case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the rows say together.
#[derive(Debug, Default, PartialEq)]
struct Sums {
    requests: u64,
    good: u64,
}

impl Sums {
    fn of<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Self {
        rows.into_iter().fold(Self::default(), |sums, row| Self {
            requests: sums.requests + number(row, "requests"),
            good: sums.good + number(row, "good"),
        })
    }

    fn good_share(&self) -> f64 {
        self.good as f64 / self.requests as f64
    }
}

fn number(object: &Value, key: &str) -> u64 {
    object[key].as_u64().unwrap_or_else(|| panic!("{key} is a number in {object}"))
}

/// The states a breaker entered over all rows, in order.
fn entered<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    let breakers = rows.iter().flat_map(|row| row["breakers"].as_array().expect("a row has breakers"));
    let transitions = breakers
        .filter(|breaker| breaker["name"] == name)
        .flat_map(|breaker| breaker["transitions"].as_array().expect("a breaker has transitions"));
    transitions
        .map(|transition| {
            assert!(!transition["cause"].as_str().expect("a transition has a cause").is_empty());
            transition["to"].as_str().expect("a transition enters a state")
        })
        .collect()
}

#[test]
fn s0_01_each_failing_origin_is_left_alone_and_taken_back_while_clients_hardly_notice() {
    let output = output(&["--for", "30s", "--json"]);
    let stderr = text(output.stderr);
    assert!(output.status.success(), "{stderr}");
    let stdout = text(output.stdout);
    let mut rows: Vec<Value> =
        stdout.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    let last = rows.pop().expect("there is output");
    let summary = &last["summary"];
    assert!(summary.is_object(), "the last line is the summary: {last}");

    let seconds: Vec<u64> = rows.iter().map(|row| number(row, "second")).collect();
    assert_eq!(seconds, (1..=30).collect::<Vec<_>>(), "one row a second, in order");
    assert!(rows.iter().all(|row| number(row, "requests") == 300), "arrivals are constant\n{stdout}");

    for origin in summary["origins"].as_array().expect("the summary has origins") {
        let name = origin["name"].as_str().expect("an origin has a name");
        let states = entered(&rows, name);
        let times = |state| states.iter().filter(|entered| **entered == state).count() as u64;
        assert!(states.starts_with(&["open", "half_open"]), "{name} opens, then probes: {states:?}");
        assert_eq!(states.last(), Some(&"closed"), "{name} closes in the end: {states:?}");
        for (key, state) in [("opened", "open"), ("half_opened", "half_open"), ("closed", "closed")] {
            assert_eq!(number(origin, key), times(state), "{name}, {key}");
        }
        // Its turns while it alone was down, those of all requests in the outage, and after each a few more until
        // it had proved that it was back.
        let (alone, outage) = (4 * 300 / 3, 3 * 300);
        let spared = number(origin, "spared");
        assert!(((alone + outage) * 3 / 4..(alone + outage) * 3 / 2).contains(&spared), "{origin}");
    }
    assert_eq!(summary["origins"].as_array().map(Vec::len), Some(3));

    let (faulty, healthy): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["fault"].is_string());
    let (outage, faulty): (Vec<_>, Vec<_>) =
        faulty.into_iter().partition(|row| row["fault"] == "all answer 503");
    let [faulty_sums, outage_sums, healthy_sums] =
        [&faulty, &outage, &healthy].map(|rows| Sums::of(rows.iter().copied()));
    assert_eq!((faulty.len(), outage.len(), healthy.len()), (12, 3, 15));
    // What one origin fails with another answers.
    assert!(faulty_sums.good_share() >= 0.99, "with one origin down: {faulty_sums:?}\n{stdout}");
    assert!(outage_sums.good_share() <= 0.05, "with all down: {outage_sums:?}\n{stdout}");
    // Right behind the outage the first probe is still to come.
    let behind = number(outage[outage.len() - 1], "second") + 1;
    let long_well = healthy.iter().copied().filter(|row| number(row, "second") != behind);
    let long_well = Sums::of(long_well);
    assert!(long_well.good_share() >= 0.999, "with all well: {long_well:?}\n{stdout}");

    assert_eq!(Sums::of(&rows), Sums::of([summary]), "the rows add up to the summary");
    assert_eq!(faulty_sums, Sums::of([&summary["faulty"]]));
    assert_eq!(outage_sums, Sums::of([&summary["outage"]]));
    assert_eq!(healthy_sums, Sums::of([&summary["healthy"]]));

    let sum = |key| rows.iter().map(|row| number(row, key)).sum::<u64>();
    let retries = &summary["retries"];
    assert_eq!((sum("attempts"), sum("retries")), (number(retries, "attempts"), number(retries, "retries")));
    assert!(sum("attempts") <= sum("requests") + sum("retries"), "{retries}");
    assert!(
        faulty.iter().map(|row| number(row, "retries")).sum::<u64>() > 20,
        "the faults are real\n{stdout}"
    );
    assert!(rows.iter().all(|row| row["budget"].is_u64()), "{stdout}");
    assert_eq!(retries["budget_held"], true, "{retries}");
    let fullest = &retries["fullest"];
    assert!(
        number(fullest, "spent") > 0 && number(fullest, "spent") <= number(fullest, "allowed"),
        "{retries}"
    );
    let last = &outage[outage.len() - 1];
    assert!(number(last, "attempts") * 5 < number(last, "requests"), "the breakers hold them off: {last}");
}

#[test]
fn an_interrupt_ends_the_demo_early_with_its_summary_and_exit_code_0() {
    let mut demo = Running::start(&["--for", "1h", "--json"]);
    let mut rows: Vec<Value> = std::iter::from_fn(|| demo.object()).take(2).collect();
    demo.interrupt();
    rows.extend(std::iter::from_fn(|| demo.object()));
    let last = rows.pop().expect("there is a summary");
    assert!(last["summary"].is_object(), "{last}");
    assert!((2..60).contains(&rows.len()), "it ended early, after {} seconds", rows.len());
    assert_eq!(Sums::of(&rows), Sums::of([&last["summary"]]), "the second that was cut short counts too");
    assert_eq!(demo.child.wait().expect("the demo ends").code(), Some(0));
}

#[test]
fn the_output_for_people_has_no_escape_codes_unless_on_a_terminal() {
    let output = output(&["--for", "14s"]);
    assert!(output.status.success(), "{}", text(output.stderr));
    let stdout = text(output.stdout);
    assert!(!stdout.contains('\x1b'), "{stdout}");
    assert!(stdout.lines().all(|line| line.chars().count() <= 100), "{stdout}");
    for expected in [
        "a answers 503",
        "b refuses connections",
        "c never answers",
        "all answer 503",
        "budget held",
        "attempts a request",
        "closed → open",
        "4,200 requests",
        "buttress proxy --listen",
    ] {
        assert!(stdout.contains(expected), "no {expected:?} in\n{stdout}");
    }
}

#[test]
fn a_reader_who_leaves_ends_the_demo_without_an_error() {
    let mut demo = Running::start(&["--for", "1h", "--json"]);
    assert_eq!(demo.object().map(|row| number(&row, "second")), Some(1));
    demo.leave();
    assert_eq!(demo.child.wait().expect("the demo ends").code(), Some(0));
}

#[test]
fn a_demo_too_short_for_its_faults_says_so_and_exits_with_2() {
    let output = output(&["--for", "3s"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let stderr = text(output.stderr);
    assert!(stderr.contains("a demo of 3s is too short") && stderr.contains("14s"), "{stderr}");
}
