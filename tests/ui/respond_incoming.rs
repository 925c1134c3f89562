//! `.respond()` where only hyper can make a body.
//~ Incoming>` cannot answer with a buttress rejection
//~ `.map_response(|response| response.map(Body::new))`

use axum::body::Body;
use buttress::{CircuitBreakerLayer, Config};
use http::Request;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use tower::Layer;

pub fn client(client: Client<HttpConnector, Body>) {
    let stack = CircuitBreakerLayer::new(Config::default()).respond().layer(client);
    buttress::check::<Request<Body>, _>(stack);
}
