//! Over real connections, with the clients that people use.

use crate::{Id, account, accounts, peers};
use axum::Router;
use axum::routing::get;
use buttress::retry::{self, RetryLayer};
use buttress::{AsStatus, Reason, Rejected, TimeoutLayer, classify};
use buttress_reputation::router::{Elsewhere, PeerRouter};
use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use support::serve::{self, Desk, listen, nobody};
use tonic::Code;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::HealthServer;
use tower::{Service, ServiceBuilder, ServiceExt};

/// Answers with this status, and counts.
async fn origin(status: StatusCode) -> (SocketAddr, Arc<AtomicU64>) {
    let hits = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&hits);
    let answer = move || {
        counted.fetch_add(1, SeqCst);
        async move { (status, "ok") }
    };
    (serve::http(Router::new().route("/", get(answer))).await, hits)
}

/// The same request to this origin.
fn addressed<B>(addr: SocketAddr, mut request: Request<B>) -> Request<B> {
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(Authority::try_from(addr.to_string()).expect("an address is one"));
    *request.uri_mut() = Uri::from_parts(parts).expect("it has all parts");
    request
}

#[tokio::test]
async fn e10_hyper_clients_of_four_origins_find_the_good_ones() {
    let ids: [Id; 4] = ["good", "well", "bad", "gone"];
    let (good, _) = origin(StatusCode::OK).await;
    let (well, _) = origin(StatusCode::OK).await;
    let (bad, hits) = origin(StatusCode::SERVICE_UNAVAILABLE).await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let client = |addr: SocketAddr| {
        let client = client.clone().map_request(move |request| addressed(addr, request));
        ServiceBuilder::new().layer(TimeoutLayer::new(Duration::from_secs(5))).service(client)
    };
    let selection = peers(ids.into_iter().zip([good, well, bad, nobody()].map(client)));
    // Without a budget, as of four origins two are down.
    let tireless = retry::Handle::without_budget("orders", retry::Config::default());
    let retry =
        RetryLayer::from_handle(tireless).replay(retry::ByBody::new()).when(retry::HttpCondition::default());
    let orders = ServiceBuilder::new()
        .layer(retry.map_replay(Elsewhere::new))
        .service(PeerRouter::http(selection.clone()).at_body_end());
    for _ in 0..60 {
        let request = Request::new(Empty::<Bytes>::new());
        let response = orders.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "ok");
    }
    assert_eq!(accounts(&selection, &["good", "well"]), (60, 0, 0));
    assert_eq!(account(&selection, "bad"), (0, hits.load(SeqCst), 0));
    let failed = accounts(&selection, &["bad", "gone"]).1;
    assert!((1..60).contains(&failed), "they are left alone: {failed}");
}

#[tokio::test]
async fn e10_reqwest_clients_of_three_origins() {
    let ids: [Id; 3] = ["good", "well", "bad"];
    let (good, _) = origin(StatusCode::OK).await;
    let (well, _) = origin(StatusCode::OK).await;
    let (bad, hits) = origin(StatusCode::SERVICE_UNAVAILABLE).await;
    let client = serve::client().build().unwrap();
    let client = |addr: SocketAddr| {
        client.clone().map_request(move |mut request: reqwest::Request| {
            request.url_mut().set_port(Some(addr.port())).expect("it has a host");
            request
        })
    };
    let selection = peers(ids.into_iter().zip([good, well, bad].map(client)));
    let mut orders = PeerRouter::new(selection.clone()).classify(classify::Http).at_body_end_boxed();
    let mut answered = 0;
    for _ in 0..30 {
        let request = reqwest::Request::new(reqwest::Method::GET, "http://127.0.0.1/".parse().unwrap());
        let response = orders.ready().await.unwrap().call(request).await.unwrap();
        answered += u64::from(response.status() == StatusCode::OK);
        response.text().await.unwrap();
    }
    assert_eq!(accounts(&selection, &ids), (answered, hits.load(SeqCst), 0));
    assert_eq!(answered + hits.load(SeqCst), 30);
}

#[tokio::test]
async fn e10_g4_tonic_clients_of_two_servers() {
    let mut channels = Vec::new();
    let desks = [Desk::default(), Desk::default()];
    for desk in &desks {
        let (listener, addr) = listen().await;
        let server = Server::builder().add_service(HealthServer::new(desk.clone()));
        tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
        channels.push(Endpoint::from_shared(format!("http://{addr}")).unwrap().connect_lazy());
    }
    let ids: [Id; 2] = ["a", "b"];
    let selection = peers(ids.into_iter().zip(channels));
    let mut health = HealthClient::new(PeerRouter::grpc(selection.clone()).refuse(AsStatus));
    for _ in 0..10 {
        health.check(HealthCheckRequest::default()).await.unwrap();
    }
    desks[0].fail(1);
    desks[1].fail(1);
    while health.check(HealthCheckRequest::default()).await.is_ok() {}
    let (successes, failures, in_flight) = accounts(&selection, &ids);
    assert_eq!((failures, in_flight), (1, 0), "by its trailers");
    assert_eq!(successes as usize + 1, desks[0].calls() + desks[1].calls());
    for id in ids {
        selection.remove(&id);
    }
    let status = health.check(HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(Rejected::find(&status).unwrap().reason(), Reason::NoPeer);
}
