//! An error that cannot be boxed.
//~ `Boxed` cannot deliver a buttress rejection beside the response `()` and the error `NoError`
//~ the error must implement `std::error::Error`

use buttress::TimeoutLayer;
use std::time::Duration;
use tower::{Layer, service_fn};

pub struct NoError;

pub fn service() {
    let service = service_fn(|_: ()| async { Err::<(), _>(NoError) });
    buttress::check::<(), _>(TimeoutLayer::new(Duration::from_secs(1)).layer(service));
}
