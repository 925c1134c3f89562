//! Waiting for a breaker that refuses, instead of refusing.

use super::handle::Shared;
use super::permit::Reservation;
use std::ops::Deref;
use std::pin::{Pin, pin};

/// A wait that ends with an admission. Boxed, as it is only made while the breaker refuses.
pub(super) type Wait<L> = Pin<Box<dyn Future<Output = Reservation<L>> + Send + Sync>>;

/// Sleeps until a refusal must be over or the breaker changes, and asks again.
pub(super) fn wait<L: Deref<Target = Shared> + Send + Sync + 'static>(lease: L) -> Wait<L> {
    Box::pin(async move {
        let ticket = loop {
            let mut changed = pin!(lease.audience().changed.notified());
            // Registered before asking, so that no change falls between the two.
            changed.as_mut().enable();
            match lease.try_acquire() {
                Ok(ticket) => break ticket,
                Err(refused) => match refused.refusal.lasts() {
                    // Which of the two it was, the next answer tells.
                    Some(time) => drop(tokio::time::timeout(time, changed).await),
                    None => changed.await,
                },
            }
        };
        Reservation::new(lease, ticket)
    })
}
