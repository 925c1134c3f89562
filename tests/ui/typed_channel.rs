//! `.typed()` where the error is one that nobody but its crate can teach anything.
//~ `tonic::transport::Error` cannot carry a buttress rejection
//~ the error type of the service under `.typed()`
//~ take `.as_status()` on a tonic channel

use buttress::{CircuitBreakerLayer, Config};
use tonic::transport::Channel;
use tonic_health::pb::health_client::HealthClient;
use tower::Layer;

pub fn client(channel: Channel) {
    HealthClient::new(CircuitBreakerLayer::new(Config::default()).typed().layer(channel));
}
