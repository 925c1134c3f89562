//! D1: whatever is done to a breaker, it does what a plain state machine does.
#![cfg(not(buttress_loom))]

mod generate;
mod model;
mod window;

use buttress_core::circuit_breaker::{CircuitBreaker, Cursor, State, Ticket};
use buttress_core::{Outcome, Reason, Tick};
use generate::{Knobs, Op};
use model::{Kind, Oracle};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Unless `PROPTEST_CASES` asks for another number.
const CASES: u32 = 10_000;
const YEAR: u64 = 31_557_600_000_000_000;
/// As far as time goes: windows tell laps apart within a century.
const LATEST: u64 = 60 * YEAR;

const fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}

/// The breaker, the oracle, and the tickets that both gave out.
struct Pair {
    knobs: Knobs,
    breaker: CircuitBreaker,
    cursor: Cursor,
    oracle: Oracle,
    out: Vec<(Ticket, model::Ticket)>,
    now: u64,
    changes: u64,
    opened: u64,
    /// What this case reached, to prove that the cases reach everything.
    seen: BTreeSet<String>,
}

impl Pair {
    fn new(knobs: Knobs) -> Self {
        let breaker = CircuitBreaker::new(knobs.config(), 11, Tick::ZERO);
        let (cursor, oracle) = (breaker.cursor(), Oracle::new(knobs.clone()));
        let (out, seen) = (Vec::new(), BTreeSet::new());
        Self { knobs, breaker, cursor, oracle, out, now: YEAR, changes: 0, opened: 0, seen }
    }

    fn tick(&self) -> Tick {
        Tick::from_nanos(self.now)
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Acquire => _ = self.acquire(),
            Op::Settle { which, outcome, hint } => {
                if let Some(pair) = self.take(which) {
                    self.settle(pair, outcome, hint);
                }
            }
            Op::Cancel { which } => {
                if let Some((real, model)) = self.take(which) {
                    self.breaker.cancel(real);
                    self.oracle.cancel(&model);
                }
            }
            Op::Release { which } => {
                if let Some((real, model)) = self.take(which) {
                    self.breaker.release(real);
                    self.oracle.release(&model);
                }
            }
            Op::Call { outcome, scale, percent } => {
                if self.acquire() {
                    self.check();
                    self.pass(self.knobs.scale(scale) / 100 * u64::from(percent));
                    let pair = self.out.pop().expect("it was just pushed");
                    self.settle(pair, outcome, 0);
                }
            }
            Op::Pass { scale, percent } => self.pass(self.knobs.scale(scale) / 100 * u64::from(percent)),
            Op::ToDue(beside) => self.go_to(self.oracle.due, beside),
            Op::ToLease(beside) => self.go_to(self.oracle.leased_at + self.knobs.lease, beside),
            Op::Years(years) => self.pass(u64::from(years) * YEAR),
            Op::Back { scale, percent } => {
                self.now = self.now.saturating_sub(self.knobs.scale(scale) / 100 * u64::from(percent));
            }
            Op::BackYears(years) => self.now = self.now.saturating_sub(u64::from(years) * YEAR),
            Op::Force(to) => {
                let force = match to {
                    State::ForcedOpen => CircuitBreaker::force_open,
                    State::ForcedClosed => CircuitBreaker::force_closed,
                    _ => CircuitBreaker::reset,
                };
                force(&self.breaker, self.tick());
                self.oracle.force(to, self.now);
            }
            Op::Shadow(shadow) => {
                self.breaker.set_shadow(shadow);
                self.oracle.shadow = shadow;
            }
        }
        self.check();
    }

    fn pass(&mut self, time: u64) {
        self.now = (self.now + time).min(LATEST);
    }

    fn go_to(&mut self, time: u64, beside: i8) {
        self.now = time.saturating_add_signed(beside.into()).clamp(self.now, LATEST.max(self.now));
    }

    fn take(&mut self, which: u8) -> Option<(Ticket, model::Ticket)> {
        let index = usize::from(which).checked_rem(self.out.len())?;
        Some(self.out.swap_remove(index))
    }

    fn acquire(&mut self) -> bool {
        // Who asks beforehand hears the same and changes nothing.
        let foreseen = self.breaker.check(self.tick());
        self.check();
        let (real, model) = (self.breaker.try_acquire(self.tick()), self.oracle.acquire(self.now));
        assert_eq!(foreseen.err(), real.as_ref().err().copied());
        match (real, model) {
            (Ok(real), Ok(model)) => {
                assert_eq!(real.is_probe(), model.kind == Kind::Probe);
                self.out.push((real, model));
                true
            }
            (Err(real), Err((reason, after))) => {
                // A refusal has room for 833 days.
                let after = after.map(|after| Duration::from_nanos(after.min((1 << 56) - 1)));
                assert_eq!((real.reason(), real.lasts()), (reason, after));
                let most = if reason == Reason::HalfOpen { Duration::from_secs(1) } else { Duration::MAX };
                assert_eq!(real.retry_after(), after.map(|after| after.min(most)));
                false
            }
            (real, model) => panic!("the breaker says {real:?}, the oracle {model:?}"),
        }
    }

    fn settle(&mut self, (real, model): (Ticket, model::Ticket), outcome: Outcome, hint: u64) {
        let told = (hint > 0).then(|| Duration::from_nanos(hint));
        let change = self.breaker.record(real, outcome, told, self.tick());
        let drawn = change.and_then(|change| change.open_for).map(nanos);
        let before = self.oracle.changes.len();
        self.oracle.record(&model, outcome, hint, self.now, drawn);
        let expected = self.oracle.changes.get(before).map(|(at, from, to, ..)| (*at, *from, *to));
        assert_eq!(change.map(|change| (change.at.as_nanos(), change.from, change.to)), expected);
    }

    /// Both stand alike, and both tell the same changes.
    fn check(&mut self) {
        for (at, from, to, cause, open_for) in std::mem::take(&mut self.oracle.changes) {
            let (real, missed) = self.breaker.next_transition(&mut self.cursor).expect("a change is missing");
            self.changes += 1;
            self.opened += u64::from(to == State::Open);
            assert_eq!((real.number, missed, real.at.as_nanos()), (self.changes, 0, at));
            assert_eq!(
                (real.from, real.to, real.cause, real.open_for.map(nanos)),
                (from, to, cause, open_for)
            );
            self.seen.insert(format!("{from} -> {to}"));
            self.seen.insert(format!("{cause:?}").split([' ', '(']).next().unwrap_or_default().to_owned());
        }
        assert_eq!(self.breaker.next_transition(&mut self.cursor), None);
        let snapshot = self.breaker.snapshot(self.tick());
        let oracle = &self.oracle;
        let now = self.now;
        assert_eq!(
            (snapshot.state, self.breaker.state(), snapshot.shadow),
            (oracle.state, oracle.state, oracle.shadow)
        );
        assert_eq!(nanos(snapshot.in_state_for), now.saturating_sub(oracle.entered_at));
        let wait = (oracle.state == State::Open).then(|| oracle.due.saturating_sub(now));
        assert_eq!(snapshot.retry_after.map(nanos), wait);
        let closed = oracle.state == State::Closed;
        let window = snapshot.window;
        assert_eq!((window.calls, window.failures, window.slow), oracle.window(now));
        assert_eq!(snapshot.consecutive_failures, if closed { oracle.run_at(now) } else { 0 });
        let probes = snapshot.probes;
        assert_eq!((probes.in_flight, probes.successes, probes.failures), oracle.probes);
        let last_failure = snapshot.last_failure.map(|last| (last.kind, last.at.as_nanos()));
        // Kept to eight nanoseconds.
        assert_eq!(last_failure, oracle.last_failure.map(|(kind, at)| (kind, at - at % 8)));
        assert_eq!((snapshot.opened, snapshot.transitions), (self.opened, self.changes));
        let (totals, sums) = (snapshot.totals, &oracle.sums);
        assert_eq!((totals.successes, totals.failures, totals.slow), (sums.good, sums.bad, sums.slow));
        assert_eq!(
            (totals.throttled, totals.ignored, totals.cancelled),
            (sums.throttled, sums.ignored, sums.cancelled)
        );
        assert_eq!((totals.rejected, totals.would_reject), (sums.rejected, sums.would_reject));
        assert_eq!(totals.expired_leases, sums.expired);
        self.seen.insert(format!("{}", snapshot.state));
    }
}

/// Everything that at least one case in a hundred must reach.
fn to_be_seen() -> Vec<String> {
    let causes = [
        "ConsecutiveFailures",
        "FailuresInWindow",
        "FailureRate",
        "SlowCallRate",
        "OpenTimeOver",
        "ProbesFailed",
        "ProbesSucceeded",
        "Forced",
        "Reset",
    ];
    let states = State::ALL.map(|state| state.to_string());
    let pairs = State::ALL.iter().flat_map(|from| State::ALL.map(|to| (*from, to))).filter(|(from, to)| {
        let by_itself = [
            (State::Closed, State::Open),
            (State::Open, State::HalfOpen),
            (State::HalfOpen, State::Open),
            (State::HalfOpen, State::Closed),
        ];
        let forced = matches!(to, State::ForcedOpen | State::ForcedClosed) && from != to;
        by_itself.contains(&(*from, *to)) || forced || *to == State::Closed
    });
    let pairs = pairs.map(|(from, to)| format!("{from} -> {to}"));
    causes.map(str::to_owned).into_iter().chain(states).chain(pairs).collect()
}

#[test]
fn d1_d4_d8_f1_f7_b7_s1_55_s1_58_every_sequence_matches_the_oracle() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let settings = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"every sequence matches an oracle");
    let reached = RefCell::new(BTreeMap::<String, u32>::new());
    let strategy = (generate::knobs(), proptest::collection::vec(generate::op(), 1..=200));
    let result = TestRunner::new_with_rng(settings, rng).run(&strategy, |(knobs, ops)| {
        let mut pair = Pair::new(knobs);
        ops.iter().for_each(|op| pair.apply(op));
        for name in pair.seen {
            *reached.borrow_mut().entry(name).or_default() += 1;
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let reached = reached.into_inner();
    println!("of {cases} cases: {reached:#?}");
    for name in to_be_seen() {
        let times = reached.get(&name).copied().unwrap_or_default();
        assert!(times >= cases / 100, "{name} is reached in {times} of {cases} cases");
    }
}
