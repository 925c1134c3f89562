//! The circuit breaker in its modes.

use super::LONG;
use crate::{Contracted, Erased, Ledger, OverHttp, PanicAt, Plan, ProbeError, Subject, Trap};
use buttress::circuit_breaker::{CircuitBreakerLayer, Config, Handle, Keyed, Totals};
use buttress::{AtEnd, BoxError, FailureKind, Outcome, Respond, classify};
use std::error::Error;
use std::time::Duration;
use tonic::Status;
use tower::Layer;
use tower::layer::util::Stack;
use tower::util::MapErrLayer;

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

pub(super) fn ledger(totals: Totals) -> Ledger {
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
