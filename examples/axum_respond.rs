//! Layers on an axum `Router`: a handler that hangs or fails is answered for, and the router stays `Infallible`.
//!
//! `cargo run -p buttress-examples --example axum_respond`

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use buttress::circuit_breaker::{CircuitBreakerLayer, Config, State};
use buttress::{BoxError, TimeoutLayer};
use http::{Request, StatusCode, header};
use std::time::Duration;
use tower::{Service, ServiceBuilder, ServiceExt};

async fn report() -> &'static str {
    // A database that never answers.
    std::future::pending().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let config = Config::builder().consecutive_failures(3).open_for(Duration::from_secs(20)).build()?;
    let breaker = CircuitBreakerLayer::http(config);
    let handle = breaker.handle().clone();
    let protection = ServiceBuilder::new()
        .layer(breaker.respond())
        .layer(TimeoutLayer::new(Duration::from_millis(50)).respond());
    let mut app = Router::new()
        .route("/report", get(report))
        .layer(protection)
        .route("/", get(|| async { "hello" }))
        .into_service::<Body>();

    let mut statuses = Vec::new();
    for _ in 0..5 {
        let request = Request::get("/report").body(Body::empty())?;
        let response = app.ready().await?.call(request).await?;
        let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
        println!("/report: {} Retry-After: {retry_after:?}", response.status());
        statuses.push((response.status(), retry_after.is_some()));
    }
    let home = app.ready().await?.call(Request::get("/").body(Body::empty())?).await?;
    println!("/:       {}", home.status());

    let (hung, refused) = ((StatusCode::GATEWAY_TIMEOUT, false), (StatusCode::SERVICE_UNAVAILABLE, true));
    assert_eq!(statuses, [hung, hung, hung, refused, refused]);
    assert_eq!((home.status(), handle.state()), (StatusCode::OK, State::Open));
    Ok(())
}
