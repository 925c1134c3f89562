//! A circuit breaker that is easy to drive.

use crate::Plan;
use crate::checks::BreakerLike;
use buttress::circuit_breaker::{Config, Handle, Permit, Shared, State};
use buttress::{BoxError, FailureKind, Outcome, Rejected};
use std::sync::Arc;
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

/// One of [`of_three_probes`].
impl BreakerLike for Handle {
    type Permit = Permit<Arc<Shared>>;
    const OPEN_FOR: Duration = OPEN_FOR;
    const PROBES: usize = 3;

    fn admit(&self) -> Option<Self::Permit> {
        self.acquire().ok()
    }

    fn record(&self, permit: Self::Permit, success: bool) {
        let outcome = if success { Outcome::Success } else { Outcome::Failure(FailureKind::Error) };
        permit.record(outcome, None);
    }

    fn is_closed(&self) -> bool {
        self.state() == State::Closed
    }
}

/// A closed breaker by [`config`] that wants three probes to succeed, and stays open as long each time.
///
/// # Panics
/// Never, as the settings work.
#[must_use]
pub fn of_three_probes() -> Handle {
    let builder = config().to_builder().half_open_probes(3).half_open_successes(3);
    let config = builder.escalation(1.0, OPEN_FOR).build();
    Handle::new("three probes", config.expect("these settings work"))
}
