//! Rate limits.

use super::LONG;
use crate::{Contracted, Erased, OverHttp, PanicAt, Plan, Subject};
use buttress::rate_limit::{Config, Handle, Keyed, Rate, RateLimitLayer, Rule, WindowConfig};
use tower::Layer;

/// A rate that no check reaches.
fn ample() -> Config {
    let rate = Rate::per_second(1 << 32).expect("the fastest there is");
    Config::new(rate, 1 << 20).expect("these settings work")
}

/// `layer` with the limit of `handle`, which must be [ample].
fn limit<L>(handle: &Handle, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let (queue, shut) = (handle.clone(), handle.clone());
    Subject::new(layer)
        .held(move || usize::try_from(queue.snapshot().waiting).expect("they are few"))
        .shut(move |close| if close { shut.pause(LONG * 2) } else { shut.reset() })
        .decides_in_call()
}

fn handle() -> Handle {
    Handle::new("limit", ample())
}

/// A rate limit by default.
#[must_use]
pub fn rate_limit() -> Subject {
    let handle = handle();
    limit(&handle, RateLimitLayer::from_handle(handle.clone()))
}

/// A rate limit that asks what a request costs.
#[must_use]
pub fn rate_limit_with_cost() -> Subject {
    let handle = handle();
    let cost = |plan: &Plan| {
        plan.ask(PanicAt::Request);
        2
    };
    limit(&handle, RateLimitLayer::from_handle(handle.clone()).cost(cost)).hook(PanicAt::Request)
}

/// A rate limit that leaves the error type as it is.
#[must_use]
pub fn rate_limit_typed() -> Subject {
    let handle = handle();
    limit(&handle, RateLimitLayer::from_handle(handle.clone()).typed())
}

/// A rate limit that is not there.
#[must_use]
pub fn rate_limit_off() -> Subject {
    Subject::new(RateLimitLayer::from_handle(None::<Handle>))
}

/// A rate limit that lives as long as the program.
#[must_use]
pub fn rate_limit_static() -> Subject {
    let handle: &'static Handle = Box::leak(Box::new(handle()));
    limit(handle, RateLimitLayer::from_handle(handle))
}

/// A rate limit that lets some requests pass.
#[must_use]
pub fn rate_limit_with_bypass() -> Subject {
    let handle = handle();
    let never = |plan: &Plan| {
        plan.ask(PanicAt::Request);
        false
    };
    limit(&handle, RateLimitLayer::from_handle(handle.clone()).bypass_when(never)).hook(PanicAt::Request)
}

/// Several limits.
#[must_use]
pub fn rate_limit_of_several() -> Subject {
    let many = Rate::per_second(1 << 31).expect("a fast one");
    let window = WindowConfig::counter(many).expect("these settings work");
    let handle = Handle::of("limits", [Rule::from(ample()), window.into()]);
    limit(&handle, RateLimitLayer::from_handle(handle.clone()))
}

/// A rate limit whose calls wait for their turn. Shut, it refuses those whose turn would be too late.
#[must_use]
pub fn rate_limit_waiting() -> Subject {
    let handle = handle();
    limit(&handle, RateLimitLayer::from_handle(handle.clone()).wait(LONG))
}

/// A rate limit per key.
#[must_use]
pub fn rate_limit_keyed() -> Subject {
    keyed(|keyed| RateLimitLayer::from_handle(keyed.by(key)))
}

/// A rate limit per key whose calls wait for their turn.
#[must_use]
pub fn rate_limit_keyed_waiting() -> Subject {
    keyed(|keyed| RateLimitLayer::from_handle(keyed.by(key)).wait(LONG))
}

fn keyed<L>(layer: impl FnOnce(Keyed<u64>) -> L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let rate = Rate::per_second(1_000_000).expect("a fast one");
    let config = Config::new(rate, 1 << 20).expect("these settings work");
    Subject::new(layer(Keyed::new("keyed", config))).hook(PanicAt::Request).decides_in_call()
}

/// The key of any request.
fn key(plan: &Plan) -> Option<u64> {
    plan.ask(PanicAt::Request);
    Some(7)
}

/// A rate limit that answers itself what it refuses, and tells in each answer what is left.
#[must_use]
pub fn rate_limit_respond() -> Subject {
    let handle = handle();
    limit(&handle, OverHttp(RateLimitLayer::from_handle(handle.clone()).respond().headers()))
}

/// A rate limit that does what the peer asks for.
#[must_use]
pub fn rate_limit_following() -> Subject {
    let handle = handle();
    limit(&handle, OverHttp(RateLimitLayer::from_handle(handle.clone()).wait(LONG).follow_peer()))
}
