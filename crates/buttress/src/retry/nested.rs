//! Retries that stand right above one another.

use std::cell::Cell;

thread_local! {
    /// Whether a retry on this thread is handing an attempt to the services beneath it.
    static IN_ATTEMPT: Cell<bool> = const { Cell::new(false) };
}

/// Hands over an attempt. A retry that is called within is beneath, and this attempt is not its own to try again.
#[inline]
pub(super) fn hand_over<T>(call: impl FnOnce() -> T) -> T {
    let _restore = Restore(IN_ATTEMPT.replace(true));
    call()
}

/// Whether what is called now is an attempt of a retry above.
#[inline]
pub(super) fn is_attempt() -> bool {
    IN_ATTEMPT.get()
}

/// Puts back what was, also when what is called panics.
struct Restore(bool);

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        IN_ATTEMPT.set(self.0);
    }
}
