//! Operations in a registry.

use super::handle::{Handle, LAYER};
use crate::observe::Listen;
use crate::registry::{Answer, Asked, Health, Held, Member, OperationStatus, Status};
use crate::rejected::Site;
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    /// Component and operation, as `payments.charge`: several components have an operation of the same name.
    fn name(&self) -> &'static str {
        Site::intern(LAYER, &format!("{}.{}", self.component(), Self::name(self))).name
    }

    fn report(&self, status: &mut Status, _: usize) {
        status.operations.insert(Held::name(self).to_owned(), OperationStatus::new(self));
    }

    /// It refuses nothing, so it is never ill.
    fn judge(&self, _: &mut Health) {}

    fn reset(&self, _: Asked) -> Answer {
        self.reset();
        Answer::Reset
    }

    /// It has no events.
    fn listen(&self, _: Arc<dyn Listen>) {}
}
