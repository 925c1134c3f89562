//! An axum server that stays standing when more is asked of it than it can do. Each client has a rate of its own, so that one
//! cannot take the place of the others; all together have so many places, so that the work under way does not slow itself down.
//! Who does not get in is told so, at once or after a short wait for a place, and when to come back.
//!
//! `cargo run -p buttress-examples --example overload`

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use buttress::key::by_client_ip;
use buttress::rate_limit::{self, Rate, RateLimitLayer};
use buttress::{BoxError, BulkheadLayer, bulkhead};
use http::{Request, StatusCode, header};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt};

async fn report() -> &'static str {
    tokio::time::sleep(Duration::from_millis(200)).await;
    "all is well"
}

/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: without it no request has an address, and all pass the
/// limit per client.
fn app(reports: bulkhead::Handle) -> Result<Router, BoxError> {
    // The address of the connection. A header such as X-Forwarded-For is for whoever sends it to choose.
    let client = by_client_ip(|extensions| Some(extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip()));
    let five_a_minute = rate_limit::Config::new(Rate::per_minute(5)?, 5)?;
    let protection = ServiceBuilder::new()
        .layer(RateLimitLayer::http(five_a_minute).keyed(client).headers().respond())
        .layer(BulkheadLayer::from_handle(reports).respond());
    // Once, around all routes: a layer that is made per route is a limit per route.
    Ok(Router::new()
        .route("/report", get(report))
        .layer(protection)
        .route("/healthz", get(|| async { "ok" })))
}

/// A request as a connection from that address brings it.
fn from(client: [u8; 4], path: &str) -> Result<Request<Body>, BoxError> {
    let mut request = Request::get(path).body(Body::empty())?;
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((IpAddr::from(client), 40_000))));
    Ok(request)
}

/// The status of an answer, and in how many seconds to come again.
type Told = (StatusCode, Option<String>);

async fn ask(app: Router, client: [u8; 4], path: &str) -> Result<Told, BoxError> {
    let response = app.oneshot(from(client, path)?).await?;
    let told = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let (status, told) = (response.status(), told.map(str::to_owned));
    let left = response.headers().get("ratelimit");
    println!("{} {path}: {status} Retry-After: {told:?} RateLimit: {left:?}", IpAddr::from(client));
    Ok((status, told))
}

/// What those are told who ask for a report all at once.
async fn at_once(app: &Router, clients: impl Iterator<Item = [u8; 4]>) -> Result<Vec<Told>, BoxError> {
    let asked: Vec<_> = clients.map(|client| tokio::spawn(ask(app.clone(), client, "/report"))).collect();
    let mut told = Vec::new();
    for task in asked {
        told.push(task.await??);
    }
    Ok(told)
}

fn count(told: &[Told], status: StatusCode) -> usize {
    told.iter().filter(|(other, _)| *other == status).count()
}

/// Checks what it shows.
pub(crate) async fn run() -> Result<(), BoxError> {
    let places = bulkhead::Config::builder().max_concurrent(6).queue(3).max_wait(Duration::from_secs(2));
    let reports = bulkhead::Handle::new("reports", places.build()?);
    let app = app(reports.clone())?;

    println!(
        "-- twelve clients at once: six are served, three wait for their turn, and three are told to go"
    );
    let told = at_once(&app, (1..=12).map(|client| [192, 0, 2, client])).await?;
    assert_eq!(count(&told, StatusCode::OK), 9);
    let in_a_second = (StatusCode::SERVICE_UNAVAILABLE, Some("1".to_owned()));
    assert_eq!(told.iter().filter(|told| **told == in_a_second).count(), 3);
    let stood = reports.snapshot();
    assert_eq!((stood.in_flight, stood.queued, stood.completed, stood.rejected), (0, 0, 9, 3));

    println!("-- one client twenty times at once, and another one");
    let greedy = std::iter::repeat_n([198, 51, 100, 1], 20);
    let told = at_once(&app, greedy.chain([[203, 0, 113, 7]])).await?;
    assert_eq!(count(&told[..20], StatusCode::OK), 5);
    assert_eq!(count(&told[..20], StatusCode::TOO_MANY_REQUESTS), 15);
    let refused = told[..20].iter().filter(|told| told.0 == StatusCode::TOO_MANY_REQUESTS);
    for (_, seconds) in refused {
        let seconds: u64 = seconds.as_deref().ok_or("it is told when to come again")?.parse()?;
        assert!((1..=12).contains(&seconds));
    }
    assert_eq!(told[20], (StatusCode::OK, None));

    println!("-- what is outside of the layers is as it was");
    assert_eq!(ask(app, [198, 51, 100, 1], "/healthz").await?, (StatusCode::OK, None));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    run().await
}
