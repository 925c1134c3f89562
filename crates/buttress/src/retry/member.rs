//! Retries in a registry.

use super::handle::{Handle, LAYER};
use crate::observe::Listen;
use crate::registry::{Answer, Asked, Health, Held, Member, RetryStatus, Status};
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        status.retries.insert(self.name().to_owned(), RetryStatus::new(self));
    }

    /// It refuses no call, so it is never ill.
    fn judge(&self, _: &mut Health) {}

    /// It has nothing against calls. What was spent of its budget stays spent, as the peer has borne it.
    fn reset(&self, _: Asked) -> Answer {
        Answer::Nothing
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}
