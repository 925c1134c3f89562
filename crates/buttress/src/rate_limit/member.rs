//! Rate limits in a registry.

use super::handle::{Handle, LAYER};
use super::keyed::Keyed;
use crate::key::Key;
use crate::observe::Listen;
use crate::registry::{Answer, Asked, Health, Held, Member, RateLimitStatus, Status, Verdict};
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        let limit = RateLimitStatus::new(&self.snapshot());
        status.health.judge(LAYER, self.name(), limit.verdict, PAUSED);
        status.rate_limits.insert(self.name().to_owned(), limit);
    }

    /// That it refuses what comes above its rate is its task; that it admits nothing is not.
    fn judge(&self, health: &mut Health) {
        let paused = !self.paused_for().is_zero();
        let verdict = if paused { Verdict::Degraded } else { Verdict::Healthy };
        health.judge(LAYER, self.name(), verdict, PAUSED);
    }

    fn reset(&self, _: Asked) -> Answer {
        self.reset();
        Answer::Reset
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}

/// The state of one that is not healthy.
const PAUSED: &str = "paused";

impl<K: Key + ?Sized> Member for Keyed<K> {
    const KIND: &'static str = "keyed_rate_limit";
}

impl<K: Key + ?Sized> Held for Keyed<K> {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        status.keyed_rate_limits.insert(self.name().to_owned(), self.status());
    }

    /// One caller that asks for too much is no reason to worry, and many are not either.
    fn judge(&self, _: &mut Health) {}

    /// What each key has taken stays taken: the keys are not known any more, so nobody could say which of them to forgive.
    fn reset(&self, _: Asked) -> Answer {
        Answer::Nothing
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}
