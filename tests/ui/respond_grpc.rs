//! `.respond_grpc()` where there is no HTTP.
//~ `RespondGrpc` cannot deliver a buttress rejection beside the response `u32` and the error `std::io::Error`
//~ the response must be an `http::Response` of a body that is `Default`

use buttress::TimeoutLayer;
use std::io;
use std::time::Duration;
use tower::{Layer, service_fn};

pub fn service() {
    let service = service_fn(|_: ()| async { Ok::<u32, io::Error>(1) });
    buttress::check::<(), _>(TimeoutLayer::new(Duration::from_secs(1)).respond_grpc().layer(service));
}
