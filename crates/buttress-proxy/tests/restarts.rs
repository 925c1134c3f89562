//! What outlives the process: failures in a folder and the error budget in a file, however the process before ended.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{Client, Mode, Origin, Program, aside, soon};
use tempfile::TempDir;

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// The binary, with all that it keeps in one folder.
struct Kept {
    program: Program,
    admin: String,
}

impl Kept {
    async fn start(origin: &Origin, folder: &Path) -> Self {
        let (log, state) = (folder.join("failures"), folder.join("budget.json"));
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let peers = path(&folder.join("origins.json"));
        let memory = ["--failure-log", &path(&log), "--slo", "99", "--slo-state", &path(&state)];
        let arguments = [&memory[..], &["--state", &peers]].concat();
        let (program, admin) = Program::with_admin(origin.address, &arguments).await;
        Self { program, admin }
    }

    async fn ask(&self, requests: usize) {
        for _ in 0..requests {
            let mut client = Client::connect(self.program.address).await;
            client.send(GET).await;
            client.answer().await;
        }
    }

    async fn text(&self, path: &str) -> String {
        let mut client = Client::connect(self.admin.parse().unwrap()).await;
        client.send(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.admin)).await;
        client.answer().await.text()
    }

    async fn page(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    /// Requests that counted, and failures that are remembered.
    async fn remembered(&self) -> (u64, u64) {
        let budget = self.page("/budget").await;
        let failures = self.page("/failures").await;
        let requests = budget["error_budgets"]["proxy"]["objectives"]["proxy"]["total"].as_u64().unwrap();
        (requests, failures["statistics"]["total"].as_u64().unwrap())
    }

    /// What is known of the origin.
    async fn origin(&self) -> Value {
        self.page("/status").await["peers"]["origins"]["best"][0].clone()
    }

    /// One of the numbers of the files with its failures.
    async fn files(&self, what: &str) -> u64 {
        self.page("/status").await["failure_logs"]["proxy"]["files"][what].as_u64().unwrap()
    }

    /// Ends it by a signal.
    async fn end(mut self, signal: &str) -> String {
        self.program.signal(signal);
        aside(move || self.program.wait().1).await
    }
}

/// The lines in the folder, each of which is JSON.
fn lines(folder: &Path) -> Vec<Value> {
    let files = fs::read_dir(folder.join("failures")).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    let text: String = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[tokio::test]
async fn a_proxy_that_is_stopped_and_started_remembers_failures_and_budget() {
    let (origin, folder) = (Origin::start(Mode::text("500 Oh No", "")).await, TempDir::new().unwrap());
    let first = Kept::start(&origin, folder.path()).await;
    first.ask(3).await;
    assert_eq!(first.remembered().await, (3, 3));
    assert_eq!(first.end("TERM").await, "");
    assert_eq!(lines(folder.path()).len(), 3);

    let second = Kept::start(&origin, folder.path()).await;
    assert_eq!(second.remembered().await, (3, 3));
    second.ask(1).await;
    assert_eq!(second.remembered().await, (4, 4));
    let failures = second.page("/failures").await;
    let recent = failures["analysis"]["recent"].as_array().unwrap();
    let numbers: Vec<_> = recent.iter().map(|record| record["id"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|newer, older| newer > older), "each has its own number: {numbers:?}");
}

#[tokio::test]
async fn s3_65_a_proxy_that_is_stopped_and_started_knows_its_origins() {
    let (origin, folder) = (Origin::start(Mode::ok()).await, TempDir::new().unwrap());
    let first = Kept::start(&origin, folder.path()).await;
    assert_eq!(first.origin().await, Value::Null);
    first.ask(20).await;
    let judged = async |proxy: &Kept| proxy.origin().await["successes"].as_u64();
    soon(async {
        while judged(&first).await != Some(20) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(first.end("TERM").await, "");
    let second = Kept::start(&origin, folder.path()).await;
    let known = second.origin().await;
    assert_eq!(
        (known["peer"].as_str(), known["successes"].as_u64()),
        (Some(&*origin.address.to_string()), Some(20)),
        "{known:#}"
    );
    assert!(known["score"].as_f64() > Some(60.0), "{known:#}");
    assert_eq!(second.end("TERM").await, "");
}

#[tokio::test]
async fn g6_a_file_that_knows_no_origins_is_put_aside_and_said_so() {
    let (origin, folder) = (Origin::start(Mode::ok()).await, TempDir::new().unwrap());
    fs::write(folder.path().join("origins.json"), b"{\"half\": ").unwrap();
    let proxy = Kept::start(&origin, folder.path()).await;
    proxy.ask(1).await;
    let said = proxy.end("TERM").await;
    assert!(said.contains("warning: nothing is known of the origins, as "), "{said}");
    assert!(said.contains("its file is now "), "{said}");
    let proxy = Kept::start(&origin, folder.path()).await;
    assert_eq!(proxy.end("TERM").await, "", "once is enough");
}

#[tokio::test]
async fn g6_origins_that_cannot_be_kept_are_said_at_the_start() {
    let origin = Origin::start(Mode::ok()).await;
    let (program, admin) = Program::with_admin(origin.address, &["--state", "/proc/origins.json"]).await;
    let proxy = Kept { program, admin };
    let warned = proxy.page("/status").await["warnings"][0].as_str().unwrap().to_owned();
    assert!(
        warned.starts_with("what is known of the origins cannot be saved in /proc/origins.json: "),
        "{warned}"
    );
    proxy.ask(1).await;
    assert_eq!(proxy.end("TERM").await, format!("buttress: warning: {warned}\n"));
}

#[tokio::test]
async fn g5_a_proxy_that_is_killed_starts_again_with_what_was_written() {
    let (origin, folder) = (Origin::start(Mode::text("500 Oh No", "")).await, TempDir::new().unwrap());
    let first = Kept::start(&origin, folder.path()).await;
    first.ask(3).await;
    assert_eq!(first.end("TERM").await, "", "it saves what it counted");
    for round in 1..5 {
        let proxy = Kept::start(&origin, folder.path()).await;
        let (requests, failures) = proxy.remembered().await;
        assert_eq!(failures, 3 * round, "each line that was written is read, once");
        assert!((3..=3 * round).contains(&requests), "{requests} in round {round}");
        proxy.ask(3).await;
        soon(async {
            while proxy.files("written").await < 3 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(proxy.end("KILL").await, "", "it starts without a complaint");
    }
}

#[tokio::test]
async fn g6_a_file_that_is_no_budget_is_put_aside_and_said_so() {
    let (origin, folder) = (Origin::start(Mode::ok()).await, TempDir::new().unwrap());
    fs::write(folder.path().join("budget.json"), b"{\"half\": ").unwrap();
    let proxy = Kept::start(&origin, folder.path()).await;
    assert_eq!(proxy.remembered().await, (0, 0));
    let said = proxy.end("TERM").await;
    assert!(said.contains("warning: the error budget begins anew"), "{said}");
}

#[tokio::test]
async fn h20_on_a_full_disk_each_request_is_answered_and_remembered() {
    let (origin, folder) = (Origin::start(Mode::text("500 Oh No", "")).await, TempDir::new().unwrap());
    // No file can grow beyond half a kilobyte, as if the disk were full behind the first line.
    let (log, state) = (folder.path().join("failures"), folder.path().join("budget.json"));
    let line = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} proxy --listen 127.0.0.1:0 --admin 127.0.0.1:0 --to http://{} \
         --slo 99 --slo-state {} --failure-log {} --state {} --open-for 1ms",
        env!("CARGO_BIN_EXE_buttress"),
        origin.address,
        state.display(),
        log.display(),
        folder.path().join("origins.json").display()
    );
    let proxy = aside(move || {
        let mut command = Command::new("sh");
        command.args(["-c", &line]);
        let mut program = Program::started(command);
        let admin = program.next_line_of_stdout();
        Kept { admin: admin.split("http://").nth(1).unwrap().trim().to_owned(), program }
    })
    .await;
    proxy.ask(200).await;
    soon(async {
        while proxy.remembered().await.0 < 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(proxy.remembered().await.1, 200, "they are in memory all the same");
    soon(async {
        while proxy.files("errors").await == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(proxy.end("TERM").await.lines().filter(|line| line.contains("panic")).count(), 0);
}

#[tokio::test]
async fn g5_a_folder_that_another_proxy_has_is_a_warning_and_failures_are_in_memory() {
    let (origin, folder) = (Origin::start(Mode::text("500 Oh No", "")).await, TempDir::new().unwrap());
    let log = folder.path().join("failures").to_str().unwrap().to_owned();
    let start = async || {
        let (program, admin) = Program::with_admin(origin.address, &["--failure-log", &log]).await;
        Kept { program, admin }
    };
    let first = start().await;
    let second = start().await;
    second.ask(1).await;
    assert_eq!(second.page("/failures").await["statistics"]["total"], 1);
    let status = second.page("/status").await;
    let warned = status["warnings"][0].as_str().unwrap().to_owned();
    assert!(warned.starts_with("failures are in memory alone until the next start: "), "{warned}");
    assert_eq!(status["failure_logs"]["proxy"]["files"], Value::Null);
    assert_eq!(second.end("TERM").await, format!("buttress: warning: {warned}\n"));
    assert_eq!(first.page("/status").await["warnings"], serde_json::json!([]));
}

#[tokio::test]
async fn g6_a_budget_that_cannot_be_saved_is_said_at_the_start() {
    let origin = Origin::start(Mode::ok()).await;
    let arguments = ["--slo", "99", "--slo-state", "/proc/budget.json"];
    let (program, admin) = Program::with_admin(origin.address, &arguments).await;
    let proxy = Kept { program, admin };
    let warned = proxy.page("/status").await["warnings"][0].as_str().unwrap().to_owned();
    assert!(warned.starts_with("the error budget cannot be saved in /proc/budget.json: "), "{warned}");
    proxy.ask(1).await;
    assert_eq!(proxy.end("TERM").await, format!("buttress: warning: {warned}\n"));
}

#[test]
fn two_kinds_of_state_in_one_file_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state.json").to_str().unwrap().to_owned();
    let same = folder.path().join(".").join("state.json").to_str().unwrap().to_owned();
    let own = ["proxy", "--listen", "127.0.0.1:0", "--to", "http://127.0.0.1:1", "--slo", "99"];
    let output = Program::run(&[&own[..], &["--slo-state", &path, "--state", &same]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--state and --slo-state are one file"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_one_is_refused_with_its_reason() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    for path in [file.clone(), file.join("below"), folder.path().join("x".repeat(300))] {
        let path = path.to_str().unwrap();
        let own = ["proxy", "--listen", "127.0.0.1:0", "--to", "http://127.0.0.1:1"];
        let output = Program::run(&[&own[..], &["--failure-log", path]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("failures cannot be written down in {path}: ")), "{said}");
    }
}
