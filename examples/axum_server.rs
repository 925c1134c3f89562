//! An axum server that asks another service for prices with a hyper client. A breaker and a timeout stand before that
//! client, so the server answers at once while the other one is down, and says when to come back. Uploads it passes on as they
//! come in, with a retry: the store behind it drops some of them, and gets all of each again.
//!
//! `cargo run -p buttress-examples --example axum_server`

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use buttress::circuit_breaker::{CircuitBreakerLayer, Config};
use buttress::retry::{self, RetryLayer};
use buttress::{BoxError, Rejected, TimeoutLayer, whole_seconds};
use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder, ServiceExt};

/// The client as handlers see it: a nameable type, boxed once.
type Prices = BoxCloneSyncService<Request<Empty<Bytes>>, http::Response<Incoming>, BoxError>;

fn prices_client(config: Config) -> Prices {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let stack = ServiceBuilder::new()
        .layer(CircuitBreakerLayer::http(config))
        .layer(TimeoutLayer::new(Duration::from_millis(500)))
        .service(client);
    BoxCloneSyncService::new(stack)
}

async fn price(State((mut prices, uri)): State<(Prices, Uri)>) -> Response {
    let answer = async {
        let request = Request::get(uri).body(Empty::new())?;
        let response = prices.ready().await?.call(request).await?;
        Ok::<_, BoxError>(response.into_body().collect().await?.to_bytes())
    };
    match answer.await {
        Ok(price) => price.into_response(),
        Err(error) => unavailable(&error),
    }
}

/// What a client of the shop sees while there are no prices.
fn unavailable(error: &BoxError) -> Response {
    match Rejected::find(&**error).and_then(|rejected| rejected.retry_after()) {
        Some(wait) => {
            let retry_after = [(header::RETRY_AFTER, whole_seconds(wait).to_string())];
            (StatusCode::SERVICE_UNAVAILABLE, retry_after, "no prices for the moment").into_response()
        }
        None => (StatusCode::BAD_GATEWAY, "the prices cannot be reached").into_response(),
    }
}

/// Puts what streams in into the store.
type Store = BoxCloneSyncService<Request<Body>, http::Response<Incoming>, BoxError>;

fn store_client(config: retry::Config) -> (Store, retry::Handle) {
    let retry = RetryLayer::http(config);
    let handle = retry.handle().clone();
    let stack = ServiceBuilder::new()
        .layer(retry)
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .service(Client::builder(TokioExecutor::new()).build_http());
    (BoxCloneSyncService::new(stack), handle)
}

/// Passes an upload on. What the store has read of it is kept until its answer has begun, up to 64 KiB.
async fn upload(State((store, uri)): State<(Store, Uri)>, mut request: Request<Body>) -> Response {
    *request.uri_mut() = uri;
    match store.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// A store that drops two uploads of three, the one before it has read it and the other after.
async fn put_down(State(asked): State<Arc<AtomicUsize>>, body: Body) -> (StatusCode, String) {
    let number = asked.fetch_add(1, SeqCst) % 3;
    if number == 0 {
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    let len = body.collect().await.map_or(0, |body| body.to_bytes().len());
    println!("  the store has read {len} bytes");
    (if number == 1 { StatusCode::BAD_GATEWAY } else { StatusCode::OK }, len.to_string())
}

/// Has an upload stored through a shop, which tries again.
async fn uploads() -> Result<(), BoxError> {
    let free_port = "127.0.0.1:0".parse()?;
    let asked = Arc::new(AtomicUsize::new(0));
    let (store_addr, _) =
        serve(Router::new().route("/", put(put_down)).with_state(asked.clone()), free_port).await?;
    let config = retry::Config::builder().exponential(Duration::from_millis(20), 2.0).build()?;
    let (store, retries) = store_client(config);
    let state = (store, format!("http://{store_addr}/").parse::<Uri>()?);
    let (shop, _) = serve(Router::new().route("/photo", put(upload)).with_state(state), free_port).await?;

    let client = Client::builder(TokioExecutor::new()).build_http();
    let photo = Full::<Bytes>::from(vec![b'x'; 50_000]);
    let response = client.request(Request::put(format!("http://{shop}/photo")).body(photo)?).await?;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.into_body().collect().await?.to_bytes(), "50000");
    assert_eq!((asked.load(SeqCst), retries.totals().retries()), (3, 2));
    Ok(())
}

async fn serve(app: Router, addr: SocketAddr) -> Result<(SocketAddr, JoinHandle<()>), BoxError> {
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let task = tokio::spawn(async move {
        axum::serve(listener, app).await.unwrap_or_else(|error| eprintln!("server: {error}"));
    });
    Ok((addr, task))
}

/// Asks the shop, and says how it answered and when to come back.
async fn ask(shop: SocketAddr) -> Result<(StatusCode, Option<u64>), BoxError> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let response = client.get(format!("http://{shop}/").parse()?).await?;
    let retry_after =
        response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    println!(
        "{status}: {} {}",
        String::from_utf8_lossy(&body),
        retry_after.map_or(String::new(), |s| format!("(again in {s} s)"))
    );
    Ok((status, retry_after))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let free_port = "127.0.0.1:0".parse()?;
    let prices = || Router::new().route("/", get(|| async { "42 a piece" }));
    let (prices_addr, running) = serve(prices(), free_port).await?;

    let config = Config::builder().consecutive_failures(3).open_for(Duration::from_millis(800)).build()?;
    let state = (prices_client(config), format!("http://{prices_addr}/").parse::<Uri>()?);
    let (shop, _) = serve(Router::new().route("/", get(price)).with_state(state), free_port).await?;

    println!("-- the prices are there");
    assert_eq!(ask(shop).await?, (StatusCode::OK, None));

    println!("-- the prices are gone");
    running.abort();
    let _ = running.await;
    let mut told = None;
    while told.is_none() {
        // Calls that find nobody, until the breaker has seen enough of them.
        let (status, retry_after) = ask(shop).await?;
        assert_ne!(status, StatusCode::OK);
        told = retry_after;
    }

    println!("-- the prices are back");
    serve(prices(), prices_addr).await?;
    tokio::time::sleep(Duration::from_secs(told.unwrap_or_default())).await;
    for _ in 0..3 {
        assert_eq!(ask(shop).await?, (StatusCode::OK, None));
    }

    println!("-- an upload through the shop");
    uploads().await
}
