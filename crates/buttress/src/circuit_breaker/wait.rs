//! Waiting for a breaker that refuses, instead of refusing.

use super::handle::Shared;
use super::permit::Permit;
use std::fmt;
use std::ops::Deref;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

/// A wait under way, if there is one. Boxed, as it is only made while the breaker refuses.
pub(super) struct Wait<L: Deref<Target = Shared>>(
    Option<Pin<Box<dyn Future<Output = Permit<L>> + Send + Sync>>>,
);

impl<L: Deref<Target = Shared> + Send + Sync + 'static> Wait<L> {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    pub(super) const fn is_under_way(&self) -> bool {
        self.0.is_some()
    }

    /// Ready with a reservation of the breaker that `lease` holds.
    pub(super) fn poll(&mut self, lease: L, cx: &mut Context<'_>) -> Poll<Permit<L>> {
        let wait = self.0.get_or_insert_with(|| Box::pin(admission(lease)));
        let permit = ready!(wait.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(permit)
    }
}

impl<L: Deref<Target = Shared>> fmt::Debug for Wait<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wait").field(&self.0.is_some()).finish()
    }
}

/// Sleeps until a refusal must be over or the breaker changes, and asks again.
async fn admission<L: Deref<Target = Shared>>(lease: L) -> Permit<L> {
    let ticket = loop {
        let mut changed = pin!(lease.changed.notified());
        // Registered before asking, so that no change falls between the two.
        changed.as_mut().enable();
        match lease.try_acquire() {
            Ok(ticket) => break ticket,
            Err(refusal) => match refusal.lasts() {
                // Which of the two it was, the next answer tells.
                Some(time) => drop(tokio::time::timeout(time, changed).await),
                None => changed.await,
            },
        }
    };
    Permit::new(lease, ticket)
}
