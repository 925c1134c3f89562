//! A reqwest client behind a breaker and a timeout, one that tries again, and another with a breaker beneath its connections alone.
//!
//! `cargo run -p buttress-examples --example reqwest_client`

use axum::Router;
use axum::routing::get;
use buttress::circuit_breaker::{CircuitBreakerLayer, Config, State};
use buttress::retry::{self, RetryLayer};
use buttress::{BoxError, Rejected, TimeoutLayer};
use http::{StatusCode, header};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Request, Url};
use std::time::Duration;
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let app = Router::new()
        .route("/", get(|| async { "42 a piece" }))
        .route("/busy", get(|| async { (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "7")]) }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let prices = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
    tokio::spawn(async move {
        axum::serve(listener, app).await.unwrap_or_else(|error| eprintln!("server: {error}"));
    });

    println!("-- a client as a service");
    let breaker = CircuitBreakerLayer::http(Config::builder().consecutive_failures(2).build()?);
    let mut client = ServiceBuilder::new()
        // To the end of the body, as that is where an answer can still break off; boxed, as reqwest names its body.
        .layer(breaker.at_body_end_boxed())
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        // Its server is here: a proxy that the environment may name would not find it.
        .service(Client::builder().no_proxy().build()?);
    let response = client.ready().await?.call(Request::new(Method::GET, prices.clone())).await?;
    println!("{}: {}", response.status(), response.text().await?);
    for _ in 0..2 {
        let request = Request::new(Method::GET, prices.join("busy")?);
        let response = client.ready().await?.call(request).await?;
        println!("{}", response.status());
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    let Err(error) = client.ready().await?.call(Request::new(Method::GET, prices.clone())).await else {
        return Err("the breaker is open".into());
    };
    println!("{error}");
    let wait = Rejected::find(&*error).and_then(|rejected| rejected.retry_after()).ok_or("a wait")?;
    // The server's own wish is longer than the breaker's first open time.
    assert!(wait > Duration::from_secs(6), "{wait:?}");

    println!("-- a client that tries again");
    // The server asks to be left alone for 7 s; who waits no longer than that for it has its answer at once.
    let config =
        retry::Config::builder().fixed(Duration::from_millis(10)).max_hint(Duration::from_secs(1)).build()?;
    let patience = RetryLayer::http(config);
    let handle = patience.handle().clone();
    // Without redirects, an error of a connection is one of the first.
    let direct = Client::builder().no_proxy().redirect(Policy::none()).build()?;
    let client = patience.follows_redirects(false).layer(direct);
    let response = client.clone().oneshot(Request::new(Method::GET, prices.join("busy")?)).await?;
    assert_eq!((response.status(), handle.totals().retries()), (StatusCode::SERVICE_UNAVAILABLE, 0));
    // Nobody has seen an order that found nobody, so it can be sent again although it is a POST.
    let closed = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let mut order = Request::new(Method::POST, Url::parse(&format!("http://{closed}/"))?);
    *order.body_mut() = Some("one apple".into());
    let placed = client.oneshot(order).await;
    assert!(placed.is_err());
    println!("tried {} times again", handle.totals().retries());
    assert_eq!(handle.totals().retries(), 2);

    println!("-- a breaker beneath the connections of a client");
    let breaker = CircuitBreakerLayer::new(Config::builder().consecutive_failures(2).build()?);
    let handle = breaker.handle().clone();
    let client = Client::builder().no_proxy().connector_layer(breaker).build()?;
    // Bound, so that the port is taken, and not listening.
    let nobody = tokio::net::TcpSocket::new_v4()?;
    nobody.bind(([127, 0, 0, 1], 0).into())?;
    let nobody_there = format!("http://{}/", nobody.local_addr()?);
    let mut refused = Vec::new();
    for _ in 0..3 {
        let Err(error) = client.get(&nobody_there).send().await else {
            return Err("nobody is there".into());
        };
        // Through all that reqwest puts around an error of its connections.
        let rejected = Rejected::find(&error);
        println!("{}", rejected.map_or("no connection".to_owned(), |rejected| rejected.to_string()));
        refused.push(rejected.is_some());
    }
    assert_eq!((refused, handle.state()), (vec![false, false, true], State::Open));
    Ok(())
}
