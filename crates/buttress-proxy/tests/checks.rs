//! Origins that are looked at beside the requests.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::num::NonZeroU32;
use std::time::Duration;

use buttress::health::Config;
use buttress_proxy::{Checks, ProxyConfig};
use support::{Mode, Origin, PATIENCE, Program, Running, nobody, soon};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// One bad answer is enough, and after the first look the proxy looks when it is told to.
fn on_demand(config: &mut ProxyConfig) {
    let hour = Duration::from_secs(3_600);
    let checks = Config::builder().interval(hour).timeout(PATIENCE).unhealthy_after(1).build().unwrap();
    config.checks = Some(Checks { path: "/healthz".parse().unwrap(), config: checks });
}

/// A proxy in front of two origins that behave like this, after the first look at both.
async fn proxy_of(modes: [Mode; 2], change: impl FnOnce(&mut ProxyConfig)) -> (Running, [Origin; 2]) {
    let [one, two] = modes;
    let origins = [Origin::start(one).await, Origin::start(two).await];
    let proxy = Running::with(&origins.each_ref().map(|origin| origin.address), |config| {
        on_demand(config);
        change(config);
    })
    .await;
    until_looked_at(&proxy).await;
    (proxy, origins)
}

/// Waits until the first look at each origin has ended.
async fn until_looked_at(proxy: &Running) {
    let monitor = proxy.checks.as_ref().unwrap();
    soon(async {
        while monitor.statuses().values().any(|status| status.checks == 0) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn look(proxy: &Running) {
    soon(proxy.checks.as_ref().unwrap().check_now()).await;
}

/// How many requests of clients each origin has seen.
fn seen(origins: &[Origin; 2]) -> [usize; 2] {
    origins.each_ref().map(|origin| {
        let requests = origin.log().requests;
        requests.iter().filter(|request| request.line() == "GET / HTTP/1.1").count()
    })
}

#[tokio::test]
async fn an_origin_that_is_unwell_gets_nothing_until_it_is_back() {
    let (proxy, origins) = proxy_of([Mode::Unwell, Mode::ok()], |_| {}).await;
    for _ in 0..6 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    assert_eq!(seen(&origins), [0, 6]);
    origins[0].set(Mode::ok());
    look(&proxy).await;
    for _ in 0..6 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    assert_eq!(seen(&origins), [3, 9]);
}

#[tokio::test]
async fn if_none_is_well_all_are_asked_as_if_all_were() {
    let (proxy, origins) = proxy_of([Mode::Unwell, Mode::Unwell], |_| {}).await;
    for _ in 0..6 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    assert_eq!(seen(&origins), [3, 3]);
}

#[tokio::test]
async fn an_unwell_origin_is_asked_when_the_breaker_of_the_other_refuses() {
    let (proxy, origins) = proxy_of([Mode::ok(), Mode::Unwell], |_| {}).await;
    proxy.breakers[0].force_open();
    assert_eq!(proxy.ask(GET).await.status, 200);
    assert_eq!(seen(&origins), [0, 1]);
}

#[tokio::test]
async fn an_unwell_origin_is_not_asked_because_the_other_is_full() {
    let gated = Mode::Gated(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".into(), b"half".into());
    let (proxy, origins) = proxy_of([Mode::ok(), Mode::Unwell], |config| {
        config.limits.max_concurrent = NonZeroU32::new(1);
    })
    .await;
    origins[0].set(gated);
    let mut first = proxy.connect().await;
    first.send(GET).await;
    origins[0].until(|log| log.under_way == 1).await;
    assert_eq!(proxy.ask(GET).await.status, 503, "it waits for its turn and has none");
    origins[0].open_gate();
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(seen(&origins), [1, 0]);
}

#[tokio::test]
async fn a_request_that_failed_is_not_sent_to_an_unwell_origin_instead() {
    let (proxy, origins) = proxy_of([Mode::ok(), Mode::Unwell], |_| {}).await;
    origins[0].set(Mode::HangUp);
    assert_eq!(proxy.ask(GET).await.status, 502);
    assert_eq!((origins[0].log().heads, seen(&origins)), (1 + 3, [0, 0]), "one look and three attempts");
    // Unless there is no other.
    proxy.breakers[0].force_open();
    assert_eq!(proxy.ask(GET).await.status, 200);
}

#[tokio::test]
async fn w12_w44_no_request_waits_for_a_check_that_hangs() {
    let origins = [Origin::start(Mode::Silent).await, Origin::start(Mode::ok()).await];
    let addresses = origins.each_ref().map(|origin| origin.address);
    let proxy = Running::with(&addresses, on_demand).await;
    // Both are looked at: the one never answers, the other is known to be well.
    origins[0].until(|log| log.requests.len() == 1).await;
    let well = addresses[1].to_string();
    soon(async {
        while proxy.checks.as_ref().unwrap().status(&well).unwrap().successes == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    origins[0].set(Mode::ok());
    for _ in 0..4 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    assert_eq!(seen(&origins), [2, 2], "and what nothing is known of is asked");
}

#[tokio::test]
async fn s2_60_the_pages_show_what_was_found_and_why() {
    let (proxy, origins) = proxy_of([Mode::Unwell, Mode::ok()], |_| {}).await;
    let monitor = proxy.status("health_monitors", "origins").await;
    let of = |origin: usize| &monitor["checks"][origins[origin].address.to_string()];
    assert_eq!((&of(0)["status"], &of(1)["status"]), (&"unhealthy".into(), &"healthy".into()), "{monitor:#}");
    assert_eq!(of(0)["reason"], "it answered 503 Service Unavailable", "{monitor:#}");
    let page = proxy.page("/metrics").await.text();
    for (origin, value) in [(0, 0), (1, 1)] {
        let address = origins[origin].address;
        let series =
            format!("\nbuttress_health_check_status{{checker=\"origins\",check=\"{address}\"}} {value}\n");
        assert!(page.contains(&series), "{page}");
    }
    let asked = origins[1].log().requests.remove(0);
    assert_eq!(asked.line(), "GET /healthz HTTP/1.1");
    assert_eq!(asked.field("host"), Some(origins[1].address.to_string()));
    assert!(asked.field("user-agent").unwrap().starts_with("buttress/"), "{}", asked.head);
}

#[tokio::test]
async fn an_origin_that_cannot_be_reached_is_unwell_and_says_why() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[nobody(), origin.address], on_demand).await;
    until_looked_at(&proxy).await;
    let statuses = proxy.checks.as_ref().unwrap().statuses();
    let unwell = statuses.values().find(|status| !status.healthy).unwrap();
    let why = unwell.reason.as_deref().unwrap();
    assert!(why.to_lowercase().contains("connection refused"), "{why}");
}

#[tokio::test]
async fn g8_a_proxy_that_has_stopped_looks_no_more() {
    let (mut proxy, _origins) = proxy_of([Mode::ok(), Mode::ok()], |_| {}).await;
    let monitor = proxy.checks.clone().unwrap();
    assert!(monitor.is_running());
    proxy.stop();
    let _ = proxy.stopped().await;
    assert!(!monitor.is_running());
}

#[tokio::test]
async fn s2_59_the_program_warns_once_when_an_origin_becomes_unwell_and_once_when_it_is_back() {
    let origin = Origin::start(Mode::Unwell).await;
    let address = origin.address;
    let lines = |mut program: Program| {
        soon(tokio::task::spawn_blocking(move || (program.next_line_of_stderr(), program)))
    };
    let arguments = ["--check", "/healthz", "--check-interval", "1500ms", "--check-timeout", "1200ms"];
    let program =
        soon(tokio::task::spawn_blocking(move || Program::proxy(address, &arguments))).await.unwrap();
    let (line, program) = lines(program).await.unwrap();
    let because = "it answered 503 Service Unavailable; it gets no requests while another origin is well";
    assert_eq!(line, format!("buttress: warning: http://{address} is unhealthy: {because}\n"));
    // Three looks, and no warning after each.
    let looks = origin.log().requests.len();
    assert!(looks >= 3, "{looks}");
    origin.until(|log| log.requests.len() > looks).await;
    origin.set(Mode::ok());
    let (line, _program) = lines(program).await.unwrap();
    assert_eq!(line, format!("buttress: warning: http://{address} is healthy again\n"));
}

#[test]
fn what_cannot_be_checked_is_refused_with_its_reason() {
    for (arguments, reason) in [
        (&["--check", "healthz"][..], "begins with a slash"),
        (&["--check-interval", "3s"], "--check <PATH>"),
        (&["--check", "/", "--check-timeout", "10s"], "shorter than the interval less its jitter"),
        (&["--check", "/", "--check-interval", "0s"], "longer than zero"),
    ] {
        let own = ["proxy", "--listen", "127.0.0.1:0", "--to", "http://127.0.0.1:1"];
        let output = Program::run(&[&own, arguments].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
}
