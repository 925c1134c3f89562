//! tonic: as a client and as a server.

use buttress::circuit_breaker::{CircuitBreakerLayer, Handle};
use buttress::{Reason, Rejected, TimeoutLayer};
use std::net::SocketAddr;
use std::time::Duration;
use support::breaker::{config, open};
use support::serve::{Desk, listen, nobody};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::HealthServer;
use tower::{Layer, ServiceBuilder};

/// A server of `desk` with `$layer` on it.
macro_rules! serve {
    ($desk:expr, $layer:expr) => {{
        let (listener, addr) = listen().await;
        let server = Server::builder().layer($layer).add_service(HealthServer::new($desk.clone()));
        tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
        addr
    }};
}

fn channel(addr: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{addr}")).unwrap().connect_lazy()
}

/// The error of a call that must fail; a macro, as each stack is a type of its own.
macro_rules! fails {
    ($service:expr) => {
        HealthClient::new($service).check(HealthCheckRequest::default()).await.unwrap_err()
    };
}

fn pushback(status: &Status) -> Option<u64> {
    status.metadata().get("grpc-retry-pushback-ms").map(|value| value.to_str().unwrap().parse().unwrap())
}

/// 30 s less what passed since it opened, and more than none.
fn is_the_time_left(millis: Option<u64>) -> bool {
    millis.is_some_and(|millis| (1..=30_000).contains(&millis))
}

#[tokio::test]
async fn s0_16_a_refusal_is_a_status_with_the_rejection_in_it() {
    let stack = CircuitBreakerLayer::from_handle(open()).as_status().layer(channel(nobody()));
    let status = fails!(stack);
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(Rejected::find(&status).unwrap().reason(), Reason::Open);
    assert!(is_the_time_left(pushback(&status)), "{status:?}");
    assert!(status.message().starts_with("circuit_breaker \"orders\": open for another"), "{status}");
}

#[tokio::test]
async fn boxed_refusals_are_unknown_to_a_client_but_are_found() {
    let stack = CircuitBreakerLayer::from_handle(open()).layer(channel(nobody()));
    let status = fails!(stack);
    assert_eq!(status.code(), Code::Unknown);
    assert_eq!(Rejected::find(&status).unwrap().reason(), Reason::Open);
}

#[tokio::test]
async fn s0_10_errors_of_the_transport_keep_the_code_that_tonic_gives_them() {
    let addr = nobody();
    let bare = fails!(channel(addr));
    let handle = Handle::new("orders", config());
    let breaker = CircuitBreakerLayer::from_handle(handle.clone()).as_status();
    let stack = breaker.layer(TimeoutLayer::new(Duration::from_secs(5)).as_status().layer(channel(addr)));
    let status = fails!(stack);
    assert_eq!((status.code(), status.message()), (bare.code(), bare.message()));
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(Rejected::find(&status), None);
    assert_eq!(handle.snapshot().totals.failures, 1);
}

#[tokio::test]
async fn s2_25_a_call_without_an_answer_is_deadline_exceeded_and_counts() {
    let addr = serve!(Desk::default(), tower::layer::util::Identity::new());
    let handle = Handle::new("orders", config());
    // The inner layer boxes: what it means crosses the box.
    let stack = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::from_handle(handle.clone()).as_status())
        .layer(TimeoutLayer::new(Duration::from_millis(20)))
        .service(channel(addr));
    let request = HealthCheckRequest { service: "slow".to_owned() };
    let status = HealthClient::new(stack).check(request).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(Rejected::find(&status).unwrap().was_sent());
    assert_eq!(handle.snapshot().totals.failures, 1);
}

#[tokio::test]
async fn a_rejection_inside_a_status_is_none_of_the_peers_failures() {
    let handle = Handle::new("outer", config());
    let outer = CircuitBreakerLayer::from_handle(handle.clone());
    let stack = outer
        .as_status()
        .layer(CircuitBreakerLayer::from_handle(open()).as_status().layer(channel(nobody())));
    assert_eq!(Rejected::find(&fails!(stack)).unwrap().name(), "orders");
    let totals = handle.snapshot().totals;
    assert_eq!((totals.failures, totals.ignored), (0, 1));
}

#[tokio::test]
async fn a_channel_cloned_a_hundred_times_has_one_breaker() {
    let desk = Desk::default();
    let addr = serve!(desk, tower::layer::util::Identity::new());
    let handle = Handle::new("orders", config());
    let breaker = CircuitBreakerLayer::from_handle(handle.clone()).as_status();
    let client = HealthClient::new(breaker.layer(channel(addr)));
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { client.check(HealthCheckRequest::default()).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((desk.calls(), handle.snapshot().totals.successes), (100, 100));

    handle.force_open();
    for _ in 0..100 {
        let status = client.clone().check(HealthCheckRequest::default()).await.unwrap_err();
        assert_eq!(Rejected::find(&status).unwrap().reason(), Reason::ForcedOpen);
        assert_eq!(pushback(&status), None);
    }
    assert_eq!((desk.calls(), handle.snapshot().totals.rejected), (100, 100));
}

#[tokio::test]
async fn answers_that_say_so_open_the_breaker_of_a_generated_client() {
    let desk = Desk::default();
    let addr = serve!(desk, tower::layer::util::Identity::new());
    let breaker = CircuitBreakerLayer::grpc(config()).as_status();
    let handle = breaker.handle().clone();
    let mut client = HealthClient::new(breaker.layer(channel(addr)));
    client.check(HealthCheckRequest::default()).await.unwrap();
    desk.fail(2);
    for _ in 0..2 {
        let status = client.check(HealthCheckRequest::default()).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Internal, "told to"));
    }
    let status = client.check(HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!(Rejected::find(&status).unwrap().reason(), Reason::Open);
    let totals = handle.snapshot().totals;
    assert_eq!((desk.calls(), totals.successes, totals.failures), (3, 1, 2));
}

#[tokio::test]
async fn a_server_refuses_in_a_head_that_clients_understand() {
    let desk = Desk::default();
    let grpc = serve!(desk, CircuitBreakerLayer::from_handle(open()).respond_grpc());
    let typed = serve!(desk, CircuitBreakerLayer::from_handle(open()).as_status());
    for addr in [grpc, typed] {
        let status = fails!(channel(addr));
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains("\"orders\": open for another"), "{status}");
        assert!(is_the_time_left(pushback(&status)), "{status:?}");
        // It came over the wire, from another's breaker.
        assert_eq!(Rejected::find(&status), None);
    }
    assert_eq!(desk.calls(), 0);
    let slow = serve!(desk, TimeoutLayer::new(Duration::from_millis(20)).respond_grpc());
    let request = HealthCheckRequest { service: "slow".to_owned() };
    let status = HealthClient::new(channel(slow)).check(request).await.unwrap_err();
    assert_eq!((status.code(), pushback(&status)), (Code::DeadlineExceeded, None));
}

/// Why the page on tonic tells servers not to leave the default.
#[tokio::test]
async fn a_boxed_refusal_on_a_server_kills_the_stream() {
    let addr = serve!(Desk::default(), CircuitBreakerLayer::from_handle(open()));
    let status = fails!(channel(addr));
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("h2 protocol error"), "{status}");
}
