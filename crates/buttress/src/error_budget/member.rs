//! Error budgets in a registry.

use super::handle::{Handle, LAYER};
use crate::observe::Listen;
use crate::registry::{Answer, Asked, ErrorBudgetStatus, Health, Held, Member, Status, Verdict};
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        let budget = ErrorBudgetStatus::new(self);
        judge(&mut status.health, self.name(), budget.met);
        status.error_budgets.insert(self.name().to_owned(), budget);
    }

    fn judge(&self, health: &mut Health) {
        judge(health, self.name(), self.all_met());
    }

    /// Only by its name: what a month has counted is nothing that holds up calls, and who lets them flow again has no mind to
    /// forget it.
    fn reset(&self, asked: Asked) -> Answer {
        match asked {
            Asked::ByName => {
                self.reset();
                Answer::Reset
            }
            Asked::WithAll => Answer::Left,
        }
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}

/// One that is exhausted is degraded: too many calls failed, over a time that can be a month. Whether any is refused now is for
/// others to say, and who took its traffic away for it could never make good for the failures.
fn judge(health: &mut Health, name: &'static str, met: bool) {
    let verdict = if met { Verdict::Healthy } else { Verdict::Degraded };
    health.judge(LAYER, name, verdict, "exhausted");
}
