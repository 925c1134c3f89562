//! The layers of buttress, and those of tower they stand beside, each with how to see what it holds.

use crate::{Contracted, Erased, Ledger, OverHttp, PanicAt, Plan, ProbeError, Subject, Trap};
use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, Keyed, Totals};
use buttress::fallback::{self, FallbackLayer};
use buttress::{
    AtEnd, BoxError, Classify, DeadlineLayer, FailureKind, OperationLayer, Outcome, Rejected, Respond,
    RetryLayer, TimeoutLayer, classify, deadline, operation, retry, timeout,
};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tonic::Status;
use tower::Layer;
use tower::buffer::BufferLayer;
use tower::layer::util::Stack;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::util::MapErrLayer;

/// Long enough for anything that a check does.
const LONG: Duration = Duration::from_secs(3600);

/// How many probes may be out at once in a [half-open](half_open) breaker.
const PROBES: u8 = 3;

/// `layer` with the breaker of `handle`, which must be closed and have the default settings.
pub fn breaker<L>(handle: &Handle, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let (probes, totals, forced) = (handle.clone(), handle.clone(), handle.clone());
    Subject::new(layer)
        .held(move || usize::try_from(probes.snapshot().probes.in_flight).expect("they are few"))
        .ledger(move || ledger(totals.snapshot().totals))
        .shut(move |shut| if shut { forced.force_open() } else { forced.reset() })
        // A run of five opens it.
        .tolerates(4)
}

/// `layer` with the breaker of `handle`, which must be [half-open](half_open).
pub fn probing_breaker<L>(handle: &Handle, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let probes = handle.clone();
    breaker(handle, layer).places(PROBES.into(), move || probes.acquire().ok()).lease(LONG).tolerates(0)
}

fn ledger(totals: Totals) -> Ledger {
    let Totals { successes, failures, ignored, throttled, cancelled, panicked, rejected, .. } = totals;
    Ledger {
        ended: successes + failures + ignored + throttled + cancelled,
        cancelled,
        panicked,
        refused: rejected,
    }
}

/// A closed breaker with the default settings.
#[must_use]
pub fn closed() -> Handle {
    Handle::new("closed", Config::default())
}

/// A breaker that opened for a nanosecond, and then has three places for probes; hardly any number of them closes it.
#[must_use]
pub fn half_open() -> Handle {
    opened(Handle::new("half-open", half_open_config()))
}

fn half_open_config() -> Config {
    let config = Config::builder()
        .consecutive_failures(1)
        .open_for(Duration::from_nanos(1))
        .escalation(1.0, Duration::from_nanos(1))
        .jitter(0.0)
        .half_open_probes(PROBES)
        .half_open_successes(u8::MAX)
        .probe_lease(LONG);
    config.build().expect("these settings work")
}

fn opened(handle: Handle) -> Handle {
    let permit = handle.acquire().expect("a new breaker is closed");
    permit.record(Outcome::Failure(FailureKind::Error), None);
    handle
}

/// A breaker by default.
#[must_use]
pub fn circuit_breaker() -> Subject {
    let handle = closed();
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).classify(Trap);
    breaker(&handle, layer).hook(PanicAt::Classifier)
}

/// A breaker whose services wait.
#[must_use]
pub fn circuit_breaker_waiting() -> Subject {
    let handle = closed();
    breaker(&handle, CircuitBreakerLayer::from_handle(handle.clone()).readiness())
}

/// A breaker that leaves the error type as it is.
#[must_use]
pub fn circuit_breaker_typed() -> Subject {
    let handle = closed();
    breaker(&handle, CircuitBreakerLayer::from_handle(handle.clone()).typed())
}

/// A breaker that is not there.
#[must_use]
pub fn circuit_breaker_off() -> Subject {
    Subject::new(CircuitBreakerLayer::from_handle(None::<Handle>))
}

/// A breaker that lets some requests pass.
#[must_use]
pub fn circuit_breaker_with_bypass() -> Subject {
    let handle = closed();
    breaker(&handle, CircuitBreakerLayer::from_handle(handle.clone()).bypass_when(never))
        .hook(PanicAt::Request)
        .decides_in_call()
}

/// A breaker that lives as long as the program.
#[must_use]
pub fn circuit_breaker_static() -> Subject {
    let handle: &'static Handle = Box::leak(Box::new(closed()));
    breaker(handle, CircuitBreakerLayer::from_handle(handle))
}

/// A breaker that only looks on.
#[must_use]
pub fn circuit_breaker_in_shadow() -> Subject {
    let handle = closed();
    handle.set_shadow(true);
    breaker(&handle, CircuitBreakerLayer::from_handle(handle.clone())).tolerates(usize::MAX)
}

/// A half-open breaker.
#[must_use]
pub fn circuit_breaker_half_open() -> Subject {
    let handle = half_open();
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).classify(Trap);
    probing_breaker(&handle, layer).hook(PanicAt::Classifier)
}

/// A half-open breaker that decides when it is called.
#[must_use]
pub fn circuit_breaker_half_open_with_bypass() -> Subject {
    let handle = half_open();
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).bypass_when(never);
    probing_breaker(&handle, layer).hook(PanicAt::Request).decides_in_call()
}

/// A half-open breaker whose services wait.
#[must_use]
pub fn circuit_breaker_half_open_waiting() -> Subject {
    let handle = half_open();
    probing_breaker(&handle, CircuitBreakerLayer::from_handle(handle.clone()).readiness())
}

/// A breaker per key.
#[must_use]
pub fn circuit_breaker_keyed() -> Subject {
    let keyed = Keyed::new("keyed", Config::default());
    let layer = CircuitBreakerLayer::from_handle(keyed.clone().by(key));
    breaker(&keyed.of(&KEY), layer).hook(PanicAt::Request).decides_in_call()
}

/// A breaker per key, half-open for the one key there is.
#[must_use]
pub fn circuit_breaker_half_open_keyed() -> Subject {
    let keyed = Keyed::new("keyed", half_open_config());
    let layer = CircuitBreakerLayer::from_handle(keyed.clone().by(key));
    probing_breaker(&opened(keyed.of(&KEY)), layer).hook(PanicAt::Request).decides_in_call()
}

const KEY: u64 = 7;

/// The key of any request.
fn key(plan: &Plan) -> Option<u64> {
    plan.ask(PanicAt::Request);
    Some(KEY)
}

/// A breaker that judges a call when its body has ended.
#[must_use]
pub fn circuit_breaker_at_body_end() -> Subject {
    let handle = closed();
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end();
    breaker(&handle, OverHttp(layer))
}

/// A half-open breaker that judges a call when its body has ended.
#[must_use]
pub fn circuit_breaker_half_open_at_body_end() -> Subject {
    let handle = half_open();
    let layer = CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end();
    probing_breaker(&handle, OverHttp(layer))
}

/// A breaker that answers itself what it refuses.
#[must_use]
pub fn circuit_breaker_respond() -> Subject {
    let handle = closed();
    breaker(&handle, OverHttp(responding(&handle)))
}

/// A half-open breaker that answers itself what it refuses.
#[must_use]
pub fn circuit_breaker_half_open_respond() -> Subject {
    let handle = half_open();
    probing_breaker(&handle, OverHttp(responding(&handle)))
}

fn responding(handle: &Handle) -> CircuitBreakerLayer<Handle, Respond, AtEnd<classify::Http>> {
    CircuitBreakerLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end().respond()
}

/// A breaker whose errors are those of tonic.
#[must_use]
pub fn circuit_breaker_as_status() -> Subject {
    let handle = closed();
    breaker(&handle, of_statuses(CircuitBreakerLayer::from_handle(handle.clone()).as_status()))
}

/// A half-open breaker whose errors are those of tonic.
#[must_use]
pub fn circuit_breaker_half_open_as_status() -> Subject {
    let handle = half_open();
    probing_breaker(&handle, of_statuses(CircuitBreakerLayer::from_handle(handle.clone()).as_status()))
}

type OfStatuses<L> = Stack<L, MapErrLayer<fn(Status) -> BoxError>>;

/// `layer` with the errors of the service beneath as they were: a status must not only be like one, but carry it.
fn of_statuses<L>(layer: L) -> OfStatuses<L> {
    Stack::new(
        layer,
        MapErrLayer::new(|status| {
            let beneath = status.source().and_then(|error| error.downcast_ref::<ProbeError>());
            beneath.map_or_else(|| status.clone().into(), |error| (*error).into())
        }),
    )
}

/// Is asked about each request, and lets none pass.
fn never(plan: &Plan) -> bool {
    plan.ask(PanicAt::Request);
    false
}

/// An operation, which lets every call pass.
#[must_use]
pub fn operation() -> Subject {
    let handle = operation::Handle::new("charge", "payments");
    let (under_way, totals) = (handle.clone(), handle.clone());
    Subject::new(OperationLayer::from_handle(handle))
        .held(move || usize::try_from(under_way.in_flight()).expect("they are few"))
        .ledger(move || {
            let operation::Totals { cancelled, panicked, .. } = totals.totals();
            Ledger { ended: totals.totals().calls(), cancelled, panicked, refused: 0 }
        })
}

/// A fallback that is asked about every result, and never needed.
#[must_use]
pub fn fallback() -> Subject {
    let when = |result: Result<&&'static str, &BoxError>| {
        Trap.classify(result);
        false
    };
    Subject::new(FallbackLayer::value("spare").when(when)).hook(PanicAt::Classifier)
}

/// A fallback that is not there.
#[must_use]
pub fn fallback_off() -> Subject {
    Subject::new(FallbackLayer::value("spare").when(fallback::AnyError).with_handle(None))
}

/// A fallback that leaves the error type as it is.
#[must_use]
pub fn fallback_typed() -> Subject {
    Subject::new(FallbackLayer::value("spare").when(no_result).typed())
}

/// A fallback that is asked about each failure, and fails too: what is left is the error of the call.
#[must_use]
pub fn fallback_that_fails() -> Subject {
    let layer = FallbackLayer::function(|_| std::future::ready(Err::<&'static str, _>("nothing kept")));
    Subject::new(Stack::new(
        layer.when(fallback::AnyError),
        MapErrLayer::new(original as fn(BoxError) -> BoxError),
    ))
}

/// The error of the call, of one whose fallback failed too.
fn original(error: BoxError) -> BoxError {
    let failed = match error.downcast::<fallback::Failed>() {
        Ok(failed) => failed,
        Err(error) => return error,
    };
    match (failed.original().downcast_ref::<ProbeError>(), Rejected::find(&*failed)) {
        (Some(error), _) => (*error).into(),
        (None, Some(rejected)) => rejected.into(),
        (None, None) => failed,
    }
}

fn no_result(_: Result<&&'static str, &BoxError>) -> bool {
    false
}

/// A fallback that knows HTTP, and is needed for failures alone, of which there are none before the body.
#[must_use]
pub fn fallback_over_http() -> Subject {
    let layer = FallbackLayer::function(|_| std::future::ready(Err("nothing kept")));
    Subject::new(OverHttp(layer.http().when(fallback::AnyError)))
}

/// `layer` with the retry of `handle`, which must not try again what a probe fails with.
pub fn retrying<L>(handle: &retry::Handle, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let (totals, budget) = (handle.clone(), handle.clone());
    Subject::new(layer)
        .held(move || {
            let budget = budget.snapshot().budget.expect("it has one");
            let retries = budget.withdrawn - budget.refunded;
            usize::try_from(retries).expect("there are none")
        })
        .ledger(move || {
            let totals = totals.totals();
            let retry::Totals { cancelled, panicked, .. } = totals;
            let ended = totals.successes() + totals.failures() + cancelled;
            Ledger { ended, cancelled, panicked, refused: 0 }
        })
}

/// A retry with one attempt for each call.
#[must_use]
pub fn retry() -> Subject {
    let config = retry::Config::builder().attempts(1).build().expect("these settings work");
    let handle = retry::Handle::new("retry", config);
    let layer = RetryLayer::from_handle(handle.clone()).classify(Trap);
    retrying(&handle, layer).hook(PanicAt::Classifier)
}

/// A retry that leaves the error type as it is, and tries nothing of this again.
#[must_use]
pub fn retry_typed() -> Subject {
    let handle = retry::Handle::new("retry", retry::Config::default());
    let never = |_: Result<&&'static str, &BoxError>| false;
    retrying(&handle, RetryLayer::from_handle(handle.clone()).retry_if(never).typed())
}

/// A retry that is not there.
#[must_use]
pub fn retry_off() -> Subject {
    Subject::new(RetryLayer::from_handle(None::<retry::Handle>))
}

/// A retry of HTTP requests. To it a call has ended with the head of the response, so what it writes down is not what the
/// checks see of bodies.
#[must_use]
pub fn retry_over_http() -> Subject {
    Subject::new(OverHttp(RetryLayer::new(retry::Config::default()).classify(classify::Http)))
}

/// A timeout that hardly ends any call.
#[must_use]
pub fn timeout() -> Subject {
    Subject::new(TimeoutLayer::new(LONG))
}

/// A timeout that leaves the error type as it is.
#[must_use]
pub fn timeout_typed() -> Subject {
    Subject::new(TimeoutLayer::new(LONG).typed())
}

/// A timeout that follows how long calls take, and all the same hardly ends any.
#[must_use]
pub fn timeout_adaptive() -> Subject {
    let config = timeout::Config::default().between(LONG, LONG, 2 * LONG);
    Subject::new(TimeoutLayer::adaptive(config.expect("these settings work")))
}

/// A timeout that is not there.
#[must_use]
pub fn timeout_off() -> Subject {
    Subject::new(TimeoutLayer::new(None))
}

/// A deadline that hardly any call reaches.
#[must_use]
pub fn deadline() -> Subject {
    Subject::new(DeadlineLayer::new(LONG))
}

/// A deadline that leaves the error type as it is.
#[must_use]
pub fn deadline_typed() -> Subject {
    Subject::new(DeadlineLayer::new(LONG).typed())
}

/// A deadline that is not there.
#[must_use]
pub fn deadline_off() -> Subject {
    Subject::new(DeadlineLayer::from_handle(None::<deadline::Handle>))
}

/// A deadline that comes with requests as well, and goes with them.
#[must_use]
pub fn deadline_http() -> Subject {
    Subject::new(OverHttp(DeadlineLayer::http(LONG)))
}

/// A stack with all that holds something.
#[must_use]
pub fn stack() -> Subject {
    let breakers = [closed(), closed()];
    of_stack(&breakers, full_stack(&breakers).classify(Trap)).hook(PanicAt::Classifier)
}

/// The same, which leaves the error type as it is.
#[must_use]
pub fn stack_typed() -> Subject {
    let breakers = [closed(), closed()];
    of_stack(&breakers, full_stack(&breakers).typed())
}

fn full_stack([outside, each]: &[Handle; 2]) -> buttress::Stack {
    // One attempt: the calls of the checks are to be made once.
    let once = retry::Config::builder().attempts(1).build().expect("these settings work");
    buttress::Stack::new("stack")
        .operation("check")
        .circuit_breaker_outside(outside.clone())
        .deadline(LONG)
        .retry(once)
        .circuit_breaker(each.clone())
        .timeout(LONG)
}

/// `layer` with these breakers, the first around the second, either of which refuses.
fn of_stack<L>([outside, each]: &[Handle; 2], layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let (above, beneath, forced) = (outside.clone(), each.clone(), [outside.clone(), each.clone()]);
    breaker(each, layer)
        .ledger(move || {
            let written = ledger(beneath.snapshot().totals);
            Ledger { refused: written.refused + above.snapshot().totals.rejected, ..written }
        })
        .shut(move |shut| forced.iter().for_each(|one| if shut { one.force_open() } else { one.reset() }))
}

/// A stack with every part off.
#[must_use]
pub fn stack_off() -> Subject {
    Subject::new(buttress::Stack::new("off"))
}

/// tower's buffer.
#[must_use]
pub fn tower_buffer() -> Subject {
    Subject::new(BufferLayer::<Plan>::new(4)).buffers()
}

/// tower's concurrency limit, shared by all services.
#[must_use]
pub fn tower_concurrency_limit() -> Subject {
    const LIMIT: usize = 3;
    let semaphore = Arc::new(Semaphore::new(LIMIT));
    let (held, places) = (Arc::clone(&semaphore), Arc::clone(&semaphore));
    Subject::new(GlobalConcurrencyLimitLayer::with_semaphore(semaphore))
        .held(move || LIMIT - held.available_permits())
        .places(LIMIT, move || Arc::clone(&places).try_acquire_owned().ok())
        .keeps_its_place()
}

/// tower's load shedding.
#[must_use]
pub fn tower_load_shed() -> Subject {
    Subject::new(LoadShedLayer::new()).sheds()
}

/// tower's timeout.
#[must_use]
pub fn tower_timeout() -> Subject {
    Subject::new(tower::timeout::TimeoutLayer::new(LONG))
}
