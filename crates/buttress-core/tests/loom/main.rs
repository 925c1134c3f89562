//! Every interleaving of two or three threads on one machine. Each model also proves that it reached what it is about.
//!
//! `RUSTFLAGS="--cfg buttress_loom" cargo test -p buttress-core --lib --test loom --release`
#![cfg(buttress_loom)]

mod budget;
mod bulkhead;
mod changes;
mod error_budget;
mod limits;
mod probes;
mod rate_limit;
mod words;

use buttress_core::circuit_breaker::{Builder, CircuitBreaker, Config, Cursor, State, Ticket, Transition};
use buttress_core::{FailureKind, Outcome, Reason, Tick};
use loom::sync::Arc;
use loom::thread;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const FAILURE: Outcome = Outcome::Failure(FailureKind::Response);
/// A breaker opens here, for a second.
const START: Tick = Tick::from_nanos(1_000_000_000);
const DUE: Tick = Tick::from_nanos(2_000_000_000);
/// Leases given out at `DUE` have expired.
const EXPIRED: Tick = Tick::from_nanos(12_000_000_000);

/// How often something happened, over all executions of a model.
#[derive(Clone, Default)]
struct Seen(std::sync::Arc<AtomicUsize>);

impl Seen {
    fn note(&self, happened: bool) {
        self.0.fetch_add(usize::from(happened), Ordering::Relaxed);
    }

    fn times(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Runs a model in all its interleavings. It notes what it reaches; each must be reached at least once.
///
/// The explorer forgets a load by one thread when another loads the same word before it writes it, and so misses orders
/// that begin with the other one. A second run in which the model's own thread steps back after it has started the
/// others begins there.
fn explore<const N: usize>(name: &str, model: impl Fn(&[Seen; N], &dyn Fn()) + Copy + Send + Sync + 'static) {
    explore_within(None, name, model);
}

/// The same for three threads: all interleavings with so many preemptions.
fn explore_within<const N: usize>(
    preemptions: Option<usize>,
    name: &str,
    model: impl Fn(&[Seen; N], &dyn Fn()) + Copy + Send + Sync + 'static,
) {
    let seen: [Seen; N] = std::array::from_fn(|_| Seen::default());
    let executions = Seen::default();
    for others_first in [false, true] {
        let (noted, counted) = (seen.clone(), executions.clone());
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = preemptions;
        builder.check(move || {
            counted.note(true);
            model(&noted, &|| {
                if others_first {
                    thread::yield_now();
                }
            });
        });
    }
    let reached = seen.each_ref().map(Seen::times);
    println!("{name}: {} executions, reached {reached:?}", executions.times());
    assert!(reached.iter().all(|times| *times > 0), "{name} does not reach all it is about: {reached:?}");
}

fn breaker(change: impl FnOnce(Builder) -> Builder) -> Arc<CircuitBreaker> {
    let steady = Config::builder().no_rules().failures_in_window(1).window_of_calls(2);
    let steady = steady.open_for(Duration::from_secs(1)).escalation(1.0, Duration::from_secs(1)).jitter(0.0);
    Arc::new(CircuitBreaker::new(change(steady).build().expect("valid"), 1, Tick::ZERO))
}

/// The same, opened at `START`.
fn opened(breaker: Arc<CircuitBreaker>) -> Arc<CircuitBreaker> {
    let ticket = breaker.pass_if_closed().expect("it is closed").begin(START);
    breaker.record(ticket, FAILURE, None, START).expect("one failure opens");
    breaker
}

fn probe(breaker: &CircuitBreaker) -> Ticket {
    let probe = breaker.try_acquire(DUE).expect("a probe is due");
    assert!(probe.is_probe());
    probe
}

/// Every change is told once, each begins where the last one ended, and the last one is where the breaker stands.
fn assert_told_in_order(breaker: &CircuitBreaker) -> Vec<Transition> {
    let mut cursor = Cursor::default();
    let told: Vec<_> = std::iter::from_fn(|| breaker.next_transition(&mut cursor)).collect();
    let mut state = State::Closed;
    for (index, (change, missed)) in told.iter().enumerate() {
        assert_eq!((change.number, *missed, change.from), (index as u64 + 1, 0, state));
        state = change.to;
    }
    assert_eq!(state, breaker.state());
    told.into_iter().map(|(change, _)| change).collect()
}
