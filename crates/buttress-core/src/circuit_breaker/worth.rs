//! What is lost when a breaker is forgotten, for those who keep one per key.

use super::{CircuitBreaker, State};
use crate::Tick;
use crate::keyed::{Keep, Worth};
use crate::sync::Ordering;

impl CircuitBreaker {
    /// What is lost if it is forgotten at `now`: a breaker made anew is closed, with an empty window.
    ///
    /// | worth | the breaker |
    /// |---|---|
    /// | [`Worth::Nothing`] | closed, nothing in its window, no run of failures, its escalation forgotten |
    /// | [`Worth::Memory`] | closed with calls in its window; open or half-open, and nobody has asked since its time was over for as long as an escalation is remembered |
    /// | [`Worth::Penalty`] | open, half-open, closed with an escalation that is remembered; forced or switched to shadow or back by an operator |
    ///
    /// Totals and history are not looked at: they decide nothing.
    #[must_use]
    pub fn worth(&self, now: Tick) -> Worth {
        let (word, config) = (self.word(), self.config());
        if word.is_shadow() != config.shadow {
            return Worth::Penalty;
        }
        let abandoned = |over_at: Tick| now.since(over_at) > config.calm_after();
        let gate = &self.gate;
        let penalised = match word.state() {
            State::ForcedOpen | State::ForcedClosed => true,
            State::Open => !abandoned(Tick::from_nanos(gate.due.load(Ordering::Relaxed))),
            State::HalfOpen => {
                // A probe may be about to decide; when the last one was leased long ago, none is.
                let leased_at = Tick::from_nanos(gate.leased_at.load(Ordering::Relaxed));
                !abandoned(leased_at + config.probe_lease.get())
            }
            State::Closed => self.journal().escalates(config.calm_after(), now),
        };
        if penalised {
            return Worth::Penalty;
        }
        let window = self.window.tally(self.position(now), word.generation());
        let empty = window.calls() == 0 && self.run_at(word, now) == 0;
        if empty && word.is_closed() { Worth::Nothing } else { Worth::Memory }
    }
}

impl Keep for CircuitBreaker {
    fn worth(&self, now: Tick) -> Worth {
        self.worth(now)
    }
}
