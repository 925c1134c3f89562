//! Fallbacks in a registry.

use super::handle::{Handle, LAYER};
use crate::observe::Listen;
use crate::registry::{Answer, Asked, FallbackStatus, Health, Held, Member, Status};
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        status.fallbacks.insert(self.name().to_owned(), FallbackStatus::new(self));
    }

    /// It refuses nothing, so it is never ill; why it is asked is the concern of what it answers for.
    fn judge(&self, _: &mut Health) {}

    /// It has nothing against any call.
    fn reset(&self, _: Asked) -> Answer {
        Answer::Nothing
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}
