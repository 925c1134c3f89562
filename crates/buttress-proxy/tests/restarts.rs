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
        let arguments = ["--failure-log", &path(&log), "--slo", "99", "--slo-state", &path(&state)];
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
async fn g5_a_proxy_that_is_killed_starts_again_with_what_was_written() {
    let (origin, folder) = (Origin::start(Mode::text("500 Oh No", "")).await, TempDir::new().unwrap());
    let mut most = 0;
    for round in 0..5_u64 {
        let proxy = Kept::start(&origin, folder.path()).await;
        let (requests, failures) = proxy.remembered().await;
        assert!(
            requests <= round * 3 && failures <= most,
            "nothing is counted twice: {requests}, {failures}"
        );
        proxy.ask(3).await;
        most = failures + 3;
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
async fn h20_a_full_disk_holds_up_no_request() {
    let (origin, folder) = (Origin::start(Mode::text("500 Oh No", "")).await, TempDir::new().unwrap());
    // No file can grow beyond half a kilobyte, as if the disk were full behind the first line.
    let (log, state) = (folder.path().join("failures"), folder.path().join("budget.json"));
    let line = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} proxy --listen 127.0.0.1:0 --admin 127.0.0.1:0 --to http://{} \
         --slo 99 --slo-state {} --failure-log {} --open-for 1ms",
        env!("CARGO_BIN_EXE_buttress"),
        origin.address,
        state.display(),
        log.display()
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
        while proxy.page("/status").await["failure_logs"]["proxy"]["files"]["errors"] == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(proxy.end("TERM").await.lines().filter(|line| line.contains("panic")).count(), 0);
}
