//! Two pieces of code as they often are, and what becomes of them: a plain call of a client, and a loop that tries again by
//! hand. Both versions run, against a server that fails on demand.
//!
//! `cargo run -p buttress-examples --example migration`

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use buttress::retry::{self, GiveUp, RetryLayer};
use buttress::{BoxError, CircuitBreakerLayer, Config, FallbackLayer, Rejected, TimeoutLayer};
use reqwest::{Client, Method, Request, Url};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower::{Service, ServiceBuilder, ServiceExt};

const ATTEMPTS: u32 = 3;
const UNIT: Duration = Duration::from_millis(5);

/// A server that fails as often as it is told to.
#[derive(Clone)]
pub(crate) struct Server {
    url: Url,
    fails: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start() -> Result<Self, BoxError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = Url::parse(&format!("http://{}/", listener.local_addr()?))?;
        let server = Self { url, fails: Arc::default(), asked: Arc::default() };
        let price = async |State(server): State<Self>| {
            server.asked.fetch_add(1, Ordering::Relaxed);
            let down = |left: usize| left.checked_sub(1);
            match server.fails.fetch_update(Ordering::Relaxed, Ordering::Relaxed, down) {
                Ok(_) => Err(StatusCode::SERVICE_UNAVAILABLE),
                Err(_) => Ok("42 a piece"),
            }
        };
        let app = Router::new().route("/", get(price)).with_state(server.clone());
        tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap_or_else(|error| eprintln!("server: {error}"));
        });
        Ok(server)
    }

    /// How many requests came while `calls` are made, of which so many fail.
    async fn count<T>(&self, fails: usize, calls: impl AsyncFnOnce() -> T) -> (T, usize) {
        self.fails.store(fails, Ordering::Relaxed);
        let before = self.asked.load(Ordering::Relaxed);
        let result = calls().await;
        (result, self.asked.load(Ordering::Relaxed) - before)
    }
}

/// Before: a plain call.
async fn price_before(client: &Client, url: &Url) -> Result<String, BoxError> {
    let response = client.execute(Request::new(Method::GET, url.clone())).await?;
    Ok(response.error_for_status()?.text().await?)
}

/// After: the same call, of a client that was put behind its protection once. The call itself stays.
async fn price_after<S>(client: &mut S, url: &Url) -> Result<String, BoxError>
where
    S: Service<Request, Response = reqwest::Response, Error = BoxError>,
{
    let response = client.ready().await?.call(Request::new(Method::GET, url.clone())).await?;
    Ok(response.error_for_status()?.text().await?)
}

/// Before: three attempts with waits of one and two units, as it is written in many places.
async fn loop_before(client: &Client, url: &Url) -> Result<String, BoxError> {
    let mut attempt = 0;
    loop {
        match price_before(client, url).await {
            Ok(price) => return Ok(price),
            Err(error) if attempt + 1 == ATTEMPTS => return Err(error),
            Err(_) => sleep(UNIT * 2_u32.pow(attempt)).await,
        }
        attempt += 1;
    }
}

/// After: the loop is gone. Its numbers are settings, its retries have a budget and are counted.
async fn loop_after(retry: &retry::Handle, client: &Client, url: &Url) -> retry::Done<String, BoxError> {
    retry.run(|_| price_before(client, url)).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let server = Server::start().await?;
    // Its server is here: a proxy that the environment may name would not find it.
    let client = Client::builder().no_proxy().build()?;
    a_plain_call(&server, &client).await?;
    a_loop(&server, &client).await
}

pub(crate) async fn a_plain_call(server: &Server, client: &Client) -> Result<(), BoxError> {
    println!("-- a plain call");
    let local = |_: buttress::fallback::Cause<'_, reqwest::Response, BoxError>| async {
        Ok::<_, BoxError>(reqwest::Response::from(http::Response::new("41 a piece, as of yesterday")))
    };
    let mut protected = ServiceBuilder::new()
        .layer(FallbackLayer::function(local).http())
        .layer(CircuitBreakerLayer::http(Config::builder().consecutive_failures(2).build()?))
        .layer(TimeoutLayer::new(Duration::from_secs(5)))
        .service(client.clone());
    assert_eq!(price_before(client, &server.url).await?, price_after(&mut protected, &server.url).await?);
    let (results, asked) = server
        .count(4, async || {
            let mut results = Vec::new();
            for _ in 0..4 {
                results.push(price_before(client, &server.url).await.is_ok());
            }
            results
        })
        .await;
    println!("before: {asked} requests to a server that is down, answers: {results:?}");
    assert_eq!((results, asked), (vec![false; 4], 4));
    let (results, asked) = server
        .count(4, async || {
            let mut results = Vec::new();
            for _ in 0..4 {
                results.push(price_after(&mut protected, &server.url).await.is_ok());
            }
            results
        })
        .await;
    println!("after: {asked} requests, answers: {results:?}");
    assert_eq!((results, asked), (vec![false, false, true, true], 2));
    Ok(())
}

pub(crate) async fn a_loop(server: &Server, client: &Client) -> Result<(), BoxError> {
    println!("-- a loop");
    let config =
        retry::Config::builder().attempts(ATTEMPTS).exponential(UNIT, 2.0).jitter(retry::Jitter::None);
    let retry = retry::Handle::new("prices", config.build()?);
    for fails in [0, 2, 3] {
        let (before, asked_before) =
            server.count(fails, async || loop_before(client, &server.url).await).await;
        let (after, asked_after) =
            server.count(fails, async || loop_after(&retry, client, &server.url).await).await;
        println!("{fails} failures: {asked_before} requests before, {asked_after} after");
        assert_eq!(asked_before, asked_after);
        assert_eq!(before.ok(), after.result.as_ref().ok().cloned());
        assert_eq!(after.gave_up, (fails == 3).then_some(GiveUp::Attempts));
    }
    println!(
        "{} retries, {} calls given up",
        retry.totals().retries(),
        retry.totals().gave_up(GiveUp::Attempts)
    );
    assert_eq!(retry.totals().retries(), 4);

    println!("-- and with the breaker about each attempt, a loop stops when it opens");
    let breaker = CircuitBreakerLayer::new(Config::builder().consecutive_failures(2).build()?);
    let prices = tower::service_fn(|url: Url| {
        let client = client.clone();
        async move { price_before(&client, &url).await }
    });
    let mut protected =
        ServiceBuilder::new().layer(RetryLayer::from_handle(retry.clone())).layer(breaker).service(prices);
    let call = async || protected.ready().await?.call(server.url.clone()).await;
    let (result, asked) = server.count(10, call).await;
    let Err(error) = result else { return Err("the server is down".into()) };
    println!("{asked} requests, then {error}");
    assert!(asked == 2 && Rejected::find(&*error).is_some());
    Ok(())
}
