//! When a call that waits for peers asks one more.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// For the first time after so long: more than a peer with room takes, and little to who waits. Then each time after twice as
/// long, so that many who wait do not keep everybody busy.
const PATIENCE: Duration = Duration::from_millis(100);

/// Rings again and again, more and more seldom.
pub(super) struct Alarm {
    patience: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    pub(super) const fn new() -> Self {
        Self { patience: PATIENCE, sleep: None }
    }

    /// Whether it rings: `sooner`, if it is known when it is worth it, counted from when it rang last.
    pub(super) fn rings(&mut self, sooner: Option<Duration>, cx: &mut Context<'_>) -> bool {
        let sleep = self.sleep.get_or_insert_with(|| {
            let sooner = sooner.map_or(self.patience, |sooner| sooner.max(PATIENCE));
            Box::pin(sleep(self.patience.min(sooner)))
        });
        match sleep.as_mut().poll(cx) {
            Poll::Pending => false,
            Poll::Ready(()) => {
                *self = Self { patience: self.patience.saturating_mul(2), sleep: None };
                true
            }
        }
    }
}
