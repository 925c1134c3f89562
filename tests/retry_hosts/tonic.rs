//! tonic: a generated client whose calls are tried again.

use crate::settings::handle;
use buttress::TimeoutLayer;
use buttress::retry::{ByBody, Config, GiveUp, GrpcCondition, Handle, RetryLayer};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::serve::{listen, nobody};
use tonic::codegen::BoxStream;
use tonic::metadata::MetadataMap;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Response, Status, async_trait};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::ServiceBuilder;

/// A code, and a pushback.
type Told = (Code, Option<&'static str>);

/// Answers by a list, and then well. Keeps what the calls said.
#[derive(Clone, Default)]
struct Desk {
    answers: Arc<Mutex<Vec<Told>>>,
    seen: Arc<Mutex<Vec<(String, MetadataMap)>>>,
}

impl Desk {
    /// The answers in the order in which they are given.
    fn answering(answers: &[Told]) -> Self {
        let answers = answers.iter().rev().copied().collect();
        Self { answers: Arc::new(Mutex::new(answers)), ..Self::default() }
    }

    fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

#[async_trait]
impl Health for Desk {
    type WatchStream = BoxStream<HealthCheckResponse>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        self.seen.lock().unwrap().push((message.service, metadata));
        let Some((code, pushback)) = self.answers.lock().unwrap().pop() else {
            return Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() }));
        };
        let mut metadata = MetadataMap::new();
        if let Some(pushback) = pushback {
            metadata.insert("grpc-retry-pushback-ms", pushback.parse().unwrap());
        }
        Err(Status::with_metadata(code, "told to", metadata))
    }

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("nobody watches"))
    }
}

async fn serve(desk: &Desk) -> SocketAddr {
    let (listener, addr) = listen().await;
    let server = Server::builder().add_service(HealthServer::new(desk.clone()));
    tokio::spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
    addr
}

fn channel(addr: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{addr}")).unwrap().connect_lazy()
}

/// Calls once, with a retry right above the channel.
async fn check(retry: &Handle, addr: SocketAddr) -> Result<(), Code> {
    check_by(retry, ByBody::grpc(), GrpcCondition::default(), addr).await
}

async fn check_by(retry: &Handle, replay: ByBody, when: GrpcCondition, addr: SocketAddr) -> Result<(), Code> {
    let layer = RetryLayer::from_handle(retry.clone()).replay(replay).when(when);
    let stack = ServiceBuilder::new().layer(layer.as_status()).service(channel(addr));
    let request = HealthCheckRequest { service: "orders".to_owned() };
    HealthClient::new(stack).check(request).await.map(drop).map_err(|status| status.code())
}

#[tokio::test]
async fn e7_an_unavailable_server_is_asked_again_with_the_same_message() {
    let desk = Desk::answering(&[(Code::Unavailable, None), (Code::Unavailable, Some("1"))]);
    let any = ByBody::grpc().any_method();
    check_by(&handle(3), any, GrpcCondition::default(), serve(&desk).await).await.unwrap();
    let seen = desk.seen.lock().unwrap();
    let number = |metadata: &MetadataMap, name: &str| {
        metadata.get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    for (at, (service, metadata)) in seen.iter().enumerate() {
        assert_eq!(service, "orders");
        assert_eq!(number(metadata, "buttress-attempt"), Some((at + 1).to_string()));
        let before = number(metadata, "grpc-previous-rpc-attempts");
        assert_eq!(before, (at > 0).then(|| at.to_string()));
    }
    assert_eq!(seen.len(), 3);
}

/// A handler that has charged the card may find something else unavailable.
#[tokio::test]
async fn e6_a_call_that_a_handler_has_seen_is_made_again_only_by_who_vouches_for_it() {
    let unavailable = [(Code::Unavailable, None); 2];
    for (replay, when, calls) in [
        (ByBody::grpc(), GrpcCondition::default(), 1),
        (ByBody::grpc(), GrpcCondition::on_codes([Code::Unavailable as i32]), 3),
        (ByBody::grpc().any_method(), GrpcCondition::default(), 3),
    ] {
        let (desk, retry) = (Desk::answering(&unavailable), handle(3));
        let result = check_by(&retry, replay, when, serve(&desk).await).await;
        assert_eq!((desk.calls(), result.is_ok()), (calls, calls == 3));
        assert_eq!(retry.totals().gave_up(GiveUp::NotReplayable), u64::from(calls == 1));
    }
    // The server itself says when.
    let desk = Desk::answering(&[(Code::Unavailable, Some("1")); 2]);
    check(&handle(3), serve(&desk).await).await.unwrap();
    assert_eq!(desk.calls(), 3);
}

#[tokio::test]
async fn e5_a_server_forbids_another_attempt_or_says_when() {
    for (answer, calls) in [
        ((Code::Unavailable, Some("-1")), 1),
        ((Code::Unavailable, Some("soon")), 1),
        ((Code::Internal, Some("1")), 1),
        ((Code::Internal, None), 1),
        ((Code::ResourceExhausted, None), 1),
        ((Code::ResourceExhausted, Some("1")), 3),
    ] {
        let desk = Desk::answering(&[answer; 3]);
        assert_eq!(check(&handle(3), serve(&desk).await).await, Err(answer.0));
        assert_eq!(desk.calls(), calls, "{answer:?}");
    }
    // Longer than anybody here waits: not tried again, and not early.
    let retry = Handle::without_budget("", Config::default());
    let desk = Desk::answering(&[(Code::Unavailable, Some("10000000000")); 3]);
    assert_eq!(check(&retry, serve(&desk).await).await, Err(Code::Unavailable));
    assert_eq!((desk.calls(), retry.totals().gave_up(GiveUp::Hint)), (1, 1));
}

#[tokio::test]
async fn e6_a_call_to_nobody_is_made_again_as_it_did_nothing() {
    let retry = handle(3);
    assert_eq!(check(&retry, nobody()).await, Err(Code::Unavailable));
    assert_eq!(retry.totals().retries(), 2);
    // The same through layers that box, or make a status of it.
    let retry = handle(3);
    let layer = RetryLayer::from_handle(retry.clone()).replay(ByBody::grpc()).when(GrpcCondition::default());
    let stack = ServiceBuilder::new()
        .layer(layer.as_status())
        .layer(TimeoutLayer::new(Duration::from_secs(5)).as_status())
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .service(channel(nobody()));
    HealthClient::new(stack).check(HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!(retry.totals().retries(), 2);
}
