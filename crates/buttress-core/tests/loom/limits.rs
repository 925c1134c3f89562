//! A limit that follows its calls, when several of them end its window.

use super::*;
use buttress_core::AdaptiveLimit;
use buttress_core::adaptive_limit::{Config, Sample};
use std::num::NonZeroU32;

const MS: Duration = Duration::from_millis(1);

/// It begins at 20 and looks at two calls.
fn limit() -> Arc<AdaptiveLimit> {
    let config = Config::default().window(MS, NonZeroU32::new(2).expect("two")).expect("valid");
    Arc::new(AdaptiveLimit::new(config, Tick::ZERO))
}

/// A call that took a millisecond, with the limit in use.
fn end(limit: &AdaptiveLimit, outcome: Outcome, after: Duration) -> Option<u32> {
    limit.record(Sample { latency: MS, in_flight: 20, outcome }, START + after)
}

/// Calls in windows that are closed, once the last one is.
fn counted(limit: &AdaptiveLimit, after: Duration) -> u64 {
    for later in 1..=3 {
        end(limit, Outcome::Success, after + MS * 100 * later);
    }
    limit.snapshot().calls
}

#[test]
fn c9_two_calls_that_end_a_window_close_it_once_and_count_once() {
    explore("limit, window closed by two", |[mine_last, others_last], step_back| {
        let limit = limit();
        end(&limit, Outcome::Success, MS * 0);
        let other = thread::spawn({
            let limit = limit.clone();
            move || end(&limit, Outcome::Success, MS)
        });
        step_back();
        let mine = end(&limit, Outcome::Success, MS);
        let others = other.join().expect("no panic");
        mine_last.note(mine.is_some());
        others_last.note(others.is_some());
        // From 20 by its root, by whoever closed it; the other one closes nothing, as the next window has only begun.
        assert!(mine.is_some() != others.is_some(), "{mine:?} {others:?}");
        assert_eq!((mine.or(others), limit.limit()), (Some(24), 24));
        assert_eq!(limit.snapshot().raised, 1);
        // Two or three were in that window; a later one has the rest, and three more or two.
        let calls = counted(&limit, MS * 10);
        assert!((5..=6).contains(&calls), "{calls}");
    });
}

#[test]
fn c9_a_timeout_beside_a_success_is_not_lost_between_two_windows() {
    explore("limit, timeout beside the end", |[in_this_window, in_the_next], step_back| {
        let limit = limit();
        end(&limit, Outcome::Success, MS * 0);
        let other = thread::spawn({
            let limit = limit.clone();
            move || end(&limit, Outcome::Failure(FailureKind::Timeout), MS)
        });
        step_back();
        end(&limit, Outcome::Success, MS);
        other.join().expect("no panic");
        let in_first = limit.snapshot().dropped == 1;
        counted(&limit, MS * 10);
        let dropped = limit.snapshot().dropped;
        in_this_window.note(in_first);
        in_the_next.note(!in_first && dropped == 1);
        assert_eq!(dropped, 1);
        assert!((10..=30).contains(&limit.limit()));
    });
}

#[test]
fn c9_a_limit_that_falls_beside_a_success_is_told_once() {
    explore("limit, fall beside a success", |[fell], step_back| {
        let limit = limit();
        end(&limit, Outcome::Throttled, MS * 0);
        let other = thread::spawn({
            let limit = limit.clone();
            move || end(&limit, Outcome::Throttled, MS)
        });
        step_back();
        let mine = end(&limit, Outcome::Throttled, MS);
        let others = other.join().expect("no panic");
        fell.note(limit.limit() == 10);
        assert!(mine.is_some() != others.is_some(), "{mine:?} {others:?}");
        assert_eq!((mine.or(others), limit.snapshot().lowered), (Some(10), 1));
    });
}
