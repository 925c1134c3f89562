//! More than the origins bear: what still comes through, and how soon all is well again.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::{Mode, Origin, Running, open_loop};
use tokio::sync::Semaphore;

/// An origin that does so many requests at a time, each in so long.
fn busy(workers: usize, work: Duration) -> Mode {
    Mode::Busy(Arc::new(Semaphore::new(workers)), work)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h18_overload() {
    for (workers, work) in [(8, 40), (8, 200), (4, 400), (32, 160)] {
        let capacity = workers as u64 * 1000 / work;
        let origin = Origin::start(busy(workers, Duration::from_millis(work))).await;
        let proxy = Running::with(&[origin.address], |config| {
            config.timeout = Duration::from_secs(30);
            config.attempt_timeout = Duration::from_secs(9);
        })
        .await;
        for (factor, seconds) in [(0.7, 3), (3.0, 4), (0.7, 1), (0.7, 1), (0.7, 1)] {
            let rate = (capacity as f64 * factor) as u32;
            let before = proxy.bulkheads[0].snapshot();
            let share = open_loop(proxy.address, rate, seconds, b"ok").await;
            let s = proxy.bulkheads[0].snapshot();
            eprintln!(
                "{workers}x{work}ms cap {capacity}: offered {rate}/s good {}/s ({:.2} of cap, {:.3} of offered) limit {} timed_out {} rejected {} waited {}  learnt {:?}",
                share.good / seconds,
                f64::from(share.good) / f64::from(seconds) / capacity as f64,
                share.ratio(),
                s.limit,
                s.timed_out - before.timed_out,
                s.rejected - before.rejected,
                s.waited - before.waited,
                proxy.bulkheads[0].learnt().unwrap()
            );
        }
    }
}
