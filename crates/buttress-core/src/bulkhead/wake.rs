//! Those to be woken once the lock is free.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Usually one, which needs no memory of its own.
#[derive(Debug, Default)]
#[must_use = "those in it wait until they are woken"]
pub(super) struct Wakers {
    first: Option<Waker>,
    more: Vec<Waker>,
}

impl Wakers {
    /// One more, if there is one; who was never polled needs no waking.
    pub(super) fn add(&mut self, waker: Option<Waker>) {
        if self.first.is_none() {
            self.first = waker;
        } else {
            self.more.extend(waker);
        }
    }

    /// Wakes all of them. What panics in there is the affair of the task that is woken, which the panic hook has told
    /// of: neither the others nor who released a permit, perhaps while it unwinds itself, are to suffer for it.
    pub(super) fn wake(self) {
        for waker in self.first.into_iter().chain(self.more) {
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}
