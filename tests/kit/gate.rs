//! A circuit breaker in few lines: right, or wrong in one way.

use buttress::{Tick, clock};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use support::checks::BreakerLike;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    /// Counts the probes that ended, and not those that are out.
    AdmitsAnyNumberOfProbes,
    /// Does not ask when a call was admitted.
    CountsOldResults,
}

#[derive(Clone)]
pub(crate) struct Gate {
    state: Rc<RefCell<State>>,
    fault: Fault,
}

struct State {
    generation: u64,
    /// `None` when closed; until then it is open, from then on half-open.
    due: Option<Tick>,
    failures: usize,
    successes: usize,
    out: usize,
}

impl Gate {
    pub(crate) fn new(fault: Fault) -> Self {
        let state = State { generation: 0, due: None, failures: 0, successes: 0, out: 0 };
        Self { state: Rc::new(RefCell::new(state)), fault }
    }
}

impl State {
    fn enter(&mut self, due: Option<Tick>) {
        *self = Self { generation: self.generation + 1, due, failures: 0, successes: 0, out: 0 };
    }
}

/// Dropped, a probe gives its place back.
pub(crate) struct GatePermit {
    gate: Gate,
    generation: u64,
    probe: bool,
}

impl Drop for GatePermit {
    fn drop(&mut self) {
        let mut state = self.gate.state.borrow_mut();
        if self.probe && self.generation == state.generation {
            state.out -= 1;
        }
    }
}

impl BreakerLike for Gate {
    type Permit = GatePermit;
    const OPEN_FOR: Duration = Duration::from_secs(5);
    const PROBES: usize = 3;

    fn admit(&self) -> Option<GatePermit> {
        let mut state = self.state.borrow_mut();
        if let Some(due) = state.due {
            let taken = state.successes + state.out;
            let full = taken >= Self::PROBES && self.fault != Fault::AdmitsAnyNumberOfProbes;
            if clock::now() < due || full {
                return None;
            }
            state.out += 1;
        }
        Some(GatePermit { gate: self.clone(), generation: state.generation, probe: state.due.is_some() })
    }

    fn record(&self, permit: GatePermit, success: bool) {
        let generation = permit.generation;
        drop(permit);
        let mut state = self.state.borrow_mut();
        if generation != state.generation && self.fault != Fault::CountsOldResults {
            return;
        }
        match (state.due.is_some(), success) {
            (false, true) => state.failures = 0,
            (false, false) => state.failures += 1,
            (true, true) => state.successes += 1,
            (true, false) => state.failures = 2,
        }
        if state.failures == 2 {
            state.enter(Some(clock::now() + Self::OPEN_FOR));
        } else if state.successes == Self::PROBES {
            state.enter(None);
        }
    }

    fn is_closed(&self) -> bool {
        self.state.borrow().due.is_none()
    }
}
