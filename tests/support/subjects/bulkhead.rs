//! The bulkhead in its modes.

use super::LONG;
use crate::{Contracted, Erased, Ledger, OverHttp, PanicAt, Plan, Subject, Trap};
use buttress::bulkhead::{BulkheadLayer, Config, Handle, Keyed, RESERVED_FOR, adaptive_limit};
use buttress::classify;
use tower::Layer;

/// How many calls may be under way at once in a narrow one.
const PLACES: u32 = 3;

/// More than any check makes.
const MANY: u32 = 100;

/// `layer` with the bulkhead of `handle`.
pub fn bulkhead_of<L>(handle: &Handle, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let (held, written) = (handle.clone(), handle.clone());
    Subject::new(layer)
        .held(move || {
            let in_flight = held.in_flight();
            // Nobody waits who is not waited for.
            let out = if in_flight == 0 { held.queued() } else { in_flight };
            usize::try_from(out).expect("they are few")
        })
        .ledger(move || ledger(&written))
}

/// The same of a narrow one that lets nobody wait.
pub fn narrow_bulkhead<L>(handle: &Handle, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let places = handle.clone();
    bulkhead_of(handle, layer).places(PLACES as usize, move || places.try_acquire().ok()).decides_in_call()
}

fn ledger(handle: &Handle) -> Ledger {
    let (snapshot, dropped) = (handle.snapshot(), handle.dropped());
    let waited_in_vain = snapshot.timed_out + snapshot.expired + snapshot.cancelled;
    // Whoever has got a turn and not fetched it is in flight, and has no ticket yet.
    let tickets = snapshot.admitted - snapshot.completed - snapshot.given_back;
    let waits = u64::from(snapshot.queued) + u64::from(snapshot.in_flight).saturating_sub(tickets);
    Ledger {
        ended: snapshot.completed,
        cancelled: dropped.cancelled,
        panicked: dropped.panicked,
        // Nobody is refused who waits, but it was not sent either.
        refused: snapshot.rejected + snapshot.too_large + waited_in_vain + waits,
    }
}

fn config(max_concurrent: u32, queue: u32) -> Config {
    let builder = Config::builder().max_concurrent(max_concurrent).queue(queue).max_wait(LONG);
    builder.build().expect("these settings work")
}

fn wide() -> Handle {
    Handle::new("wide", config(MANY, MANY))
}

fn narrow() -> Handle {
    Handle::new("narrow", config(PLACES, 0))
}

/// A bulkhead that hardly any call fills.
#[must_use]
pub fn bulkhead() -> Subject {
    let handle = wide();
    let layer = BulkheadLayer::from_handle(handle.clone()).classify(Trap);
    bulkhead_of(&handle, layer).hook(PanicAt::Classifier).decides_in_call()
}

/// A bulkhead that leaves the error type as it is.
#[must_use]
pub fn bulkhead_typed() -> Subject {
    let handle = wide();
    bulkhead_of(&handle, BulkheadLayer::from_handle(handle.clone()).typed()).decides_in_call()
}

/// A bulkhead that is not there.
#[must_use]
pub fn bulkhead_off() -> Subject {
    Subject::new(BulkheadLayer::from_handle(None::<Handle>))
}

/// A bulkhead that lives as long as the program.
#[must_use]
pub fn bulkhead_static() -> Subject {
    let handle: &'static Handle = Box::leak(Box::new(wide()));
    bulkhead_of(handle, BulkheadLayer::from_handle(handle)).decides_in_call()
}

/// A bulkhead whose limit moves.
#[must_use]
pub fn bulkhead_adaptive() -> Subject {
    let handle = Handle::adaptive("adaptive", adaptive_limit::Config::default());
    bulkhead_of(&handle, BulkheadLayer::from_handle(handle.clone())).decides_in_call()
}

/// A bulkhead that asks each request how much it weighs.
#[must_use]
pub fn bulkhead_weighing() -> Subject {
    let handle = wide();
    let written = handle.clone();
    let weigh = |plan: &Plan| {
        plan.ask(PanicAt::Request);
        2
    };
    let layer = BulkheadLayer::from_handle(handle.clone()).weigh(weigh);
    bulkhead_of(&handle, layer)
        .hook(PanicAt::Request)
        .decides_in_call()
        .ledger(move || Ledger { refused: written.snapshot().rejected, ..ledger(&written) })
}

/// A bulkhead per key.
#[must_use]
pub fn bulkhead_keyed() -> Subject {
    let keyed = Keyed::new("keyed", config(MANY, 0));
    let layer = BulkheadLayer::from_handle(keyed.clone().by(key));
    bulkhead_of(&keyed.of(&KEY), layer).hook(PanicAt::Request).decides_in_call()
}

/// A bulkhead that a call leaves when its body has ended.
#[must_use]
pub fn bulkhead_at_body_end() -> Subject {
    let handle = wide();
    let layer = BulkheadLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end();
    bulkhead_of(&handle, OverHttp(layer)).decides_in_call()
}

/// A bulkhead that answers itself what it refuses.
#[must_use]
pub fn bulkhead_respond() -> Subject {
    let handle = wide();
    let layer = BulkheadLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end().respond();
    bulkhead_of(&handle, OverHttp(layer)).decides_in_call()
}

/// A narrow bulkhead in which nobody waits.
#[must_use]
pub fn bulkhead_full() -> Subject {
    let handle = narrow();
    let layer = BulkheadLayer::from_handle(handle.clone()).classify(Trap);
    narrow_bulkhead(&handle, layer).hook(PanicAt::Classifier)
}

/// A narrow bulkhead per key, of the one key there is.
#[must_use]
pub fn bulkhead_full_keyed() -> Subject {
    let keyed = Keyed::new("keyed", config(PLACES, 0));
    let layer = BulkheadLayer::from_handle(keyed.clone().by(key));
    narrow_bulkhead(&keyed.of(&KEY), layer).hook(PanicAt::Request)
}

/// A narrow bulkhead that a call leaves when its body has ended.
#[must_use]
pub fn bulkhead_full_at_body_end() -> Subject {
    let handle = narrow();
    let layer = BulkheadLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end();
    narrow_bulkhead(&handle, OverHttp(layer))
}

/// A narrow bulkhead that answers itself what it refuses.
#[must_use]
pub fn bulkhead_full_respond() -> Subject {
    let handle = narrow();
    let layer = BulkheadLayer::from_handle(handle.clone()).classify(classify::Http).at_body_end().respond();
    narrow_bulkhead(&handle, OverHttp(layer))
}

/// A narrow bulkhead whose calls wait for their turn.
#[must_use]
pub fn bulkhead_queueing() -> Subject {
    let handle = Handle::new("queueing", config(PLACES, MANY));
    bulkhead_of(&handle, BulkheadLayer::from_handle(handle.clone())).decides_in_call()
}

/// A narrow bulkhead whose services wait until there is room.
#[must_use]
pub fn bulkhead_backpressure() -> Subject {
    let handle = Handle::new("backpressure", config(PLACES, MANY));
    let (places, written) = (handle.clone(), handle.clone());
    bulkhead_of(&handle, BulkheadLayer::from_handle(handle.clone()).backpressure())
        .places(PLACES as usize, move || places.try_acquire().ok())
        .lease(RESERVED_FOR)
        // Those that wait are services, and no calls yet.
        .ledger(move || Ledger { refused: written.snapshot().rejected, ..ledger(&written) })
}

const KEY: u64 = 7;

/// The key of any request.
fn key(plan: &Plan) -> Option<u64> {
    plan.ask(PanicAt::Request);
    Some(KEY)
}
