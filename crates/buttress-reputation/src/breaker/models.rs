//! Every interleaving of two threads on one breaker.

use super::compact::{Compact, Rules};
use super::{Builder, Config, State};
use crate::peer::{Change, Changes, Cold, explore};
use buttress_core::Tick;
use loom::sync::Arc;
use loom::thread;
use std::time::Duration;

const START: Tick = Tick::from_nanos(1_000_000_000_000);
/// The open time is over.
const DUE: Tick = Tick::from_nanos(1_001_000_000_000);
/// And the lease of a probe as well.
const EXPIRED: Tick = Tick::from_nanos(1_011_000_000_000);

struct Rig {
    breaker: Compact,
    cold: Cold,
    config: Config,
}

impl Rig {
    fn new(change: impl FnOnce(Builder) -> Builder) -> Arc<Self> {
        let config = change(Config::builder().failure_threshold(1).jitter(0.0)).build().expect("it works");
        Arc::new(Self { breaker: Compact::new(), cold: Cold::default(), config })
    }

    fn opened(change: impl FnOnce(Builder) -> Builder) -> Arc<Self> {
        let rig = Self::new(change);
        assert_eq!(rig.judge(true, START), [Change::Opened]);
        rig
    }

    fn rules(&self) -> Rules<'_> {
        Rules { config: &self.config, seed: 1 }
    }

    fn ask(&self, now: Tick) -> (Option<super::word::Word>, Vec<Change>) {
        let mut changes = Changes::default();
        let ticket = self.breaker.admit(self.rules(), &self.cold, now, &mut changes).ok();
        (ticket, changes.told().collect())
    }

    fn end(&self, ticket: super::word::Word, failed: bool, now: Tick) -> Vec<Change> {
        let mut changes = Changes::default();
        self.breaker.settle(self.rules(), &self.cold, ticket, failed, now, &mut changes);
        changes.told().collect()
    }

    fn judge(&self, failed: bool, now: Tick) -> Vec<Change> {
        let mut changes = Changes::default();
        self.breaker.judge(self.rules(), &self.cold, failed, now, &mut changes);
        changes.told().collect()
    }
}

#[test]
fn d3_two_failures_at_once_open_it_once_and_one_of_them_says_so() {
    explore(|other_first| {
        let rig = Rig::new(|builder| builder.failure_threshold(2).failure_rate(0.5));
        let (one, other) = (rig.ask(START).0.expect("closed"), rig.ask(START).0.expect("closed"));
        let beside = Arc::clone(&rig);
        let thread = thread::spawn(move || beside.end(one, true, START));
        other_first();
        let mut told = rig.end(other, true, START);
        told.extend(thread.join().expect("it ends"));
        assert_eq!(told, [Change::Opened], "neither count is lost, and both see both at the latest");
        assert_eq!(rig.breaker.state(), State::Open);
        assert_eq!(rig.breaker.open_until(), Some(DUE));
    });
}

#[test]
fn d2_d3_of_two_that_ask_at_once_one_probes_and_one_says_half_open() {
    explore(|other_first| {
        let rig = Rig::opened(|builder| builder.half_open_max_in_flight(1));
        let beside = Arc::clone(&rig);
        let thread = thread::spawn(move || beside.ask(DUE));
        other_first();
        let (one, mut told) = rig.ask(DUE);
        let (other, told_beside) = thread.join().expect("it ends");
        told.extend(told_beside);
        assert_eq!(told, [Change::HalfOpened]);
        assert_eq!(usize::from(one.is_some()) + usize::from(other.is_some()), 1, "one place, one probe");
    });
}

#[test]
fn d2_d3_two_probes_at_once_close_it_once_and_two_that_differ_leave_one_state() {
    for failed in [false, true] {
        explore(move |other_first| {
            let rig = Rig::opened(|builder| builder);
            let (one, other) = (rig.ask(DUE).0.expect("a place"), rig.ask(DUE).0.expect("another"));
            let beside = Arc::clone(&rig);
            let thread = thread::spawn(move || beside.end(one, failed, DUE));
            other_first();
            let mut told = rig.end(other, false, DUE);
            told.extend(thread.join().expect("it ends"));
            let (change, state) =
                if failed { (Change::Opened, State::Open) } else { (Change::Closed, State::Closed) };
            assert_eq!((told, rig.breaker.state()), (vec![change], state));
        });
    }
}

#[test]
fn d2_a_probe_that_ends_while_its_lease_is_given_up_counts_once_or_not_at_all() {
    explore(|other_first| {
        let rig = Rig::opened(|builder| builder.half_open_max_in_flight(1).success_threshold(2));
        let slow = rig.ask(DUE).0.expect("a place");
        let beside = Arc::clone(&rig);
        let thread = thread::spawn(move || beside.end(slow, false, EXPIRED));
        other_first();
        let (next, _) = rig.ask(EXPIRED);
        thread.join().expect("it ends");
        let next = next.expect("either it ended or its lease did");
        assert!(rig.ask(EXPIRED).0.is_none(), "one place, one probe");
        rig.end(next, false, EXPIRED);
        if rig.breaker.state() == State::HalfOpen {
            let last = rig.ask(EXPIRED).0.expect("one success is missing");
            rig.end(last, false, EXPIRED);
        }
        assert_eq!(rig.breaker.state(), State::Closed);
    });
}

#[test]
fn d4_a_failure_that_began_before_does_not_open_what_has_closed_meanwhile() {
    explore(|other_first| {
        let rig = Rig::new(|builder| builder.success_threshold(1));
        let straggler = rig.ask(START).0.expect("closed");
        rig.judge(true, START);
        let probe = rig.ask(DUE).0.expect("a probe is due");
        let beside = Arc::clone(&rig);
        let thread = thread::spawn(move || beside.end(straggler, true, DUE));
        other_first();
        assert_eq!(rig.end(probe, false, DUE), [Change::Closed]);
        assert_eq!(thread.join().expect("it ends"), []);
        assert_eq!(rig.breaker.state(), State::Closed);
        assert_eq!(rig.breaker.tally(&rig.config, DUE).failures, 0);
    });
}

#[test]
fn d4_a_failure_that_is_being_counted_while_it_opens_does_not_count_when_it_has_closed() {
    explore(|other_first| {
        let rig = Rig::new(|builder| builder.success_threshold(1));
        let slow = rig.ask(START).0.expect("closed");
        let beside = Arc::clone(&rig);
        let thread = thread::spawn(move || beside.end(slow, true, START));
        other_first();
        let mut told = rig.judge(true, START);
        let (probe, half_opened) = rig.ask(DUE);
        told.extend(half_opened);
        if let Some(probe) = probe.filter(|_| rig.breaker.state() == State::HalfOpen) {
            told.extend(rig.end(probe, false, DUE));
        }
        told.extend(thread.join().expect("it ends"));
        assert_eq!(told.iter().filter(|change| **change == Change::Opened).count(), 1);
        assert_eq!(rig.breaker.tally(&rig.config, DUE).failures, 0);
    });
}
