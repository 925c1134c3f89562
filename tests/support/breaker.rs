//! A circuit breaker that is easy to drive.

use crate::Plan;
use buttress::circuit_breaker::{Config, Handle, State};
use buttress::{BoxError, FailureKind, Outcome, Rejected};
use std::time::Duration;
use tower::{Service, ServiceExt};

/// How long [`config`] stays open.
pub const OPEN_FOR: Duration = Duration::from_secs(30);

/// Opens at two failures in a row, for exactly 30 s; one success closes.
#[must_use]
pub fn config() -> Config {
    let builder = Config::builder().consecutive_failures(2).open_for(OPEN_FOR).jitter(0.0);
    builder.half_open_probes(1).half_open_successes(1).build().expect("these settings work")
}

/// So many failures in a row.
///
/// # Panics
/// If it refuses.
pub fn fail(handle: &Handle, times: usize) {
    for _ in 0..times {
        handle.acquire().expect("it is closed").record(Outcome::Failure(FailureKind::Error), None);
    }
}

/// One that has just opened by [`config`], named `orders`.
#[must_use]
pub fn open() -> Handle {
    let handle = Handle::new("orders", config());
    fail(&handle, 2);
    assert_eq!(handle.state(), State::Open);
    handle
}

/// Makes a call when `service` is ready.
pub async fn call<S: Service<Plan>>(service: &mut S, plan: Plan) -> Result<S::Response, S::Error> {
    service.ready().await?.call(plan).await
}

/// The rejection in `error`, which must be one.
#[must_use]
pub fn rejected(error: &BoxError) -> Rejected {
    Rejected::find(&**error).unwrap_or_else(|| panic!("`{error}` is no rejection"))
}
