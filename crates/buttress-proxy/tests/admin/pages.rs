//! What an operator sees.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use crate::support::{Client, Mode, Origin, Running, nobody, soon};
use crate::{GET, parsed, proxy_of};
use buttress::circuit_breaker::State;
use serde_json::json;
use tokio::net::TcpStream;

#[tokio::test]
async fn the_status_is_what_the_breakers_are() {
    let (proxy, origins) = proxy_of::<2>().await;
    proxy.ask(GET).await;
    proxy.breakers[1].force_open();
    let status = parsed(&proxy.page("/status").await);
    let of = |origin: usize| &status["circuit_breakers"][origins[origin].address.to_string()];
    assert_eq!(of(0)["state"], "closed", "{status:#}");
    assert_eq!(of(0)["totals"]["successes"], 1);
    assert_eq!(of(1)["state"], "forced_open");
    assert_eq!(status["health"]["verdict"], "unhealthy");

    let page = proxy.page("/status").await.text();
    assert!(page.lines().count() > 20 && page.ends_with("}\n"), "it is for people too: {page}");
}

#[tokio::test]
async fn s3_35_w61_the_peers_are_the_origins_and_their_number_is_one_that_can_be_had() {
    let (proxy, origins) = proxy_of::<2>().await;
    for _ in 0..4 {
        assert_eq!(proxy.ask(GET).await.status, 200);
    }
    proxy.breakers[1].force_open();
    let peers = parsed(&proxy.page("/peers").await);
    assert_eq!(peers["entries"], 2, "{peers:#}");
    let of = |origin: usize| {
        let best = peers["best"].as_array().unwrap();
        best.iter().find(|peer| peer["peer"] == origins[origin].address.to_string()).unwrap()
    };
    assert!(of(0)["score"].as_f64().unwrap() > 50.0, "{peers:#}");
    assert_eq!((&of(0)["breaker"], &of(1)["breaker"]), (&json!("closed"), &json!("forced_open")));
    let states = json!({ "closed": 1, "half_open": 0, "open": 0, "forced_open": 1, "forced_closed": 0 });
    assert_eq!((&peers["states"], &peers["trips"]), (&states, &json!(0)), "{peers:#}");

    let one = parsed(&proxy.page("/peers?top=1").await);
    assert_eq!((one["best"].as_array().map(Vec::len), &one["entries"]), (Some(1), &json!(2)));
    assert_eq!(one["worst"].as_array().map(Vec::len), Some(1));
    assert_eq!(one["worst"][0]["peer"], origins[1].address.to_string(), "its breaker is open: {one:#}");
    for wrong in ["-1", "0", "1001", "18446744073709551616", "ten", "1.5", ""] {
        let refused = proxy.page(&format!("/peers?top={wrong}")).await;
        assert_eq!(refused.status, 400, "{wrong}");
        assert!(refused.text().contains("top cannot be read: a number from 1 to 1000 is needed"), "{wrong}");
    }
    assert_eq!(proxy.page("/peers?bottom=1").await.status, 400);
}

#[tokio::test]
async fn s3_35_what_is_said_of_breakers_is_said_of_those_that_decide() {
    let (proxy, origins) = proxy_of::<1>().await;
    origins[0].set(Mode::text("500 Oh No", ""));
    for _ in 0..30 {
        proxy.ask(GET).await;
    }
    let trips = proxy.breakers[0].snapshot().opened;
    assert!(trips > 0);
    let peers = parsed(&proxy.page("/peers").await);
    assert_eq!((&peers["states"]["closed"], &peers["trips"]), (&json!(0), &json!(trips)), "{peers:#}");
    let status = proxy.status("peers", "origins").await;
    assert_eq!(
        (&status["entries"], status.get("states"), status.get("trips")),
        (&json!(1), None, None),
        "{status:#}"
    );
    assert_eq!(status["worst"][0].get("breaker"), None, "{status:#}");
    let metrics = proxy.page("/metrics").await.text();
    assert!(
        metrics.contains("\nbuttress_peers_banned_current{") && !metrics.contains("\nbuttress_peers{"),
        "{metrics}"
    );
}

#[tokio::test]
async fn s2_07_s2_08_metrics_are_the_text_that_prometheus_reads() {
    let (proxy, origins) = proxy_of::<1>().await;
    proxy.ask(GET).await;
    let answer = proxy.page("/metrics").await;
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!((answer.status, answer.field("content-type").as_deref()), (200, Some(kind)));
    let state = format!("\nbuttress_circuit_breaker_state{{name=\"{}\"}} 0\n", origins[0].address);
    assert!(answer.text().contains(&state), "{}", answer.text());
}

#[tokio::test]
async fn the_pages_show_what_was_sent_again_what_may_be_and_what_took_too_long() {
    let origins = [Origin::start(Mode::HangUp).await, Origin::start(Mode::ok()).await];
    let limit = Duration::from_millis(200);
    let proxy = Running::with(&origins.each_ref().map(|origin| origin.address), |config| {
        config.attempt_timeout = limit;
        config.timeout = limit * 2;
    })
    .await;
    assert_eq!(proxy.ask(GET).await.status, 200);
    origins.iter().for_each(|origin| origin.set(Mode::Silent));
    let once = "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(proxy.ask(once).await.status, 504);
    let status = parsed(&proxy.page("/status").await);
    let retries = &status["retries"]["proxy"];
    assert_eq!((&retries["max_attempts"], &retries["attempts"][1]), (&json!(3), &json!(1)), "{status:#}");
    assert_eq!(retries["budget"]["withdrawn"], 1, "{status:#}");
    assert_eq!(status["deadlines"]["proxy"]["limit"], 0.4, "{status:#}");

    let metrics = proxy.page("/metrics").await.text();
    for line in [
        "buttress_retry_attempts_total{policy=\"proxy\",attempt=\"2\"} 1",
        "buttress_retry_budget_balance{policy=\"proxy\"} 10",
        "buttress_timeouts_total{name=\"proxy\",cause=\"limit\"} 1",
    ] {
        assert!(metrics.contains(&format!("\n{line}\n")), "no {line} in {metrics}");
    }
}

#[tokio::test]
async fn the_pages_show_how_much_is_taken_on_and_what_was_too_much() {
    let origin = Origin::start(Mode::ok()).await;
    let proxy = Running::with(&[origin.address], |config| {
        config.limits.max_concurrent = NonZeroU32::new(7);
        config.limits.rate = Some("100/h".parse().unwrap());
        config.limits.per_client = Some("1/h".parse().unwrap());
        config.limits.bandwidth = NonZeroU64::new(1_000_000);
    })
    .await;
    assert_eq!(proxy.ask(GET).await.status, 200);
    assert_eq!(proxy.ask(GET).await.status, 429);
    let status = parsed(&proxy.page("/status").await);
    let name = origin.address.to_string();
    assert_eq!(status["bulkheads"][&name]["limit"], 7, "{status:#}");
    assert_eq!(status["rate_limits"]["proxy"]["admitted"], 1, "{status:#}");
    assert_eq!(status["keyed_rate_limits"]["clients"]["rejected"], 1, "{status:#}");
    assert_eq!(status["bandwidths"]["proxy"]["download"]["limit"], 1_000_000, "{status:#}");

    let metrics = proxy.page("/metrics").await.text();
    for line in [
        format!("buttress_bulkhead_limit{{bulkhead=\"{name}\"}} 7"),
        format!("buttress_bulkhead_completed_total{{bulkhead=\"{name}\"}} 1"),
        "buttress_rate_limiter_allowed_total{limiter=\"proxy\"} 1".to_owned(),
    ] {
        assert!(metrics.contains(&format!("\n{line}\n")), "no {line} in {metrics}");
    }
    for family in ["buttress_rate_limiter_rejected_total{limiter=\"clients\"", "buttress_bandwidth_"] {
        assert!(metrics.contains(&format!("\n{family}")), "no {family} in {metrics}");
    }
}

#[tokio::test]
async fn the_verdict_names_what_is_not_well_while_the_process_is() {
    let (proxy, origins) = proxy_of::<2>().await;
    let answer = proxy.page("/healthz").await;
    assert_eq!((answer.status, parsed(&answer)), (200, json!({ "verdict": "healthy", "reasons": [] })));
    proxy.breakers[0].force_open();
    let answer = proxy.page("/healthz").await;
    let health = parsed(&answer);
    assert_eq!((answer.status, &health["verdict"]), (200, &json!("unhealthy")));
    assert_eq!(health["reasons"][0]["name"], origins[0].address.to_string());
    assert_eq!(health["reasons"][0]["state"], "forced_open");
}

#[tokio::test]
async fn it_is_ready_while_any_origin_can_be_asked() {
    let (proxy, origins) = proxy_of::<2>().await;
    let ready = async || {
        let answer = proxy.page("/readyz").await;
        (answer.status, parsed(&answer))
    };
    let yes = (200, json!({ "ready": true, "reasons": [] }));
    assert_eq!(ready().await, yes);
    proxy.breakers[0].force_open();
    assert_eq!(ready().await, yes, "the other one admits");
    proxy.breakers[1].force_open();
    let (status, page) = ready().await;
    assert_eq!((status, &page["ready"]), (503, &json!(false)));
    for (at, origin) in page["reasons"].as_array().unwrap().iter().enumerate() {
        assert!(
            origins.iter().any(|known| {
                *origin == json!(format!("circuit_breaker {} is forced_open", known.address))
            }),
            "{at}: {origin}"
        );
    }
    assert_eq!(page["reasons"].as_array().unwrap().len(), 2);
    proxy.breakers[1].reset();
    assert_eq!(ready().await, yes);
    let rejected: u64 = proxy.breakers.iter().map(|breaker| breaker.snapshot().totals.rejected).sum();
    assert_eq!(rejected, 0, "to look is not to ask");
}

#[tokio::test]
async fn a_breaker_that_is_due_for_a_probe_is_ready_for_it() {
    let origin = Origin::start(Mode::Reset).await;
    let proxy = Running::before(&[origin.address]).await;
    while proxy.breakers[0].state() != State::Open {
        proxy.ask(GET).await;
    }
    soon(async {
        while proxy.page("/readyz").await.status != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(proxy.breakers[0].state(), State::Open, "nobody has asked the origin");
}

#[tokio::test]
async fn h16_it_is_not_ready_from_the_moment_it_was_asked_to_stop() {
    let origin = Origin::start(Mode::Gated(
        b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf".into(),
        b"half".into(),
    ))
    .await;
    let mut proxy = Running::before(&[origin.address]).await;
    let mut busy = proxy.connect().await;
    busy.send(GET).await;
    busy.read_through(b"half").await;
    assert_eq!(proxy.page("/readyz").await.status, 200);
    proxy.stop();
    soon(async {
        while TcpStream::connect(proxy.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let answer = proxy.page("/readyz").await;
    let expected = json!({ "ready": false, "reasons": ["the proxy was asked to stop"] });
    assert_eq!((answer.status, parsed(&answer)), (503, expected));
    assert_eq!(proxy.page("/healthz").await.status, 200, "the process is still well");

    let mut idle = Client::connect(proxy.admin).await;
    origin.open_gate();
    assert_eq!(busy.rest().await.0, b"half");
    assert_eq!(proxy.stopped().await.aborted, 0);
    assert_eq!(idle.rest().await.0, b"", "the admin port ends with the proxy");
    assert!(TcpStream::connect(proxy.admin).await.is_err());
}

#[tokio::test]
async fn pages_about_failures_say_what_cannot_be_asked_for() {
    let (proxy, _origins) = proxy_of::<1>().await;
    for (path, status, says) in [
        ("/failures?days=0", 400, "from 1 to 31"),
        ("/failures?days=many", 400, "from 1 to 31"),
        ("/failures?since=today", 400, "2026-11-22T10:00:00Z"),
        ("/failures?category=odd", 400, "network, storage"),
        ("/failures?severity=odd", 400, "info, warning"),
        ("/failures?colour=red", 400, "there is no parameter"),
        ("/failures?days=1&days=2", 400, "twice"),
        ("/failures/one", 400, "as in /failures/17"),
        ("/failures/17", 404, "there is no such failure"),
        ("/budget", 404, "as in --slo 99.9"),
        ("/health", 404, "/failures/NUMBER"),
        ("/health", 404, "POST /health/reset"),
    ] {
        let answer = proxy.page(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().contains(says), "{path}: {}", answer.text());
    }
    let empty = parsed(&proxy.page("/failures?days=31&component=a%20b&severity=Error").await);
    assert_eq!(empty["statistics"]["total"], 0);
}

#[tokio::test]
async fn s0_62_one_failure_can_be_looked_at_by_its_number() {
    let (proxy, origins) = proxy_of::<1>().await;
    origins[0].set(Mode::text("500 Oh No", ""));
    proxy.ask(GET).await;
    let failures = parsed(&proxy.page("/failures").await);
    let number = failures["analysis"]["recent"][0]["id"].as_u64().unwrap();
    let report = parsed(&proxy.page(&format!("/failures/{number}")).await);
    assert_eq!(report["record"]["message"], "answered Internal Server Error", "{report:#}");
    assert_eq!(report["record"]["component"], origins[0].address.to_string());
    assert_eq!(report["breaker"], "closed");
    proxy.breakers[0].force_open();
    assert_eq!(parsed(&proxy.page(&format!("/failures/{number}")).await)["breaker"], "forced_open");
}

#[tokio::test]
async fn two_turns_of_one_origin_share_its_breaker() {
    let refused = nobody();
    let proxy = Running::with(&[refused, refused], |config| config.retries = 0).await;
    proxy.ask(GET).await;
    proxy.ask(GET).await;
    let status = parsed(&proxy.page("/status").await);
    assert_eq!(status["circuit_breakers"][refused.to_string()]["totals"]["failures"], 2, "{status:#}");
}
