//! Waiting for a place: who is woken, who is not, and how often anybody is asked.

use crate::{Erased, Make, Plan, Readiness, Rig, Taken, WakeCount, ready, run, settle};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};
use tower::Service;

/// A6, for the places of the layer: of all wakers it was asked with, the last is woken by a free place.
pub fn the_last_waker_gets_the_place(make: Make<'_>) {
    run(make, async |rig| {
        let taken = rig.take_all();
        let mut service = rig.service();
        let ((first, first_waker), (last, last_waker)) = (WakeCount::new(), WakeCount::new());
        for waker in [&first_waker, &last_waker] {
            assert!(service.poll_ready(&mut Context::from_waker(waker)).is_pending(), "it does not wait");
        }
        drop(taken);
        assert_eq!((first.get(), last.get() > 0), (0, true), "wakes of the first waker and of the last");
        assert!(service.poll_ready(&mut Context::from_waker(&last_waker)).is_ready(), "woken in vain");
    });
}

/// A7: of N who wait, M free places let the smaller number go on, whether it was somebody else, a ready service or a call that
/// held them; and a waiter that is dropped after it was woken passes the wake on. Nobody is asked who was not woken.
pub fn no_wake_is_lost(make: Make<'_>) {
    for holders in [Rig::take_all, ready_services, calls_in_flight] {
        for waiting in [1, 2, 8] {
            for freed in 1..=3 {
                for dropped in [0, 1] {
                    run(make, async |rig| some_go_on(rig, holders(rig), waiting, freed, dropped).await);
                }
            }
        }
    }
}

/// Ready services, for all places.
fn ready_services(rig: &Rig) -> Vec<Taken> {
    let all = rig.places();
    let services = (0..all).map(|_| -> Taken {
        let mut service = rig.service();
        ready(&mut service);
        Box::new(service)
    });
    services.collect()
}

/// Calls that do not end, for all places.
fn calls_in_flight(rig: &Rig) -> Vec<Taken> {
    let all = rig.places();
    let calls = (0..all).map(|_| -> Taken {
        let mut service = rig.service();
        ready(&mut service);
        Box::new(service.call(Plan::HANG))
    });
    calls.collect()
}

async fn some_go_on(rig: &Rig, mut holders: Vec<Taken>, waiting: usize, freed: usize, dropped: usize) {
    assert!(!holders.is_empty(), "the subject has places");
    let places = freed.min(holders.len());
    let mut waiters: Vec<_> = (0..waiting).map(|_| Waiter::new(rig.service())).collect();
    assert!(waiters.iter_mut().all(|waiter| !waiter.goes_on()), "all places are out, and yet one goes on");
    holders.truncate(holders.len() - places);
    for _ in 0..dropped {
        let woken = waiters.iter().position(Waiter::is_woken).expect("a place is free, and nobody is woken");
        drop(waiters.swap_remove(woken));
    }
    settle().await;
    let mut gone_on = 0;
    while let Some(woken) = waiters.iter().position(Waiter::is_woken) {
        gone_on += usize::from(waiters[woken].goes_on());
    }
    assert_eq!(
        gone_on,
        places.min(waiting - dropped),
        "of {waiting} who waited for {places} places, {dropped} of them dropped when woken, so many went on"
    );
}

/// A service that waits, and is asked again only when it was woken.
struct Waiter {
    service: Erased,
    wakes: Arc<WakeCount>,
    waker: Waker,
    seen: usize,
}

impl Waiter {
    fn new(service: Erased) -> Self {
        let (wakes, waker) = WakeCount::new();
        Self { service, wakes, waker, seen: 0 }
    }

    fn is_woken(&self) -> bool {
        self.wakes.get() > self.seen
    }

    fn goes_on(&mut self) -> bool {
        self.seen = self.wakes.get();
        match self.service.poll_ready(&mut Context::from_waker(&self.waker)) {
            Poll::Pending => false,
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(error)) => panic!("waiting is no error: {error}"),
        }
    }
}

/// A7, by two threads: with more who wait than there are places, with calls that are dropped and with waiters that give up, in
/// the end everybody had a turn.
pub fn everybody_has_a_turn_on_two_threads(make: Make<'_>) {
    // No more than a guard against waiting for ever: all is done in a fraction of it.
    everybody_has_a_turn_within(Duration::from_secs(20), make);
}

/// The same, for a subject of which it is known how long that takes at most.
pub fn everybody_has_a_turn_within(limit: Duration, make: Make<'_>) {
    const TASKS: usize = 8;
    const TURNS: usize = 500;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build();
    runtime.expect("a runtime can be made").block_on(async {
        let rig = Rig::new(make());
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let mut service = rig.service();
                tokio::spawn(async move {
                    for _ in 0..TURNS {
                        let mut impatient = service.clone();
                        let _ = poll_fn(|cx| Poll::Ready(impatient.poll_ready(cx))).await;
                        tokio::task::yield_now().await;
                        drop(impatient);
                        poll_fn(|cx| service.poll_ready(cx)).await.expect("waiting is no error");
                        // Dropped, it makes room without an outcome that would change the state.
                        drop(service.call(Plan::HANG));
                    }
                })
            })
            .collect();
        for task in tasks {
            let task = timeout(limit, task).await;
            task.expect("somebody waits for ever").expect("a task does not panic");
        }
        assert_eq!(rig.probe.calls(), TASKS * TURNS, "calls that were made");
        rig.assert_at_rest("after all turns");
    });
}

/// A8: in a minute in which nothing happens, who waits is asked twice at most: for the service beneath, and for a place of
/// the layer where it has any and waits for them.
pub fn nobody_is_polled_in_vain(make: Make<'_>) {
    run(make, async |rig| {
        rig.probe.set_readiness(Readiness::Pending);
        let taken = if rig.subject.has_places() { rig.take_all() } else { Vec::new() };
        minute_of_nothing(rig).await;
        drop(taken);
    });
    run(make, async |rig| {
        rig.probe.set_readiness(Readiness::Pending);
        minute_of_nothing(rig).await;
    });
}

async fn minute_of_nothing(rig: &Rig) {
    let waiters: Vec<_> = (0..4)
        .map(|_| {
            let (mut service, polls) = (rig.service(), Arc::new(AtomicUsize::new(0)));
            let counted = Arc::clone(&polls);
            let waiter = tokio::spawn(async move {
                let ready = poll_fn(|cx| {
                    counted.fetch_add(1, SeqCst);
                    service.poll_ready(cx)
                });
                // What is ready stays so: it must not be asked again, nor let its place go to another.
                let _ = ready.await;
                std::future::pending::<()>().await;
            });
            (waiter, polls)
        })
        .collect();
    sleep(Duration::from_secs(60)).await;
    for (waiter, polls) in waiters {
        let polls = polls.load(SeqCst);
        assert!(polls <= 2, "asked {polls} times in a minute of nothing new");
        waiter.abort();
    }
}
