//! The deadline of what runs on this thread.

use super::Deadline;
use crate::timeout::{Given, SetBy};
use crate::{Tick, clock};
use std::cell::Cell;
use std::time::Duration;

/// A deadline, and until when it leaves so much that a call without an answer says something about the peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(super) deadline: Deadline,
    fair_until: Tick,
}

impl Scope {
    pub(super) const NEVER: Self = Self { deadline: Deadline::NEVER, fair_until: Tick::MAX };

    /// That of a layer with this limit: of a call that begins in the first half of it, the peer had most of the time.
    pub(super) fn own(now: Tick, limit: Duration) -> Self {
        Self { deadline: Deadline::at(now + limit), fair_until: now + limit / 2 }
    }

    /// One that came with a request, whose sender may ask for as little as they like.
    pub(super) const fn told(deadline: Deadline) -> Self {
        Self { deadline, fair_until: Tick::ZERO }
    }

    /// The earlier of the two; of equals, this one.
    pub(super) fn earlier(self, other: Self) -> Self {
        if other.deadline < self.deadline { other } else { self }
    }

    /// By whom a call has its time that begins at `now` and that this deadline cuts.
    pub(super) fn cuts(self, now: Tick) -> SetBy {
        if now <= self.fair_until { SetBy::Deadline } else { SetBy::Caller }
    }

    /// `limit`, or what is left if that is less.
    pub(crate) fn cut(self, limit: Duration) -> Given {
        if !self.deadline.was_there() {
            return Given::limit(limit);
        }
        self.cut_at(limit, clock::precise())
    }

    fn cut_at(self, limit: Duration, now: Tick) -> Given {
        let left = self.deadline.remaining_at(now);
        if left < limit { Given { time: left, by: self.cuts(now) } } else { Given::limit(limit) }
    }
}

thread_local! {
    static CURRENT: Cell<Scope> = const { Cell::new(Scope::NEVER) };
}

#[inline]
pub(crate) fn current() -> Scope {
    CURRENT.get()
}

/// Runs `run` with `deadline` as the current one, unless the one around it is earlier.
#[inline]
pub(super) fn scope<T>(deadline: Scope, run: impl FnOnce() -> T) -> T {
    let before = CURRENT.get();
    CURRENT.set(before.earlier(deadline));
    let _restore = Restore(before);
    run()
}

/// Puts back what was, also when what runs panics.
struct Restore(Scope);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    fn at(nanos: u64) -> Deadline {
        Deadline::at(Tick::from_nanos(nanos))
    }

    fn scope<T>(deadline: Deadline, run: impl FnOnce() -> T) -> T {
        super::scope(Scope::told(deadline), run)
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
    fn f1_a_clock_that_stands_still_or_goes_back_gives_a_call_no_more_than_its_limit() {
        let second = Duration::from_secs(1);
        let start = Tick::ZERO + second * 100;
        let scope = Scope::own(start, second * 3);
        let given = |now| scope.cut_at(second * 2, now);
        // The same instant again and again, on, back to before the call began, over the end, and back once more.
        for (now, secs, by) in [
            (start, 2, SetBy::Limit),
            (start, 2, SetBy::Limit),
            (start + second * 2, 1, SetBy::Caller),
            (start + second, 2, SetBy::Limit),
            (Tick::ZERO, 2, SetBy::Limit),
            (start + second * 3, 0, SetBy::Caller),
            (Tick::MAX, 0, SetBy::Caller),
            (start, 2, SetBy::Limit),
        ] {
            assert_eq!(given(now), Given { time: second * secs, by }, "at {now:?}");
        }
        assert_eq!(
            scope.cut_at(second * 4, start + second).by,
            SetBy::Deadline,
            "it had two of the three seconds"
        );
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
