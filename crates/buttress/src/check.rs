//! A question to the compiler.

use tower_service::Service;

/// Gives `service` back, if it is a service for requests of type `Req`; if not, the compiler says which part of it does not
/// fit.
///
/// A stack that does not fit is often noticed where it is called, by "the method `oneshot` exists but its trait bounds were
/// not satisfied" and a list of all layers. Here the same mistake is one sentence:
///
/// ```compile_fail,E0277
/// # use buttress::TimeoutLayer;
/// # use std::time::Duration;
/// # use tower::{Layer, service_fn};
/// let service = service_fn(|_: ()| async { Err::<(), _>("no such order") });
/// let service = TimeoutLayer::new(Duration::from_secs(1)).typed().layer(service);
/// buttress::check::<(), _>(service); // `&str` cannot carry a buttress rejection
/// ```
#[must_use]
pub const fn check<Req, S: Service<Req>>(service: S) -> S {
    service
}
