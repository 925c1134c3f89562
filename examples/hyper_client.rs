//! A hyper client that tries again: uploads come through although the origin drops connections, each with all of its body, and
//! an order is placed once.
//!
//! `cargo run -p buttress-examples --example hyper_client`

use axum::Router;
use axum::extract::State;
use axum::routing::any;
use buttress::retry::{Attempt, ByBody, Config, Handle, HttpCondition, RetryLayer};
use buttress::{BoxError, TimeoutLayer};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt};

/// Fails all but every third request; the answer is the length of what it was sent.
async fn origin(
    State(asked): State<Arc<AtomicUsize>>,
    request: Request<axum::body::Body>,
) -> (StatusCode, String) {
    let attempt = Attempt::of(&request).map_or(1, |attempt| attempt.number().get());
    if asked.fetch_add(1, SeqCst) % 3 != 2 {
        println!("  attempt {attempt}: the origin fails");
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    let len = request.into_body().collect().await.map_or(0, |body| body.to_bytes().len());
    println!("  attempt {attempt}: the origin has read {len} bytes");
    (StatusCode::OK, len.to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let asked = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let app = Router::new().route("/", any(origin)).with_state(asked.clone());
    tokio::spawn(async move {
        axum::serve(listener, app).await.unwrap_or_else(|error| eprintln!("server: {error}"));
    });

    let config = Config::builder().attempts(4).exponential(Duration::from_millis(20), 2.0).build()?;
    let retry = Handle::new("origin", config);
    let client = ServiceBuilder::new()
        // What `RetryLayer::http` does, over a handle to look at.
        .layer(RetryLayer::from_handle(retry.clone()).replay(ByBody::new()).when(HttpCondition::default()))
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .service(Client::builder(TokioExecutor::new()).build_http());
    let request = |method: Method| {
        Request::builder().method(method).uri(&url).body(Full::<Bytes>::from(vec![b'x'; 10_000]))
    };

    println!("-- an upload");
    let response = client.clone().oneshot(request(Method::PUT)?).await?;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.into_body().collect().await?.to_bytes(), "10000");
    assert_eq!((asked.load(SeqCst), retry.totals().retries()), (3, 2));

    println!("-- an order, which may have been placed although the answer says no");
    let response = client.oneshot(request(Method::POST)?).await?;
    assert_eq!((response.status(), asked.load(SeqCst)), (StatusCode::SERVICE_UNAVAILABLE, 4));
    Ok(())
}
