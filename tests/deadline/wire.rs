//! Deadlines between processes, over real sockets.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use buttress::deadline::{Header, PropagateLayer};
use buttress::{Deadline, DeadlineLayer};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::serve::{self, Desk, listen};
use tonic::Code;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::HealthServer;
use tower::{ServiceBuilder, ServiceExt};

const LIMIT: Duration = Duration::from_secs(60);

async fn grpc_server(seen: Arc<Mutex<Vec<Duration>>>) -> SocketAddr {
    let (listener, addr) = listen().await;
    let note = tower::util::MapRequestLayer::new(move |request: Request<tonic::body::Body>| {
        let deadline = request.extensions().get::<Deadline>().expect("the layer above puts it there");
        seen.lock().unwrap().push(deadline.remaining());
        request
    });
    let layer = ServiceBuilder::new().layer(DeadlineLayer::http(10 * LIMIT).respond_grpc()).layer(note);
    let server = Server::builder().layer(layer).add_service(HealthServer::new(Desk::default()));
    tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
    addr
}

#[tokio::test]
async fn a_tonic_server_knows_what_is_left_to_its_client() {
    let seen = Arc::<Mutex<Vec<Duration>>>::default();
    let addr = grpc_server(Arc::clone(&seen)).await;
    let channel = Endpoint::from_shared(format!("http://{addr}")).unwrap().connect_lazy();
    let stack = ServiceBuilder::new()
        .layer(DeadlineLayer::http(LIMIT).as_status())
        .layer(PropagateLayer::grpc())
        .service(channel.clone());
    HealthClient::new(stack).check(HealthCheckRequest::default()).await.unwrap();
    let told = seen.lock().unwrap().pop().unwrap();
    assert!(told <= LIMIT && told > LIMIT / 2, "{told:?} of {LIMIT:?}");

    // tonic's own way of telling it is understood as well, down to nothing.
    let mut request = tonic::Request::new(HealthCheckRequest::default());
    request.set_timeout(LIMIT);
    HealthClient::new(channel.clone()).check(request).await.unwrap();
    let told = seen.lock().unwrap().pop().unwrap();
    assert!(told <= LIMIT && told > LIMIT / 2, "{told:?} of {LIMIT:?}");
    // The channel reads it too, and says `Cancelled` when its own timer is faster than the answer: a millisecond or so.
    for _ in 0..1_000 {
        let mut request = tonic::Request::new(HealthCheckRequest::default());
        request.metadata_mut().insert("grpc-timeout", "0n".parse().unwrap());
        let status = HealthClient::new(channel.clone()).check(request).await.unwrap_err();
        assert!(seen.lock().unwrap().is_empty(), "it was not sent");
        match status.code() {
            Code::DeadlineExceeded => return,
            other => assert_eq!(other, Code::Cancelled),
        }
    }
    panic!("the server never said so");
}

#[tokio::test]
async fn a_hyper_client_tells_an_axum_server_what_is_left() {
    let answer = get(|request: Request<Body>| async move {
        request.extensions().get::<Deadline>().unwrap().remaining().as_millis().to_string()
    });
    let router = Router::new().route("/", answer).layer(DeadlineLayer::http(10 * LIMIT).respond());
    let addr = serve::http(router).await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let stack = ServiceBuilder::new()
        .layer(DeadlineLayer::http(LIMIT))
        .layer(PropagateLayer::new(Header::default()))
        .service(client);
    let get = || Request::get(format!("http://{addr}/"));
    let response = stack.oneshot(get().body(Empty::new()).unwrap()).await.unwrap();
    let left: u64 =
        String::from_utf8(response.collect().await.unwrap().to_bytes().to_vec()).unwrap().parse().unwrap();
    assert!((30_000..=60_000).contains(&left), "{left}");

    // A client that has no time left is told so, and nobody works for it.
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let request = get().header("buttress-timeout-ms", "0").body(Empty::new()).unwrap();
    assert_eq!(client.request(request).await.unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
}
