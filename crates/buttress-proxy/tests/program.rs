//! The binary: its command line, its signals, its exit codes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use support::{Client, Mode, Origin, Program, aside, nobody, soon};
use tokio::net::TcpStream;

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// An answer whose second half waits for the gate.
fn gated() -> Mode {
    Mode::Gated(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".into(), b"half".into())
}

async fn started(origin: SocketAddr, arguments: &'static [&'static str]) -> Program {
    aside(move || Program::proxy(origin, arguments)).await
}

async fn ended(mut program: Program) -> (Option<i32>, String) {
    aside(move || {
        let (status, stderr) = program.wait();
        (status.code(), stderr)
    })
    .await
}

/// Waits until the program takes no more connections, which is how it shows that it heard a signal.
async fn until_closed(address: SocketAddr) {
    soon(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[test]
fn the_help_names_every_limit() {
    let help = Program::run(&["proxy", "--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    for flag in
        ["--max-concurrent", "--rate", "--burst", "--per-client", "--bandwidth", "--trust", "--retries"]
    {
        assert!(text.contains(&format!("{flag} <")), "no {flag} in {text}");
    }
    assert_eq!(help.status.code(), Some(0));
}

#[test]
fn wrong_arguments_are_refused_with_one_clear_message_and_code_2() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    let good = "http://127.0.0.1:9001";
    let cases: &[(&[&str], &str)] = &[
        (&["--listen", free], "--to"),
        (&["--to", good], "--listen"),
        (&["--listen", "localhost:8080", "--to", good], "as in 127.0.0.1:8080"),
        (&["--listen", &taken, "--to", good], &taken),
        (&["--listen", free, "--to", "https://127.0.0.1:9001"], "TLS is not there yet"),
        (&["--listen", free, "--to", "127.0.0.1:9001"], "http://host[:port]"),
        (&["--listen", free, "--to", "http://127.0.0.1:9001/api"], "no path"),
        (&["--listen", free, "--to", "http://127.0.0.1:9001?a=b"], "no path"),
        (&["--listen", free, "--to", "http://user:secret@127.0.0.1:9001"], "no user"),
        (&["--listen", free, "--to", "http://:9001"], "host"),
        (&["--listen", free, "--to", "http://127.0.0.1:99999"], "port"),
        (&["--listen", free, "--to", good, "--to", "ftp://127.0.0.1"], "ftp://127.0.0.1"),
        (&["--listen", free, "--to", good, "--attempt-timeout", "0s"], "longer than zero"),
        (&["--listen", free, "--to", good, "--attempt-timeout", "soon"], "--attempt-timeout"),
        (&["--listen", free, "--to", good, "--timeout", "0s"], "longer than zero"),
        (&["--listen", free, "--to", good, "--retries", "11"], "0..=10"),
        (&["--listen", free, "--to", good, "--retries=-1"], "--retries"),
        (
            &["--listen", free, "--to", good, "--timeout", "5s", "--attempt-timeout", "6s"],
            "6s, is longer than",
        ),
        (&["--listen", free, "--to", good, "--open-for", "0s"], "longer than zero"),
        (&["--listen", free, "--to", good, "--body-timeout", "0s"], "longer than zero"),
        (&["--listen", free, "--to", good, "--admin", "localhost"], "as in 127.0.0.1:8080"),
        (&["--listen", free, "--to", good, "--admin", &taken], &taken),
        (&["--listen", free, "--to", good, "--admin", "0.0.0.0:0"], "loopback only for now"),
        (&["--listen", free, "--to", good, "--admin", "[::]:0"], "loopback only for now"),
        (&["--listen", free, "--to", good, "--admin", "192.0.2.1:9900"], "loopback only for now"),
        (&["--listen", free, "--to", good, "--grace=-1s"], "--grace"),
        (&["--listen", free, "--to", good, "--trust", "10.0.0.0/33"], "no network"),
        (&["--listen", free, "--to", good, "--trust", "balancer"], "no network"),
        (&["--listen", free, "--to", good, "--max-concurrent", "0"], "nothing would pass"),
        (&["--listen", free, "--to", good, "--max-concurrent", "many"], "from 1 to 4294967295"),
        (&["--listen", free, "--to", good, "--max-concurrent", "4294967295"], "the limits cannot be kept"),
        (&["--listen", free, "--to", good, "--rate", "0/s"], "--rate"),
        (&["--listen", free, "--to", good, "--rate", "100"], "written like 100/s"),
        (&["--listen", free, "--to", good, "--rate", "1/year"], "written like 100/s"),
        (&["--listen", free, "--to", good, "--burst", "5"], "--rate"),
        (&["--listen", free, "--to", good, "--rate", "5/s", "--burst", "0"], "nothing would pass"),
        (&["--listen", free, "--to", good, "--rate", "1/d", "--burst", "1000"], "the limits cannot be kept"),
        (&["--listen", free, "--to", good, "--per-client", "often"], "written like 100/s"),
        (&["--listen", free, "--to", good, "--bandwidth", "0"], "nothing would pass"),
        (&["--listen", free, "--to", good, "--bandwidth", "1.5M"], "as 1500, 500K"),
        (&["--listen", free, "--to", good, "--fast"], "--fast"),
    ];
    for (arguments, says) in cases {
        let output = Program::run(&[&["proxy"], *arguments].concat());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
        assert_eq!(output.stdout, b"", "{arguments:?}: it announced that it serves");
    }
}

#[tokio::test]
async fn it_says_where_it_listens_and_serves() {
    let origin = Origin::start(Mode::ok()).await;
    let program = started(origin.address, &[]).await;
    let (address, origin) = (program.address, origin.address);
    let announced = format!("buttress: listening on http://{address}, forwarding to http://{origin}\n");
    assert_eq!(program.announced, announced);
    let mut client = Client::connect(address).await;
    client.send(GET).await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn it_says_where_its_admin_port_is_and_has_none_unless_asked() {
    let origin = Origin::start(Mode::ok()).await;
    let mut program = started(origin.address, &["--admin", "[::1]:0"]).await;
    let (program, line) = aside(move || {
        let line = program.next_line_of_stdout();
        (program, line)
    })
    .await;
    let address: SocketAddr =
        line.strip_prefix("buttress: admin on http://").unwrap().trim_end().parse().unwrap();
    let mut client = Client::connect(address).await;
    client.send(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\n\r\n")).await;
    assert_eq!(client.answer().await.status, 200);
    drop(program);

    let mut program = started(origin.address, &[]).await;
    program.signal("TERM");
    assert_eq!(aside(move || program.next_line_of_stdout()).await, "", "nothing but the one line");
}

#[tokio::test]
async fn an_unreachable_origin_is_a_warning_and_the_proxy_serves() {
    let refused = nobody();
    let program = started(refused, &[]).await;
    let mut client = Client::connect(program.address).await;
    client.send(GET).await;
    assert_eq!(client.answer().await.status, 502);
    let mut program = program;
    let warning = aside(move || {
        let warning = program.next_line_of_stderr();
        program.signal("TERM");
        warning
    })
    .await;
    assert!(warning.contains(&format!("warning: http://{refused} is unreachable")), "{warning}");
}

#[tokio::test]
async fn an_attempt_that_may_take_all_the_time_is_a_warning_where_there_are_retries() {
    let origin = Origin::start(Mode::ok()).await;
    for (arguments, warned) in [
        (&["--timeout", "5s"][..], true),
        (&["--timeout", "5s", "--retries", "0"], false),
        (&["--timeout", "5s", "--attempt-timeout", "2s"], false),
    ] {
        let program = started(origin.address, arguments).await;
        program.signal("TERM");
        let (code, stderr) = ended(program).await;
        assert_eq!((code, stderr.contains("set a shorter --attempt-timeout")), (Some(0), warned), "{stderr}");
    }
}

#[tokio::test]
async fn h16_a_signal_lets_requests_finish_and_takes_no_new_connections() {
    for signal in ["TERM", "INT"] {
        let origin = Origin::start(gated()).await;
        let program = started(origin.address, &[]).await;
        let mut idle = Client::connect(program.address).await;
        let mut busy = Client::connect(program.address).await;
        busy.send(GET).await;
        busy.read_through(b"\r\n\r\nhalf").await;
        program.signal(signal);
        until_closed(program.address).await;
        assert_eq!(idle.rest().await.0, b"", "an idle connection is closed");
        origin.open_gate();
        assert_eq!(busy.rest().await.0, b"half");
        assert_eq!(ended(program).await, (Some(0), String::new()), "{signal}");
    }
}

#[tokio::test]
async fn h16_a_second_signal_does_not_wait() {
    let origin = Origin::start(gated()).await;
    let program = started(origin.address, &["--grace", "1h"]).await;
    let mut busy = Client::connect(program.address).await;
    busy.send(GET).await;
    busy.read_through(b"\r\n\r\nhalf").await;
    program.signal("TERM");
    until_closed(program.address).await;
    program.signal("TERM");
    let (_, connection) = busy.rest().await;
    assert_eq!(connection.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    let (code, stderr) = ended(program).await;
    assert_eq!(code, Some(0));
    assert!(stderr.contains("stopped at once"), "{stderr}");
}

#[tokio::test]
async fn h16_when_the_grace_is_over_the_rest_is_cut() {
    let origin = Origin::start(gated()).await;
    let program = started(origin.address, &["--grace", "50ms"]).await;
    let mut busy = Client::connect(program.address).await;
    busy.send(GET).await;
    busy.read_through(b"\r\n\r\nhalf").await;
    program.signal("TERM");
    let (_, connection) = busy.rest().await;
    assert_eq!(connection.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    let (code, stderr) = ended(program).await;
    assert_eq!(code, Some(0));
    assert!(stderr.contains("connections cut: 1"), "{stderr}");
}

#[tokio::test]
async fn h17_without_file_descriptors_it_waits_and_recovers() {
    let origin = Origin::start(Mode::ok()).await;
    let address = origin.address;
    let program = aside(move || Program::limited_proxy(address, 32)).await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(Client::connect(program.address).await);
    }
    let before = program.cpu_ticks();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let spent = program.cpu_ticks() - before;
    assert!(spent < 30, "{spent} hundredths of a second went into accepting in vain");
    // One that got in is told so, and without a time to come back: it is not the origin's breaker.
    let mut first = clients.remove(0);
    for _ in 0..10 {
        first.send(GET).await;
        let answer = first.answer().await;
        assert_eq!((answer.status, answer.field("retry-after")), (503, None));
    }
    drop(clients);
    let mut client = Client::connect(program.address).await;
    client.send(GET).await;
    assert_eq!(client.answer().await.status, 200);
}
