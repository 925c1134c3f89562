//! A real Prometheus reads the proxy.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use buttress::circuit_breaker::{Config, Handle, Keyed, State, presets};
use buttress::metrics::{FAMILIES, Family, Kind};
use support::{Mode, Origin, Prometheus, Running, soon};

const GET: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

/// Slower than this is slow: much slower than any call that does not wait for something.
const SLOW: Duration = Duration::from_millis(500);

/// Longer than it takes until all that is in the window was scraped.
const LONG: Duration = Duration::from_secs(60);

/// Long enough to be scraped meanwhile.
const LEASE: Duration = Duration::from_secs(2);

fn config() -> Config {
    let open_for = Duration::from_secs(1);
    let rules = presets::proxy().to_builder().no_rules().window(LONG).consecutive_failures(5);
    let recovery =
        rules.open_for(open_for).escalation(1.0, open_for).jitter(0.0).probe_lease(LEASE).half_open_probes(1);
    recovery.slow_call_rate_threshold(1.0, SLOW).build().unwrap()
}

/// Whether it tells of breakers, and in the shape the proxy shows: their states are numbers, not a series each.
fn is_shown(family: &Family) -> bool {
    family.name.starts_with("circuit_breaker_") && family.prefixed
}

/// What Prometheus calls the series that tell whether a family moved.
fn series(family: &Family) -> String {
    let count = if family.kind == Kind::Histogram { "_count" } else { "" };
    family.full_name("buttress") + count
}

#[tokio::test]
async fn s2_07_s2_28_s2_33_w42_a_real_prometheus_sees_every_family_move() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |proxy| proxy.breaker = config()).await;
    let breaker = &proxy.breakers[0];
    // The proxy has no states per key; who adds some to its registry sees them too.
    let peers =
        |capacity| Keyed::<str>::with_capacity("peers", config(), NonZeroUsize::new(capacity).unwrap());
    let few = peers(1);
    proxy.registry.add(few.clone()).unwrap();
    let prometheus = Prometheus::scraping(proxy.admin).await;
    let own = |name: &str| format!("buttress_circuit_breaker_{name}{{name=\"{}\"}}", origin.address);
    prometheus.until_seen(&own("state"), 0.0).await;

    assert_eq!(proxy.ask(GET).await.status, 200);
    prometheus.until_seen(&own("failure_ratio"), 0.0).await;
    prometheus.until_seen(&own("slow_call_ratio"), 0.0).await;
    answer_slowly(&origin, &proxy).await;
    origin.set(Mode::text("500 Internal Server Error", ""));
    for _ in 0..2 {
        assert_eq!(proxy.ask(GET).await.status, 500);
    }
    prometheus.until_seen(&own("consecutive_failures"), 2.0).await;
    prometheus.until_seen(&own("failure_ratio"), 0.5).await;
    prometheus.until_seen(&own("slow_call_ratio"), 0.25).await;

    while breaker.state() != State::Open {
        assert_eq!(proxy.ask(GET).await.status, 500);
    }
    assert_eq!(proxy.ask(GET).await.status, 503);
    prometheus.until_seen(&own("state"), 2.0).await;
    lose_a_probe(&origin, &proxy, &prometheus, &own).await;
    origin.set(Mode::ok());
    while breaker.state() != State::Closed {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }

    origin.set(Mode::text("500 Internal Server Error", ""));
    breaker.set_shadow(true);
    while breaker.snapshot().totals.would_reject == 0 {
        assert_eq!(proxy.ask(GET).await.status, 500);
    }
    give_up_by_a_panic(breaker);
    crowd(&few);
    prometheus.until_moved("buttress_circuit_breaker_keys_overflowed_total").await;
    proxy.registry.replace(peers(2)).unwrap();

    for family in FAMILIES.iter().filter(|family| is_shown(family)) {
        prometheus.until_moved(&series(family)).await;
    }
}

/// One whole answer that takes longer than [`SLOW`].
async fn answer_slowly(origin: &Origin, proxy: &Running) {
    origin.set(Mode::Gated(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".into(), b"half".into()));
    let mut client = proxy.connect().await;
    client.send(GET).await;
    client.read_through(b"half").await;
    tokio::time::sleep(SLOW * 2).await;
    origin.open_gate();
    client.read_through(b"half").await;
    proxy.until_judged(2).await;
}

/// Lets a breaker that is open admit a probe, and the probe outlive its lease.
async fn lose_a_probe(
    origin: &Origin,
    proxy: &Running,
    prometheus: &Prometheus,
    own: &impl Fn(&str) -> String,
) {
    let breaker = &proxy.breakers[0];
    let asked = origin.log().heads;
    origin.set(Mode::Silent);
    let mut client = proxy.connect().await;
    loop {
        client.send(GET).await;
        tokio::select! {
            answer = client.answer() => assert_eq!(answer.status, 503),
            _ = origin.until(|log| log.heads > asked) => break,
        }
    }
    prometheus.until_seen(&own("state"), 1.0).await;
    prometheus.until_seen(&own("probes_in_flight"), 1.0).await;
    soon(async {
        while breaker.snapshot().totals.expired_leases == 0 {
            drop(breaker.acquire());
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// More keys than there is room for: one goes for another, and that one has to stay.
fn crowd(few: &Keyed<str>) {
    drop(few.of("a").acquire());
    few.of("b").force_open();
    drop(few.of("c").acquire());
}

/// A call that panics.
fn give_up_by_a_panic(breaker: &Handle) {
    let call = AssertUnwindSafe(|| {
        let _permit = breaker.acquire();
        resume_unwind(Box::new("a call that panics"));
    });
    assert!(catch_unwind(call).is_err());
}
