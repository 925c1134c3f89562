//! The bulkhead as a layer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod adaptive;
mod ahead;
mod handles;
mod keys;
mod limit;
mod over_http;
mod queue;
mod readiness;
mod watched;

use buttress::bulkhead::{BulkheadLayer, BulkheadService, Config, Handle};
use buttress::{BoxError, Reason, Rejected};
use std::time::Duration;
use support::{CallResult, Plan, Probe, Task, ready};
use tower::{Layer, Service};

/// How long a call waits by [`config`].
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// So many at a time, and so many more that wait.
pub(crate) fn config(max_concurrent: u32, queue: u32) -> Config {
    Config::builder().max_concurrent(max_concurrent).queue(queue).max_wait(WAIT).build().unwrap()
}

/// A bulkhead of that size before a probe.
pub(crate) fn bulkhead(max_concurrent: u32, queue: u32) -> (Handle, Probe, BulkheadService<Probe>) {
    let (handle, probe) = (Handle::new("orders", config(max_concurrent, queue)), Probe::default());
    let service = BulkheadLayer::from_handle(handle.clone()).layer(probe.clone());
    (handle, probe, service)
}

/// A call, polled once.
pub(crate) fn begin<S>(service: &S, plan: Plan) -> Task<S::Future>
where
    S: Service<Plan, Response = &'static str, Error = BoxError> + Clone,
{
    let mut service = service.clone();
    ready(&mut service);
    let mut task = Task::new(service.call(plan));
    assert!(task.poll().is_pending(), "it has an answer already");
    task
}

/// Why a call was refused.
pub(crate) fn reason(result: &CallResult) -> Reason {
    rejected(result).reason()
}

/// The rejection of a call that was refused.
pub(crate) fn rejected(result: &CallResult) -> Rejected {
    let error = result.as_ref().expect_err("it was answered");
    Rejected::find(&**error).unwrap_or_else(|| panic!("`{error}` is no rejection"))
}
