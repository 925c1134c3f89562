//! Where a check runs: a runtime whose time is paused, and that must be empty afterwards.

use crate::{Make, Rig};
use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};

/// Runs `check` on a fresh subject in a runtime of its own, and then sees whether anything is left: permits, futures, tasks.
///
/// # Panics
/// If the check does, or if something is left.
pub fn run(make: Make<'_>, check: impl AsyncFnOnce(&Rig)) {
    paused(async {
        let tasks = Handle::current().metrics().num_alive_tasks();
        let rig = Rig::new(make());
        // What was opened for a nanosecond is due from here on.
        tokio::time::advance(Duration::from_millis(1)).await;
        check(&rig).await;
        settle().await;
        rig.assert_at_rest("at the end");
        drop(rig);
        settle().await;
        let left = Handle::current().metrics().num_alive_tasks();
        assert_eq!(left, tasks, "tasks are left behind");
    });
}

/// Runs `future` in a runtime of its own on this thread, with paused time.
pub fn paused<F: Future>(future: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime can be made").block_on(future)
}

/// Lets all other tasks go as far as they can: each step of one may let another make the next.
pub async fn settle() {
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
}

/// Runs `f` and catches its panic, whose message is then not printed but returned.
///
/// # Errors
/// The message.
pub fn caught<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    thread_local!(static QUIET: Cell<bool> = const { Cell::new(false) });
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                loud(panic);
            }
        }));
    });
    let before = QUIET.replace(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    QUIET.set(before);
    result.map_err(|payload| match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => {
            payload.downcast_ref::<&str>().map_or_else(|| "a panic".into(), |text| (*text).into())
        }
    })
}

/// Does something when it is dropped, by a panic too: sets the flag that other threads of a scope wait for, which else would
/// wait for ever and hide why a test failed.
#[derive(Debug)]
pub struct AtEnd<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for AtEnd<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
