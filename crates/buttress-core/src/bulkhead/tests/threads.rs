//! Real threads and real atomics.

use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::Wake;
use std::thread::{self, Thread};

const THREADS: u64 = 4;
const ROUNDS: u64 = 30_000;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Sleeps until its turn comes.
fn sleep(bulkhead: &Bulkhead, mut place: Place) -> Result<Ticket, Refusal> {
    let waker = Arc::new(Unpark(thread::current())).into();
    loop {
        match bulkhead.poll(&mut place, &waker) {
            Poll::Ready(turn) => return turn,
            Poll::Pending => thread::park(),
        }
    }
}

/// What a thread does in a round.
enum Did {
    Called,
    Refused,
    Left,
}

fn once(bulkhead: &Bulkhead, round: u64, inside: &AtomicU32, most: u32) -> Did {
    let heavy = weight(1 + (round % 2) as u32);
    let priority = Priority::ALL[(round % 3) as usize];
    let ticket = match bulkhead.join(heavy, priority) {
        Ok(Joined::Admitted(ticket)) => Ok(ticket),
        Ok(Joined::Waiting(place)) if round.is_multiple_of(5) => {
            bulkhead.leave(place, Left::Cancelled);
            return Did::Left;
        }
        Ok(Joined::Waiting(place)) => sleep(bulkhead, place),
        Err(refusal) => Err(refusal),
    };
    let Ok(ticket) = ticket else { return Did::Refused };
    let now = inside.fetch_add(heavy.get(), Ordering::SeqCst) + heavy.get();
    assert!(now <= most, "{now} of {most}");
    if round.is_multiple_of(7) {
        thread::yield_now();
    }
    inside.fetch_sub(heavy.get(), Ordering::SeqCst);
    bulkhead.release(ticket);
    Did::Called
}

/// Netflix/concurrency-limits#179 and #139: a limit that races, and one that is not released when a call is given up.
#[test]
fn c1_c7_a7_threads_never_exceed_the_limit_and_none_is_forgotten() {
    let bulkhead = bulkhead(3, 2);
    let (inside, done) = (AtomicU32::new(0), AtomicBool::new(false));
    let (called, refused, left) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut last = bulkhead.snapshot();
            // The limit moves between 2 and 3 all the while.
            while !done.load(Ordering::Relaxed) {
                bulkhead.resize(5 - bulkhead.limit());
                let next = bulkhead.snapshot();
                assert!(next.queued <= 2 && next.in_flight <= 3, "{next:?}");
                let grew = [
                    (last.admitted, next.admitted),
                    (last.completed, next.completed),
                    (last.rejected, next.rejected),
                    (last.cancelled, next.cancelled),
                    (next.completed, next.admitted),
                ];
                assert!(grew.iter().all(|(before, after)| before <= after), "{next:?} after {last:?}");
                last = next;
                thread::yield_now();
            }
        });
        let threads: Vec<_> = (0..THREADS)
            .map(|first| {
                let (bulkhead, inside) = (&bulkhead, &inside);
                let counts = [&called, &refused, &left];
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let did = once(bulkhead, first + round, inside, 3);
                        counts[did as usize].fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        done.store(true, Ordering::Relaxed);
        watcher.join().unwrap();
    });
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.in_flight, snapshot.queued, inside.into_inner()), (0, 0, 0));
    assert_eq!((snapshot.admitted, snapshot.completed), (called.load(Ordering::Relaxed), snapshot.admitted));
    assert_eq!(snapshot.rejected + snapshot.too_large, refused.load(Ordering::Relaxed));
    assert_eq!(snapshot.cancelled, left.load(Ordering::Relaxed));
    assert!(snapshot.waited > 0 && snapshot.admitted > 0, "{snapshot:?}");
    bulkhead.resize(3);
    bulkhead.release(bulkhead.try_acquire(weight(3)).unwrap());
}

#[test]
fn counts_are_exact_beyond_what_the_word_holds() {
    let bulkhead = bulkhead(2, 0);
    let calls = 5 * CARRY / 2;
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..calls {
                    bulkhead.release(bulkhead.try_acquire(ONE).unwrap());
                }
            });
        }
    });
    let snapshot = bulkhead.snapshot();
    assert_eq!((snapshot.admitted, snapshot.completed, snapshot.in_flight), (2 * calls, 2 * calls, 0));
}
