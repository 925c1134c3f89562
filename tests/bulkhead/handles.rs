//! A bulkhead without a service.

use crate::config;
use buttress::bulkhead::{Handle, presets};
use buttress::{BoxError, Outcome, Reason, Rejected, clock};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::Duration;
use support::{Task, settle};

#[tokio::test(start_paused = true)]
async fn s2_73_a_function_runs_when_it_has_a_place() {
    let handle = Handle::new("reports", config(1, 1));
    let answer = handle.run(|| async { Ok::<_, BoxError>(7) }).await.unwrap();
    assert_eq!(answer, 7);
    let error = handle.run(|| async { Err::<(), _>("no paper") }).await.unwrap_err();
    assert_eq!(error.to_string(), "no paper");
    let mut under_way = Task::new(handle.run(std::future::pending::<Result<(), BoxError>>));
    assert!(under_way.poll().is_pending());
    let mut waits = Task::new(handle.run(|| async { Ok::<_, BoxError>(8) }));
    assert!(waits.poll().is_pending());
    let refused = handle.run(|| async { Ok::<_, BoxError>(9) }).await.unwrap_err();
    assert_eq!(Rejected::find(&*refused).unwrap().reason(), Reason::Full);
    drop(under_way);
    assert_eq!(waits.finish().unwrap(), 8);
    let snapshot = handle.snapshot();
    assert_eq!((snapshot.completed, snapshot.rejected, handle.dropped().cancelled), (4, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn s2_76_a_place_is_taken_and_goes_back() {
    let handle = Handle::new("reports", config(2, 4));
    let one = handle.try_acquire().unwrap();
    let two = handle.acquire().await.unwrap();
    assert_eq!(handle.try_acquire().unwrap_err().reason(), Reason::Full);
    let began = clock::now();
    let late = handle.acquire_within(Duration::from_millis(250)).await.unwrap_err();
    assert_eq!((late.reason(), late.time_limit()), (Reason::QueueTimedOut, Some(Duration::from_millis(250))));
    let waited = clock::now().since(began);
    assert!(waited >= Duration::from_millis(250) && waited <= Duration::from_millis(251), "{waited:?}");
    // A permit goes back once, however it ends.
    one.record(Outcome::Success);
    drop(two);
    assert_eq!((handle.in_flight(), handle.snapshot().completed, handle.dropped().cancelled), (0, 2, 1));
}

#[test]
fn s2_76_so_much_blocking_work_runs_at_once_and_keeps_its_place_until_it_has_ended() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let handle = Handle::new("reports", config(2, 1));
        let (go, gate) = mpsc::channel::<()>();
        let (gate, most) = (Arc::new(std::sync::Mutex::new(gate)), Arc::new(AtomicUsize::new(0)));
        let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
        let running = Arc::new(AtomicUsize::new(0));
        let work = || {
            let (gate, most, running, told) =
                (Arc::clone(&gate), Arc::clone(&most), Arc::clone(&running), told.clone());
            let handle = handle.clone();
            tokio::spawn(async move {
                handle
                    .run_blocking(move || {
                        most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                        told.send(()).unwrap();
                        gate.lock().unwrap().recv().unwrap();
                        running.fetch_sub(1, SeqCst);
                    })
                    .await
            })
        };
        let tasks = [work(), work(), work()];
        tells.recv().await.unwrap();
        tells.recv().await.unwrap();
        settle().await;
        let refused = handle.run_blocking(|| ()).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::Full);
        // Nobody waits for the first any more; it goes on, and so does its place.
        tasks[0].abort();
        settle().await;
        assert_eq!((handle.in_flight(), handle.queued()), (2, 1));
        for _ in 0..3 {
            go.send(()).unwrap();
        }
        let [_, second, third] = tasks;
        second.await.unwrap().unwrap();
        third.await.unwrap().unwrap();
        assert_eq!(most.load(SeqCst), 2);
        assert_eq!(handle.snapshot().completed, 3);
    });
}

#[tokio::test]
async fn b3_work_that_panics_gives_its_place_back() {
    let handle = Handle::new("reports", config(1, 0));
    let panics = handle.clone();
    let work = tokio::spawn(async move { panics.run_blocking(|| panic!("a bug")).await });
    assert!(work.await.unwrap_err().is_panic());
    assert_eq!((handle.in_flight(), handle.dropped().panicked), (0, 1));
    assert_eq!(handle.run_blocking(|| 7).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn s2_76_a_closed_one_refuses_and_those_that_wait_have_their_turn() {
    let handle = Handle::new("reports", config(1, 2));
    let under_way = handle.try_acquire().unwrap();
    let mut waits = Task::new(handle.acquire());
    assert!(waits.poll().is_pending());
    handle.close();
    assert_eq!(handle.acquire().await.unwrap_err().reason(), Reason::Full);
    assert_eq!(handle.try_acquire().unwrap_err().reason(), Reason::Full);
    drop(under_way);
    waits.finish().unwrap().record(Outcome::Success);
    assert_eq!(handle.in_flight(), 0);
    assert_eq!(handle.acquire().await.unwrap_err().reason(), Reason::Full, "although there is room");
    assert_eq!(handle.snapshot().rejected, 3);
    handle.reopen();
    handle.acquire().await.unwrap().record(Outcome::Success);
}

#[test]
fn s2_72_s2_109_the_presets_have_the_numbers_of_their_source() {
    for config in [presets::dwcp(), presets::dwcp_connections()] {
        let handle = Handle::new(presets::CONCURRENT_CONNECTIONS, config);
        assert_eq!((handle.limit(), handle.config().queue()), (100, 50));
        assert_eq!(handle.config().max_wait(), Some(Duration::from_secs(5)));
        assert_eq!(handle.name(), "concurrent-connections");
    }
}
