//! Retries that stand above one another.

use std::any::type_name;
use std::cell::Cell;

thread_local! {
    /// Of what type the attempt is that a retry on this thread is handing to the services beneath it.
    ///
    /// By the type it is told from what a service calls for itself meanwhile, such as one that issues tokens. Its name will
    /// do, as requests need not be `'static`: of two types with one name, one would be taken for an attempt of the other.
    static HANDED_OVER: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Hands over an attempt, an `A`. A retry of such requests that is called within is beneath, and this attempt is not its own to
/// try again.
#[inline]
pub(super) fn hand_over<A, T>(call: impl FnOnce() -> T) -> T {
    let _restore = Restore(HANDED_OVER.replace(Some(type_name::<A>())));
    call()
}

/// Whether a request that is called now is an attempt of a retry above.
#[inline]
pub(super) fn is_attempt<Req>() -> bool {
    HANDED_OVER.get().is_some_and(|attempt| attempt == type_name::<Req>())
}

/// Puts back what was, also when what is called panics.
struct Restore(Option<&'static str>);

impl Drop for Restore {
    #[inline]
    fn drop(&mut self) {
        HANDED_OVER.set(self.0);
    }
}
