//! The deadline of what runs on this thread.

use super::Deadline;
use std::cell::Cell;

thread_local! {
    static CURRENT: Cell<Deadline> = const { Cell::new(Deadline::NEVER) };
}

#[inline]
pub(super) fn current_or_never() -> Deadline {
    CURRENT.get()
}

/// Runs `run` with `deadline` as the current one, unless the one around it is earlier.
#[inline]
pub(crate) fn scope<T>(deadline: Deadline, run: impl FnOnce() -> T) -> T {
    let before = CURRENT.get();
    CURRENT.set(before.earlier(deadline));
    let _restore = Restore(before);
    run()
}

/// Puts back what was, also when what runs panics.
struct Restore(Deadline);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tick;
    use std::panic::catch_unwind;

    fn at(nanos: u64) -> Deadline {
        Deadline::at(Tick::from_nanos(nanos))
    }

    #[test]
    fn of_nested_deadlines_the_earlier_holds_and_each_ends_with_its_scope() {
        assert_eq!(Deadline::current(), None);
        scope(at(5), || {
            scope(at(3), || assert_eq!(Deadline::current(), Some(at(3))));
            scope(at(9), || assert_eq!(Deadline::current(), Some(at(5))));
            assert_eq!(Deadline::current(), Some(at(5)));
        });
        assert_eq!(Deadline::current(), None);
    }

    #[test]
    fn b3_a_panic_leaves_no_deadline_behind() {
        scope(at(5), || {
            catch_unwind(|| scope(at(3), || panic!("midway"))).expect_err("it panicked");
            assert_eq!(Deadline::current(), Some(at(5)));
        });
        assert_eq!(Deadline::current(), None);
    }
}
