//! Classifiers that are none.
//~ `{integer}` cannot classify a call with the response `()` and the error `std::io::Error`
//~ a closure can that takes `Result<&(), &std::io::Error>`, with the type written out

use buttress::{CircuitBreakerLayer, Config};
use std::io;
use tower::{Layer, service_fn};

pub fn service() {
    let service = service_fn(|_: ()| async { Err::<(), _>(io::Error::other("")) });
    buttress::check::<(), _>(CircuitBreakerLayer::new(Config::default()).classify(5).layer(service));
}
