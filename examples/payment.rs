//! Payments: a charge is sent again only if that cannot charge twice, and while the bank is down nobody waits for it.
//!
//! `cargo run -p buttress-examples --example payment`

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use buttress::circuit_breaker::{self, State as Circuit};
use buttress::registry::Registry;
use buttress::{BoxError, Rejected, Stack, retry, stack};
use reqwest::{Client, Method, Request, Url};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt};

/// What the bank does with the requests to come.
#[derive(Clone, Copy, Default, PartialEq)]
enum Mood {
    #[default]
    Well,
    /// It charges, and its next answer is lost.
    LosesTheAnswer,
    Down,
}

#[derive(Default)]
struct Books {
    mood: Mood,
    requests: u32,
    charges: u32,
    /// What a key was answered with.
    keys: HashMap<String, u32>,
}

/// A bank, which knows the key of a charge that it has made.
#[derive(Clone, Default)]
struct Bank(Arc<Mutex<Books>>);

impl Bank {
    fn books<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        look(&mut self.0.lock().expect("nobody panics"))
    }

    fn charge(&self, key: Option<&str>) -> Result<String, StatusCode> {
        self.books(|books| {
            books.requests += 1;
            if books.mood == Mood::Down {
                return Err(StatusCode::SERVICE_UNAVAILABLE);
            }
            let known = key.and_then(|key| books.keys.get(key).copied());
            let charge = known.unwrap_or_else(|| {
                books.charges += 1;
                books.charges
            });
            if let Some(key) = key {
                books.keys.insert(key.to_owned(), charge);
            }
            match std::mem::take(&mut books.mood) {
                Mood::LosesTheAnswer => Err(StatusCode::BAD_GATEWAY),
                _ => Ok(format!("charge {charge}")),
            }
        })
    }

    async fn serve(self) -> Result<Url, BoxError> {
        let charge = async |State(bank): State<Self>, headers: HeaderMap| {
            bank.charge(headers.get("idempotency-key").and_then(|key| key.to_str().ok()))
        };
        let app = Router::new().route("/charges", post(charge)).with_state(self);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = Url::parse(&format!("http://{}/charges", listener.local_addr()?))?;
        tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap_or_else(|error| eprintln!("server: {error}"));
        });
        Ok(url)
    }
}

/// The client of a shop.
struct Payments {
    client: Client,
    url: Url,
    stack: stack::Http,
}

impl Payments {
    async fn charge(&self, cents: u32, key: Option<&str>) -> Result<String, BoxError> {
        let mut request = Request::new(Method::POST, self.url.clone());
        *request.body_mut() = Some(cents.to_string().into());
        if let Some(key) = key {
            request.headers_mut().insert("idempotency-key", key.parse()?);
        }
        let response = self.stack.layer(self.client.clone()).oneshot(request).await?;
        Ok(response.error_for_status()?.text().await?)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    run().await
}

pub(crate) async fn run() -> Result<(), BoxError> {
    let bank = Bank::default();
    let registry = Registry::new();
    let breaker = registry.circuit_breaker("payment_api", circuit_breaker::presets::python_framework())?;
    // Short waits, as somebody is watching.
    let retry = retry::Config::builder().attempts(3).exponential(Duration::from_millis(5), 2.0).build()?;
    let stack = Stack::http("payments")
        .operation("charge")
        .deadline(Duration::from_secs(10))
        .retry(retry)
        .circuit_breaker(breaker.clone())
        .timeout(Duration::from_secs(2))
        .register(&registry)?;
    assert_eq!(stack.lint(), []);
    // Its server is here: a proxy that the environment may name would not find it.
    let client = Client::builder().no_proxy().build()?;
    let payments = Payments { client, url: bank.clone().serve().await?, stack };

    println!("-- the answer to a charge is lost");
    bank.books(|books| books.mood = Mood::LosesTheAnswer);
    let error = payments.charge(4200, None).await.expect_err("nobody knows what came of it");
    println!("without a key it is sent once: {error}");
    assert_eq!(bank.books(|books| (books.requests, books.charges)), (1, 1));

    bank.books(|books| books.mood = Mood::LosesTheAnswer);
    let charged = payments.charge(4200, Some("order-7")).await?;
    println!("with a key it is sent again, and charged once: {charged}");
    assert_eq!(charged, "charge 2");
    assert_eq!(bank.books(|books| (books.requests, books.charges)), (3, 2));

    println!("-- the bank is down");
    bank.books(|books| books.mood = Mood::Down);
    let wait = loop {
        let error = payments.charge(4200, Some("order-8")).await.expect_err("it is down");
        if let Some(wait) = Rejected::find(&*error).and_then(|rejected| rejected.retry_after()) {
            break wait;
        }
        println!("{error}");
    };
    println!("payments are not possible now, come back in {} seconds", wait.as_secs());
    let asked = bank.books(|books| books.requests);
    assert!(
        payments.charge(4200, None).await.is_err() && payments.charge(4200, Some("order-9")).await.is_err()
    );
    assert_eq!(bank.books(|books| (books.requests, books.charges)), (asked, 2), "nobody asks what is down");

    println!("-- for those who look: {}", registry.health());
    let status = registry.status();
    let circuit = &status.circuit_breakers["payment_api"];
    println!("{}", serde_json::to_string(circuit)?);
    assert_eq!((circuit.state, circuit.healthy), (Circuit::Open, false));
    let charges = &status.operations["payments.charge"].totals;
    assert_eq!((charges.successes, charges.failures), (1, 2), "what was refused is no failure of the bank");
    println!("{}", breaker.explain());
    Ok(())
}
