//! Deadlines in a registry.

use super::handle::{Handle, LAYER};
use crate::observe::Listen;
use crate::registry::{Health, Held, Member, Status, TimeLimitStatus};
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        status.deadlines.insert(self.name().to_owned(), TimeLimitStatus::new(&self.snapshot()));
    }

    /// It is the peer that is slow, and a breaker's to say so.
    fn judge(&self, _: &mut Health) {}

    fn reset(&self) {
        self.0.reset();
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.listen(listener);
    }
}
