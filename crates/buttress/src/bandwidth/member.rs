//! Bandwidth in a registry.

use super::handle::{Handle, LAYER};
use crate::observe::Listen;
use crate::registry::{Answer, Asked, BandwidthStatus, Health, Held, Member, Status};
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        let bandwidth = BandwidthStatus::new(&self.snapshot(), self.0.seed);
        status.bandwidths.insert(self.name().to_owned(), bandwidth);
    }

    /// A line in full use is in good health.
    fn judge(&self, _: &mut Health) {}

    fn reset(&self, _: Asked) -> Answer {
        self.reset();
        Answer::Reset
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}
