//! A forgotten `.respond()`. The sentence is axum's and the compiler's, and the page on hosts quotes it.
//~rustc the trait bound `Infallible: From<Box<(dyn

use axum::Router;
use buttress::{CircuitBreakerLayer, Config};

pub fn router() -> Router {
    Router::new().layer(CircuitBreakerLayer::http(Config::default()))
}
