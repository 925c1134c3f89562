//! The router, all of whose peers are the service beneath.

use super::LONG;
use crate::{Erased, OverHttp, PanicAt, Subject, Trap};
use buttress_reputation::router::PeerRouter;
use buttress_reputation::selection::{self, Selection};
use buttress_reputation::{Config, Ledger, breaker, presets};
use std::time::Duration;
use tower::Layer;

type Id = &'static str;

/// How many probes may be out at once at a peer whose breaker is half-open.
const PROBES: u8 = 3;

/// A router of these peers, put together by a function, as a layer over the service that all of them have.
struct Routed<S, F> {
    peers: &'static [Id],
    selection: Selection<Id, S>,
    router: F,
}

impl<S: Clone, R, F: Fn(Selection<Id, S>) -> R> Layer<S> for Routed<S, F> {
    type Service = R;

    fn layer(&self, inner: S) -> R {
        self.selection.extend(self.peers.iter().map(|id| (*id, inner.clone())));
        (self.router)(self.selection.clone())
    }
}

impl<S, F: Clone> Clone for Routed<S, F> {
    fn clone(&self) -> Self {
        let Self { peers, selection, router } = self;
        Self { peers, selection: selection.clone(), router: router.clone() }
    }
}

fn routed<S, F>(peers: &'static [Id], ledger: &Ledger<Id>, router: F) -> Routed<S, F> {
    Routed { peers, selection: Selection::new(ledger, selection::Config::default()), router }
}

const THREE: &[Id] = &["a", "b", "c"];

/// One that no check makes leave a peer alone.
fn patient() -> Ledger<Id> {
    let breaker = breaker::Config::builder().failure_threshold(250).build();
    Ledger::new("router", config(breaker.expect("these settings work")))
}

fn config(breaker: breaker::Config) -> Config {
    let config = presets::router().to_builder().breaker(breaker).outlier(None);
    config.build().expect("these settings work")
}

fn subject(subject: Subject, ledger: Ledger<Id>) -> Subject {
    let in_flight =
        move || THREE.iter().filter_map(|id| ledger.peer(id)).map(|peer| peer.in_flight as usize).sum();
    subject.held(in_flight).decides_in_call().fails_in_call()
}

/// A router of three peers.
#[must_use]
pub fn router() -> Subject {
    let ledger = patient();
    let layer = routed::<Erased, _>(THREE, &ledger, |peers| PeerRouter::new(peers).classify(Trap));
    subject(Subject::new(layer), ledger).hook(PanicAt::Classifier)
}

/// A router that leaves the error type as it is.
#[must_use]
pub fn router_typed() -> Subject {
    let ledger = patient();
    let layer = routed::<Erased, _>(THREE, &ledger, |peers| PeerRouter::new(peers).typed());
    subject(Subject::new(layer), ledger)
}

/// A router whose calls end with the bodies of their responses.
#[must_use]
pub fn router_at_body_end() -> Subject {
    let ledger = patient();
    let layer = routed(THREE, &ledger, |peers| PeerRouter::http(peers).at_body_end());
    subject(Subject::new(OverHttp(layer)), ledger)
}

/// A router of one peer, whose breaker is half-open and has three places for probes.
#[must_use]
pub fn router_half_open() -> Subject {
    let breaker =
        breaker::Config::builder().failure_threshold(1).failure_rate(0.0).failures_to_reopen(u8::MAX);
    let breaker = breaker.open_for(Duration::from_millis(1)).jitter(0.0).lease(LONG);
    let breaker = breaker.half_open_max_in_flight(PROBES).success_threshold(u8::MAX).build();
    let ledger = Ledger::new("router", config(breaker.expect("these settings work")));
    let layer = routed::<Erased, _>(&["a"], &ledger, PeerRouter::new);
    let probes = ledger.clone();
    ledger.record_failure(&"a");
    let places = subject(Subject::new(layer), ledger).places(PROBES.into(), move || probes.admit(&"a").ok());
    places.lease(LONG).tolerates(0)
}
