//! An axum server whose downloads share a line: all of them together have so much of it, and none has more than its part. The
//! limits change while bodies are under way.
//!
//! `cargo run -p buttress-examples --example bandwidth`

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use buttress::bandwidth::{Config, Handle};
use buttress::key::by_client_ip;
use buttress::{BandwidthLayer, BoxError, clock};
use http::Request;
use http_body_util::BodyExt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tower::ServiceExt;

/// Bytes of the file that everybody wants.
const FILE: usize = 300_000;

fn app(line: Handle) -> Router {
    let client = by_client_ip(|extensions| Some(extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip()));
    Router::new()
        .route("/file", get(async || vec![b'x'; FILE]))
        .layer(BandwidthLayer::from_handle(line).keyed(client))
}

/// Downloads the file, and says how long that took.
async fn download(app: Router, client: [u8; 4]) -> Result<Duration, BoxError> {
    let began = clock::precise();
    let mut request = Request::get("/file").body(Body::empty())?;
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((IpAddr::from(client), 40_000))));
    let file = app.oneshot(request).await?.into_body().collect().await?.to_bytes();
    let took = clock::precise().since(began);
    println!("{}: {} bytes in {took:.1?}", IpAddr::from(client), file.len());
    Ok(took)
}

/// Checks what it shows.
pub(crate) async fn run() -> Result<(), BoxError> {
    // 400 kB/s for all, and 200 kB/s for each. A second's worth passes at once.
    let limits = Config::builder().download(400_000).per_peer_download(200_000).build()?;
    let line = Handle::new("line", limits);
    let app = app(line.clone());

    println!("-- two clients: 200 kB each at once, and 100 kB at their rate");
    let (one, other) =
        tokio::join!(download(app.clone(), [192, 0, 2, 1]), download(app.clone(), [192, 0, 2, 2]));
    // Half a second, but for the last thousandth of it that a timer may leave out.
    let half = Duration::from_millis(499);
    assert!(one? >= half && other? >= half);

    println!("-- without a limit, from now on");
    line.set(limits.to_builder().download(0).per_peer_download(0).build()?);
    download(app, [192, 0, 2, 1]).await?;
    let bytes = line.snapshot().download.bytes;
    println!("   {bytes} bytes in all");
    assert_eq!(bytes, 3 * FILE as u64);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    run().await
}
