//! Failure logs in a registry.

use super::handle::{Handle, LAYER};
use crate::observe::Listen;
use crate::registry::{Answer, Asked, FailureLogStatus, Health, Held, Member, Status};
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        Self::name(self)
    }

    fn report(&self, status: &mut Status, _: usize) {
        status.failure_logs.insert(self.name().to_owned(), FailureLogStatus::new(self));
    }

    /// It refuses nothing, and what it has learned says nothing about who may call.
    fn judge(&self, _: &mut Health) {}

    /// It has nothing against anybody; what it remembers is for people, who still want to read it.
    fn reset(&self, _: Asked) -> Answer {
        Answer::Nothing
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        Self::listen(self, listener);
    }
}
