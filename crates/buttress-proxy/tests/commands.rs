//! The commands that ask a running proxy, as their readers see them: the real binary over real sockets.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{Client, Mode, Origin, Program, aside, nobody, soon};
use tempfile::TempDir;

const GET: &str = "GET /orders/17 HTTP/1.1\r\nHost: shop\r\n\r\n";

/// A proxy with an operator's port, in front of one origin.
struct Stage {
    origin: Origin,
    program: Program,
    admin: String,
}

impl Stage {
    async fn set(arguments: &[&str]) -> Self {
        let origin = Origin::start(Mode::ok()).await;
        let (program, admin) = Program::with_admin(origin.address, arguments).await;
        Self { origin, program, admin }
    }

    /// So many requests that the origin answers with this.
    async fn answered(&self, requests: usize, status: &str) {
        self.origin.set(Mode::text(status, "so"));
        for _ in 0..requests {
            let mut client = Client::connect(self.program.address).await;
            client.send(GET).await;
            client.answer().await;
        }
    }

    /// Runs a command against it.
    async fn run(&self, arguments: &[&str]) -> Told {
        let arguments = [arguments, &["--admin", &self.admin]].concat();
        Told::by(&arguments).await
    }
}

/// What a command said.
#[derive(Debug)]
struct Told {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Told {
    async fn by(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let run = move || Program::run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let Output { status, stdout, stderr } = aside(run).await;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.stdout.contains(word), "no {word:?} in {}{}", self.stdout, self.stderr);
        }
        assert!(
            self.stdout.lines().all(|line| line.chars().count() <= 80),
            "it fits 80 columns: {}",
            self.stdout
        );
        assert!(!self.stdout.contains('\x1b'), "it is no terminal: {}", self.stdout);
    }
}

#[tokio::test]
async fn s0_81_w10_health_is_read_from_the_process_that_serves() {
    let stage = Stage::set(&["--slo", "99.9"]).await;
    stage.answered(3, "200 OK").await;
    let well = stage.run(&["health"]).await;
    assert_eq!(well.code, Some(0), "{well:?}");
    let origin = stage.origin.address.to_string();
    well.says(&["healthy", &origin, "closed", "0 of 20", "100.0 % left", "no failures in the last 7 days"]);

    stage.answered(5, "500 Oh No").await;
    let unwell = stage.run(&["health", "--detailed"]).await;
    assert_eq!(unwell.code, Some(1), "{unwell:?}");
    unwell.says(&["unhealthy", &format!("circuit_breaker {origin} is open"), "nothing left of 99.9 %"]);
    unwell.says(&[
        "5 of 8 calls failed, 62.5 %",
        "1 pattern",
        "5 x \"answered Internal Server Error\"",
        "What to do",
    ]);
    let json = stage.run(&["health", "--json"]).await;
    assert_eq!((json.code, &json.json()["health"]["verdict"]), (Some(1), &Value::from("unhealthy")));
}

#[tokio::test]
async fn s0_82_w01_reset_closes_the_breaker_that_refuses() {
    for spelling in [&["health", "reset"][..], &["health:reset"]] {
        let stage = Stage::set(&[]).await;
        stage.answered(5, "500 Oh No").await;
        assert_eq!(stage.run(&["health"]).await.code, Some(1));
        let unknown = stage.run(&[spelling, &["127.0.0.1:1"]].concat()).await;
        assert_eq!(unknown.code, Some(2), "{unknown:?}");
        let origin = stage.origin.address.to_string();
        assert!(unknown.stderr.contains(&format!("{origin:?}")), "it names what there is: {unknown:?}");
        assert_eq!(stage.run(&["health"]).await.code, Some(1), "nothing was reset");

        let named = stage.run(&[spelling, &[&origin]].concat()).await;
        assert_eq!(named.code, Some(0), "{named:?}");
        let parts = ["circuit_breaker", "bulkhead"].map(|kind| format!("reset: {kind} {origin}\n"));
        named.says(&parts.each_ref().map(String::as_str));
        assert_eq!(named.stdout.lines().count(), 2, "and nothing else: {named:?}");
        let health = stage.run(&["health"]).await;
        assert_eq!(health.code, Some(0), "{health:?}");

        stage.answered(5, "500 Oh No").await;
        assert_eq!(stage.run(&["health"]).await.code, Some(1));
        assert_eq!(stage.run(spelling).await.code, Some(0));
        let status = stage.run(&["health", "--json"]).await.json();
        let breaker = &status["circuit_breakers"][&origin];
        assert_eq!((&breaker["state"], &breaker["window"]["calls"]), (&"closed".into(), &0.into()));
    }
}

#[tokio::test]
async fn s0_82_f1_a_reset_of_everything_leaves_the_error_budget_and_says_so() {
    let stage = Stage::set(&["--slo", "90"]).await;
    stage.answered(2, "500 Oh No").await;
    let spent = stage.run(&["budget"]).await;
    spent.says(&["2 of 2 requests failed"]);
    let budgets = stage.run(&["budget", "--json"]).await.json();
    let name = budgets["error_budgets"].as_object().unwrap().keys().next().unwrap();
    let all = stage.run(&["health", "reset"]).await;
    all.says(&[&format!("left as it is, unless it is reset by its name: error_budget {name}\n")]);
    assert!(!all.stdout.contains("reset: error_budget") && !all.stdout.contains("failure_log"), "{all:?}");
    assert_eq!(stage.run(&["budget"]).await.stdout, spent.stdout);

    let named = stage.run(&["health", "reset", name]).await;
    named.says(&[&format!("reset: error_budget {name}\n")]);
    stage.run(&["budget"]).await.says(&["100.0 % left", "0 of 0 requests failed"]);
    let failures = stage.run(&["failures", "--json"]).await.json();
    assert_eq!(failures["statistics"]["total"], 2, "what failed stays known");
}

#[tokio::test]
async fn s0_83_s0_66_failures_are_told_at_three_lengths_and_as_json() {
    let stage = Stage::set(&[]).await;
    stage.answered(12, "200 OK").await;
    stage.answered(4, "500 Oh No").await;
    let origin = stage.origin.address.to_string();

    let minimal = stage.run(&["failures", "--minimal"]).await;
    minimal.says(&[
        "4 of 16 calls failed, 25.0 %, in the last 7 days",
        "trend",
        &origin,
        "answered Internal Server Error",
    ]);
    assert!(minimal.stdout.lines().count() <= 8, "{}", minimal.stdout);

    let usual = stage.run(&["failures"]).await;
    usual.says(&["4 of 16 calls failed, 25.0 %", "By category", "unknown", "100.0 %", "Most frequent"]);
    usual.says(&["By component", &origin, "answered Internal Server Error"]);
    let bars = usual.stdout.lines().filter(|line| line.contains(" |") && line.contains('#')).count();
    assert_eq!(bars, 10, "the chart is ten lines high: {}", usual.stdout);

    let detailed = stage.run(&["failures", "--detailed", "--days", "1"]).await;
    detailed.says(&["in the last day", "What stands out", "What they have in common", "Kinds of failures"]);
    detailed.says(&["Latest", "GET of"]);
    assert!(detailed.stdout.lines().count() > usual.stdout.lines().count());

    let json = stage.run(&["failures", "--json"]).await;
    assert_eq!(json.json()["statistics"]["total"], 4, "{json:?}");
    let aliased = stage.run(&["health:failures", "-d", "7", "-m"]).await;
    aliased.says(&["4 of 16 calls failed"]);
    let filtered = stage.run(&["failures", "--component", "nobody", "--minimal"]).await;
    filtered.says(&["no failures in the last 7 days"]);
    let wrong = stage.run(&["failures", "--severity", "awful"]).await;
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("info, warning, error or critical"), "{wrong:?}");
    for told in [minimal, usual, detailed, json, aliased, filtered] {
        assert_eq!(told.code, Some(0), "failures are shown, which is all that was asked for");
    }
}

#[tokio::test]
async fn s3_30_s3_35_w61_peers_are_shown_with_who_is_left_alone() {
    let stage = Stage::set(&[]).await;
    stage.answered(20, "200 OK").await;
    let origin = stage.origin.address.to_string();
    let well = stage.run(&["peers"]).await;
    assert_eq!(well.code, Some(0), "{well:?}");
    well.says(&["score", "takes", &origin, "100.0 %", "just now"]);
    stage.answered(20, "500 Oh No").await;
    let unwell = stage.run(&["peers", "--top", "3"]).await;
    unwell.says(&[&format!("{origin} is left alone: its breaker is open")]);
    let json = stage.run(&["peers", "--json"]).await;
    assert_eq!((json.code, &json.json()["entries"]), (Some(0), &Value::from(1)), "{json:?}");
    for wrong in ["-1", "0", "1001", "all"] {
        let refused = stage.run(&["peers", "--top", wrong]).await;
        assert_eq!(refused.code, Some(2), "{wrong}");
        assert!(refused.stderr.contains("--top") && refused.stdout.is_empty(), "{refused:?}");
    }
}

#[tokio::test]
async fn c26_the_budget_is_told_in_percent_and_a_proxy_without_one_says_how_to_get_one() {
    let stage = Stage::set(&["--slo", "90", "--slo-window", "1h", "--slo-latency", "10s"]).await;
    stage.answered(40, "200 OK").await;
    stage.answered(2, "500 Oh No").await;
    let budget = stage.run(&["budget"]).await;
    assert_eq!(budget.code, Some(0), "{budget:?}");
    budget.says(&["proxy: 90 % of the requests in 60 min to be well\n", "has to begin within 10 s\n"]);
    budget.says(&["52.3 % left", "2 of 42 requests failed; 4 may", "95.238 % were well", "Burn rate"]);
    let json = stage.run(&["budget", "--json"]).await.json();
    assert_eq!(json["error_budgets"]["proxy"]["objectives"]["proxy"]["bad"], 2, "{json:#}");

    // Of fewer than 100 requests nothing is made.
    stage.answered(60, "200 OK").await;
    stage.answered(12, "500 Oh No").await;
    let spent = stage.run(&["budget"]).await;
    assert_eq!(spent.code, Some(1), "{spent:?}");
    spent.says(&["nothing left"]);

    let none = Stage::set(&[]).await.run(&["budget"]).await;
    assert_eq!((none.code, none.stdout.as_str()), (Some(2), ""));
    assert!(none.stderr.contains("as in --slo 99.9"), "{none:?}");
}

#[tokio::test]
async fn w04_s0_83_failures_of_the_process_before_are_no_share_of_the_calls_of_this_one() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--failure-log", folder.path().to_str().unwrap()];
    let Stage { mut program, origin, .. } = {
        let stage = Stage::set(&arguments).await;
        stage.answered(4, "500 Oh No").await;
        stage
    };
    program.signal("TERM");
    aside(move || program.wait()).await;
    drop(origin);

    let stage = Stage::set(&arguments).await;
    stage.answered(2, "200 OK").await;
    let failures = stage.run(&["failures"]).await;
    failures.says(&["4 failures in the last 7 days; 0 of 2 counted calls failed\n"]);
    failures.says(&["Calls are counted since the proxy started"]);
    let health = stage.run(&["health"]).await;
    health.says(&["Failures: 4 failures in the last 7 days; 0 of 2 counted calls failed; 1"]);
    stage.answered(3, "500 Oh No").await;
    stage
        .run(&["failures", "-m"])
        .await
        .says(&["7 failures in the last 7 days; 3 of 5 counted calls failed"]);
}

#[tokio::test]
async fn s0_62_one_failure_is_told_by_the_number_that_the_list_has() {
    let stage = Stage::set(&[]).await;
    stage.answered(2, "200 OK").await;
    stage.answered(1, "500 Oh No").await;
    let listed = stage.run(&["failures", "--detailed"]).await;
    listed.says(&["number", "buttress failures NUMBER tells all"]);
    let json = stage.run(&["failures", "--json"]).await.json();
    let last = &json["analysis"]["recent"][0];
    let (number, severity) = (last["id"].to_string(), last["severity"].as_str().unwrap());
    let row = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.first() == Some(&&*number) && words.contains(&severity)
    };
    assert!(listed.stdout.lines().any(row), "{}", listed.stdout);

    let told = stage.run(&["failures", &number]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    for word in
        [&format!("Failure #{number},")[..], "answered Internal Server Error", "  breaker    closed\n"]
    {
        assert!(told.stdout.contains(word), "no {word:?} in {}", told.stdout);
    }
    assert!(told.stdout.contains("What to do"), "{}", told.stdout);
    let json = stage.run(&["failures", &number, "--json"]).await.json();
    assert_eq!(json["record"]["id"].to_string(), number);

    let unknown = stage.run(&["failures", "987654"]).await;
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""));
    assert!(unknown.stderr.contains("there is no such failure"), "{unknown:?}");
    for wrong in [&["failures", "one"][..], &["failures", &number, "--minimal"]] {
        assert_eq!(stage.run(wrong).await.code, Some(2), "{wrong:?}");
    }
}

#[tokio::test]
async fn s0_81_health_tells_what_the_checks_found_and_how_much_to_ask_for() {
    let page = r#"{"health":{"verdict":"degraded"},"circuit_breakers":{},"health_monitors":{"origins":{"latency":0.3,
        "advice":{"batch_size":7,"concurrency":2,"retries":3},"checks":{
        "a:80":{"status":"unhealthy","reason":"it answered 503\u001b[2J","in_status_for":75.0,"latency":0.25},
        "b\u001b[2J:80":{"status":"unknown","reason":null,"in_status_for":null,"latency":null}}}}}"#;
    let told = health_of(Mode::text("200 OK", page)).await;
    told.says(&["Health checks", "a:80", "unhealthy", "75 s", "250 ms", "it answered 503\\u{1b}[2J"]);
    told.says(&["b\\u{1b}[2J:80", "unknown", "–"]);
    told.says(&["The slowest answers in 300 ms. Work is best sent in batches of 7,", "again up to 3 times."]);

    let stage = Stage::set(&["--check", "/healthz"]).await;
    let looked_at = async {
        loop {
            let health = stage.run(&["health"]).await;
            if !health.stdout.contains("unknown") {
                return health;
            }
        }
    };
    soon(looked_at).await.says(&["Health checks", &stage.origin.address.to_string(), "Work is best sent in"]);
}

#[tokio::test]
async fn h14_what_the_program_warns_of_cannot_steer_a_terminal() {
    let to = ["proxy", "--listen", "127.0.0.1:0", "--to", "http://127.0.0.1:1"];
    let told = Told::by(&[&to[..], &["--failure-log", "/dev/null/a\x1b[2Jb\n"]].concat()).await;
    assert_eq!(told.code, Some(2), "{told:?}");
    assert!(told.stderr.contains("/dev/null/a\\u{1b}[2Jb\\n"), "{told:?}");
}

#[tokio::test]
async fn colour_is_for_terminals_whose_reader_wants_it() {
    let stage = Stage::set(&["--open-for", "1h"]).await;
    stage.answered(5, "500 Oh No").await;
    let line = |before: &str| {
        let binary = env!("CARGO_BIN_EXE_buttress");
        let command = format!("{before} {binary} health --admin {}", stage.admin);
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
        script.env("TERM", "xterm").env_remove("NO_COLOR").stdin(Stdio::null());
        move || String::from_utf8(script.output().expect("script comes with util-linux").stdout).unwrap()
    };
    let coloured = aside(line("")).await;
    assert!(coloured.contains("\x1b[31munhealthy\x1b[0m"), "{coloured:?}");
    let unwanted = aside(line("NO_COLOR=1")).await;
    assert!(unwanted.contains("unhealthy") && !unwanted.contains('\x1b'), "{unwanted:?}");
}

#[tokio::test]
async fn where_no_proxy_answers_it_says_how_to_start_one() {
    let nobody = nobody().to_string();
    for command in [&["health"][..], &["failures"], &["budget"], &["health", "reset"]] {
        let told = Told::by(&[command, &["--admin", &nobody]].concat()).await;
        assert_eq!((told.code, told.stdout.as_str()), (Some(2), ""), "{told:?}");
        let says = format!(
            "buttress: no proxy answers on {nobody} (connection refused); start it with --admin or name it with \
             --admin ADDRESS:PORT\n"
        );
        assert_eq!(told.stderr, says);
    }
}

/// What `health` makes of an answer.
async fn health_of(answer: Mode) -> Told {
    let origin = Origin::start(answer).await;
    let told = Told::by(&["health", "--admin", &origin.address.to_string()]).await;
    assert!(!told.stdout.contains('\x1b') && !told.stderr.contains('\x1b'), "{told:?}");
    told
}

#[tokio::test]
async fn h14_what_answers_but_is_no_proxy_does_no_harm() {
    let refused = async |mode: Mode, says: &str| {
        let told = health_of(mode).await;
        assert_eq!((told.code, told.stdout.as_str()), (Some(2), ""), "{told:?}");
        assert!(told.stderr.contains(says) && told.stderr.lines().count() == 1, "{says}: {told:?}");
    };
    refused(Mode::Endless, "longer than 16 MiB").await;
    refused(Mode::HangUp, "does not answer as a proxy does").await;
    refused(Mode::Answer(b"SSH-2.0-OpenSSH_9.9\r\n".into()), "does not answer as a proxy does").await;
    refused(Mode::text("200 OK", "<html>\x1b[2J\r\nhello"), "no JSON: <html>\\u{1b}[2J\\r\\nhello").await;
    refused(Mode::text("200 OK", "[1, 2]"), "not the one that was asked for").await;
    refused(Mode::text("404 Not Found", "{}"), "it answers 404").await;
    let deep = "[".repeat(1_000_000);
    refused(Mode::text("200 OK", &deep), "no JSON").await;
    let explained = "HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nno\x1b[1m\x07ok";
    refused(Mode::Answer(explained.into()), "no\\u{1b}[1m\\u{7}ok").await;
}

#[tokio::test]
async fn h14_names_that_a_proxy_tells_cannot_steer_a_terminal() {
    let page = r#"{"health":{"verdict":"unhealthy","reasons":[{"kind":"circuit_breaker","name":"a\u001b[2J\nb","verdict":"x","state":"open"}]},
        "circuit_breakers":{"a\u001b[2J\u009b\u202e":{"state":"open\r","failure_rate":null,"totals":{"successes":1,"failures":2},
        "retry_after":1e300,"durations":null,"last_failure":{"kind":"x\u0007","at":"never"}}}}"#;
    let told = health_of(Mode::text("200 OK", page)).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    told.says(&["circuit_breaker a\\u{1b}[2J\\nb is open", "open\\r", "x\\u{7}"]);
    assert!(told.stdout.chars().all(|letter| letter == '\n' || !letter.is_control()), "{told:?}");

    let raw = Origin::start(Mode::text("200 OK", &page.replace("\\u009b", "\u{9b}"))).await;
    let json = Told::by(&["health", "--json", "--admin", &raw.address.to_string()]).await;
    assert!(json.stdout.chars().all(|letter| letter == '\n' || !letter.is_control()), "{json:?}");
    assert_eq!(json.json(), serde_json::from_str::<Value>(page).unwrap());
}

#[tokio::test]
async fn the_help_says_what_the_exit_codes_mean() {
    for command in ["health", "budget"] {
        let help = Told::by(&[command, "--help"]).await;
        assert!(
            help.stdout.contains("Exit code: 0 if") && help.stdout.contains("127.0.0.1:9900"),
            "{help:?}"
        );
    }
    let help = Told::by(&["failures", "--help"]).await;
    for flag in ["--days", "--minimal", "--detailed", "--json", "--component", "--admin"] {
        assert!(help.stdout.contains(flag), "no {flag} in {help:?}");
    }
}
