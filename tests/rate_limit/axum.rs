//! axum: one limit over routes, nested routers and connections.

use crate::script::limit;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use buttress::clock;
use buttress::key::{TrustedProxies, by_client_ip};
use buttress::rate_limit::{Config, Handle, Keyed, Rate, RateLimitLayer};
use std::net::SocketAddr;
use support::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The same limit in each of the places where axum takes a layer, and one route without.
fn router(handle: &Handle) -> Router {
    let limit = RateLimitLayer::from_handle(handle.clone()).respond().headers();
    let ok = || get(|| async { "ok" });
    let nested = Router::new()
        .route("/layer", ok())
        .layer(limit.clone())
        .nest("/deeper", Router::new().route("/route", ok()).route_layer(limit.clone()));
    Router::new()
        .route("/layer", ok())
        .layer(limit.clone())
        .route("/method", ok().layer(limit))
        .nest("/nested", nested)
        .route("/free", ok())
}

const LIMITED: [&str; 4] = ["/layer", "/method", "/nested/layer", "/nested/deeper/route"];
const CONNECTIONS: usize = 150;
const EACH: usize = 10;

/// Sends requests on a connection of its own, all before it reads an answer, and counts the answers by their status.
async fn ask(addr: SocketAddr, first: usize) -> [usize; 2] {
    let mut connection = TcpStream::connect(addr).await.unwrap();
    let mut requests = String::new();
    for request in 0..EACH {
        let path = LIMITED[(first + request) % LIMITED.len()];
        let close = if request + 1 == EACH { "connection: close\r\n" } else { "" };
        requests += &format!("GET {path} HTTP/1.1\r\nhost: test\r\n{close}\r\n");
    }
    connection.write_all(requests.as_bytes()).await.unwrap();
    let mut answers = String::new();
    connection.read_to_string(&mut answers).await.unwrap();
    let of = |status: &str| answers.matches(status).count();
    assert_eq!(answers.matches("ratelimit: \"api\";r=").count(), EACH, "each answer tells what is left");
    assert_eq!(answers.matches("retry-after: 1").count(), of("HTTP/1.1 429 "));
    [of("HTTP/1.1 200 "), of("HTTP/1.1 429 ")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c2_five_a_second_hold_over_routes_connections_and_1500_requests_at_once() {
    let handle = limit(5, 5);
    let addr = serve::http(router(&handle)).await;
    let before = clock::fine();
    let clients: Vec<_> = (0..CONNECTIONS).map(|first| tokio::spawn(ask(addr, first))).collect();
    let (mut admitted, mut refused) = (0, 0);
    for client in clients {
        let [ok, limited] = client.await.unwrap();
        admitted += ok;
        refused += limited;
    }
    let took = clock::fine().since(before);
    assert_eq!(admitted + refused, CONNECTIONS * EACH);
    let most = 5 + (5 * took.as_nanos() / 1_000_000_000) as usize;
    assert!((5..=most).contains(&admitted), "{admitted} admitted in {took:?}, in which {most} may be");
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.admitted, snapshot.limited), (admitted as u64, refused as u64));
    assert_eq!(reqwest_free(addr).await, 200, "the route without a limit has none");
}

async fn reqwest_free(addr: SocketAddr) -> u16 {
    let client = serve::client().build().unwrap();
    client.get(format!("http://{addr}/free")).send().await.unwrap().status().as_u16()
}

/// Serves with a limit of two for each client, and asks with these `X-Forwarded-For`; answers which were admitted and how many
/// keys there are.
async fn ask_as(proxies: TrustedProxies, forwarded: &[String]) -> (Vec<bool>, usize) {
    let clients = Keyed::new("clients", Config::new(Rate::per_day(1).unwrap(), 2).unwrap());
    let address =
        |extensions: &http::Extensions| extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let find = by_client_ip(address).trusting(proxies);
    let layer = RateLimitLayer::from_handle(clients.clone().by(find)).respond();
    let router = Router::new().route("/", get(|| async {})).layer(layer);
    let (listener, addr) = serve::listen().await;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
    let client = serve::client().build().unwrap();
    let mut admitted = Vec::new();
    for forwarded in forwarded {
        let request = client.get(format!("http://{addr}/")).header("x-forwarded-for", forwarded);
        admitted.push(request.send().await.unwrap().status() == 200);
    }
    (admitted, clients.len())
}

#[tokio::test]
async fn f4_a_forged_forwarded_for_neither_evades_a_limit_nor_makes_keys() {
    let forged: Vec<_> = (0..20).map(|number| format!("203.0.113.{number}")).collect();
    let two: Vec<_> = (0..20).map(|number| number < 2).collect();
    let balancers = TrustedProxies::parse(["10.0.0.0/8"]).unwrap();
    assert_eq!(
        ask_as(balancers, &forged).await,
        (two.clone(), 1),
        "who comes from elsewhere is who they are"
    );
    // Behind a proxy that is trusted, what the client wrote itself stands before what the proxy saw.
    let local = || TrustedProxies::parse(["127.0.0.0/8"]).unwrap();
    let seen: Vec<_> = forged.iter().map(|forged| format!("{forged}, 198.51.100.7")).collect();
    assert_eq!(ask_as(local(), &seen).await, (two, 1));
    let others = ["198.51.100.7", "198.51.100.8", "198.51.100.7", "198.51.100.8", "198.51.100.7"];
    let (admitted, keys) = ask_as(local(), &others.map(str::to_owned)).await;
    assert_eq!((admitted, keys), (vec![true, true, true, true, false], 2), "two clients behind it are two");
}
