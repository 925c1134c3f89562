//! What the source systems promise of their bulkheads.

use super::*;
use crate::bulkhead::presets;
use std::time::Duration;

#[test]
fn s2_05_s2_72_s2_109_dwcp_has_a_hundred_at_a_time_and_fifty_wait_for_five_seconds() {
    for config in [presets::dwcp(), presets::dwcp_connections()] {
        assert_eq!((config.max_concurrent(), config.queue()), (100, 50));
        assert_eq!(config.max_wait(), Some(Duration::from_secs(5)));
    }
    assert_eq!(presets::CONCURRENT_CONNECTIONS, "concurrent-connections");
}

#[test]
fn s2_73_it_can_be_tried_without_the_queue() {
    let bulkhead = bulkhead(1, 5);
    let held = take(&bulkhead, 1);
    assert_eq!(reason(bulkhead.try_acquire(ONE)), Reason::Full);
    assert_eq!(bulkhead.queued(), 0);
    held.into_iter().for_each(|ticket| bulkhead.release(ticket));
    bulkhead.release(bulkhead.try_acquire(ONE).unwrap());
}

#[test]
fn s2_74_a_full_queue_refuses_at_once_and_a_wait_ends() {
    let bulkhead = Bulkhead::new(presets::dwcp());
    let _held = take(&bulkhead, 100);
    let mut waiting: Vec<_> = (0..50).map(|_| wait(&bulkhead, ONE, Priority::Normal)).collect();
    assert_eq!(reason(bulkhead.join(ONE, Priority::Normal)), Reason::Full);
    bulkhead.leave(waiting.remove(0), Left::TimedOut);
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.rejected, snapshot.timed_out, snapshot.queued), (1, 1, 49));
}

#[test]
fn s2_75_it_tells_what_is_active_rejected_completed_and_how_full_it_is() {
    let bulkhead = bulkhead(4, 2);
    let empty = bulkhead.snapshot();
    assert_eq!((empty.utilization(), empty.queue_utilization()), (0.0, 0.0));
    let mut held = take(&bulkhead, 4);
    let _waiting = wait(&bulkhead, ONE, Priority::Normal);
    assert_eq!(reason(bulkhead.try_acquire(ONE)), Reason::Full);
    let full = bulkhead.snapshot();
    assert_eq!((full.utilization(), full.queue_utilization()), (1.0, 0.5));
    assert_eq!((full.limit, full.in_flight, full.queue, full.queued), (4, 4, 2, 1));
    assert_eq!((full.admitted, full.completed, full.rejected, full.waited), (4, 0, 1, 1));
    bulkhead.release(held.remove(0));
    assert_eq!(bulkhead.snapshot().completed, 1);
    assert_eq!(super::bulkhead(1, 0).snapshot().queue_utilization(), 0.0);
}
