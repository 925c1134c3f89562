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
    let origins = rows.iter().flat_map(|row| row["origins"].as_array().expect("a row has origins"));
    let transitions = origins
        .filter(|breaker| breaker["name"] == name)
        .flat_map(|breaker| breaker["transitions"].as_array().expect("a breaker has transitions"));
    transitions
        .map(|transition| {
            assert!(!transition["cause"].as_str().expect("a transition has a cause").is_empty());
            transition["to"].as_str().expect("a transition enters a state")
        })
        .collect()
}

/// The attempts at each origin over these rows.
fn attempts<'a>(rows: impl IntoIterator<Item = &'a Value>) -> [u64; 4] {
    rows.into_iter().fold([0; 4], |sums, row| {
        std::array::from_fn(|index| sums[index] + number(&row["origins"][index], "attempts"))
    })
}

/// How many of a hundred attempts each origin had.
fn shares<'a>(rows: impl IntoIterator<Item = &'a Value>) -> [f64; 4] {
    let attempts = attempts(rows);
    let all: u64 = attempts.iter().sum();
    attempts.map(|attempts| 100.0 * attempts as f64 / all as f64)
}

/// All that a demo of 30 s says: its rows, and its summary behind them.
fn whole_demo() -> Vec<Value> {
    let output = output(&["--for", "30s", "--json"]);
    let stderr = text(output.stderr);
    assert!(output.status.success(), "{stderr}");
    let stdout = text(output.stdout);
    stdout.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}

/// Whether this machine had so much else to do that requests took far longer than any origin has them take. What came of those is
/// as much its doing as the proxy's, and arrivals that it made up for came all at once.
fn was_held_up(lines: &[Value]) -> bool {
    lines.iter().any(|line| line["p99_ms"].as_f64().is_some_and(|p99| p99 > 500.0))
}

/// How often a demo is looked at that the machine held up. The last one counts, whatever the machine did.
const LOOKS: usize = 3;

#[test]
fn s0_01_traffic_leaves_origins_in_trouble_and_comes_back_while_clients_hardly_notice() {
    let mut rows = whole_demo();
    for _ in 1..LOOKS {
        if !was_held_up(&rows) {
            break;
        }
        rows = whole_demo();
    }
    let stdout: String = rows.iter().map(|line| format!("{line}\n")).collect();
    let last = rows.pop().expect("there is output");
    let summary = &last["summary"];
    assert!(summary.is_object(), "the last line is the summary: {last}");

    let seconds: Vec<u64> = rows.iter().map(|row| number(row, "second")).collect();
    assert_eq!(seconds, (1..=30).collect::<Vec<_>>(), "one row a second, in order");
    assert!(rows.iter().all(|row| number(row, "requests") == 300), "arrivals are constant\n{stdout}");
    let of = |stretch: &str| rows.iter().filter(|row| row["stretch"] == stretch).collect::<Vec<_>>();
    let stretches = ["calm", "trouble", "recovery", "outage", "return"].map(of);
    assert_eq!(stretches.each_ref().map(Vec::len), [3, 10, 11, 3, 3]);
    let good = stretches.each_ref().map(|rows| Sums::of(rows.iter().copied()).good_share());
    let [calm, trouble, recovery, outage, back] = stretches;

    for origin in summary["origins"].as_array().expect("the summary has origins") {
        let name = origin["name"].as_str().expect("an origin has a name");
        let states = entered(&rows, name);
        let times = |state| states.iter().filter(|entered| **entered == state).count() as u64;
        assert!(states.starts_with(&["open", "half_open"]), "{name} opens, then probes: {states:?}");
        assert_eq!(states.last(), Some(&"closed"), "{name} closes in the end: {states:?}");
        for (key, state) in [("opened", "open"), ("half_opened", "half_open"), ("closed", "closed")] {
            assert_eq!(number(origin, key), times(state), "{name}, {key}");
        }
        assert!(number(origin, "spared") > 0, "{origin}");
    }

    // What one origin fails with another answers, and nobody waits for it.
    assert!(good[..3].iter().all(|good| *good >= 0.99), "{good:?}\n{stdout}");
    assert!(good[3] <= 0.05, "with all down: {good:?}\n{stdout}");
    assert!(
        good[4] >= 0.6,
        "for up to a second of three, right behind the outage the first probe is still to come: {good:?}\n{stdout}"
    );

    let parts = shares(calm.iter().copied());
    assert!(parts.iter().all(|part| (10.0..=40.0).contains(part)), "each has its part: {parts:?}\n{stdout}");
    let parts = shares(trouble[5..].iter().copied());
    assert!(parts[0] <= 3.0, "what fails at once does not attract: {parts:?}\n{stdout}");
    assert!(parts[3] >= 50.0, "the good one is found: {parts:?}\n{stdout}");
    assert!(trouble[5..].iter().any(|row| shares([*row])[0] > 0.0), "and the others are asked now and then");
    let parts = shares(recovery[8..].iter().copied());
    assert!(parts.iter().all(|part| *part >= 10.0), "they have their part again: {parts:?}\n{stdout}");

    assert_eq!(Sums::of(&rows), Sums::of([summary]), "the rows add up to the summary");
    let told = summary["stretches"].as_array().expect("the summary has stretches");
    assert_eq!(told.len(), 5);
    for (rows, told) in [&calm, &trouble, &recovery, &outage, &back].into_iter().zip(told) {
        let rows = || rows.iter().copied();
        assert_eq!(Sums::of(rows()), Sums::of([told]));
        assert_eq!(told["attempts"], serde_json::json!(attempts(rows())), "{told}");
    }

    let sum = |key| rows.iter().map(|row| number(row, key)).sum::<u64>();
    let retries = &summary["retries"];
    assert_eq!((sum("attempts"), sum("retries")), (number(retries, "attempts"), number(retries, "retries")));
    assert!(sum("attempts") <= sum("requests") + sum("retries"), "{retries}");
    // A few failures are enough to keep away, so there are not many more of them.
    let again = trouble.iter().map(|row| number(row, "retries")).sum::<u64>();
    assert!(again > 0, "the faults are real\n{stdout}");
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
        "all well",
        "a 503, b down, c slow",
        "a 503, b up, c slow",
        "all well again",
        "all answer 503",
        "while a failed, b came and went",
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
