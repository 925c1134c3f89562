//! Circuit breakers in a registry.

use super::handle::{Handle, LAYER};
use crate::clock;
use crate::observe::Listen;
use crate::registry::{BreakerStatus, Health, Held, Member, Status, Verdict};
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status) {
        let breaker = BreakerStatus::new(&self.explain());
        status.health.judge(Self::KIND, self.name(), breaker.verdict, breaker.state);
        status.circuit_breakers.insert(self.name().to_owned(), breaker);
    }

    fn judge(&self, health: &mut Health) {
        let state = self.state();
        let refuses = self.0.machine.check(clock::precise()).is_err();
        health.judge(Self::KIND, self.name(), Verdict::of_breaker(state, refuses), state);
    }

    fn reset(&self) {
        self.reset();
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.listen(listener);
    }
}
