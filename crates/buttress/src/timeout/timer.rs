//! A time limit that costs nothing while nobody waits.

use super::source::Given;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::{Sleep, sleep};

/// Made when something is first found waiting, and boxed, as most calls never are.
#[derive(Default)]
pub(crate) struct Timer(Option<Pin<Box<Running>>>);

pin_project! {
    struct Running {
        // Not subject to the task's budget: a call that uses it up must not hide that its time is over.
        #[pin]
        sleep: Unconstrained<Sleep>,
        given: Given,
    }
}

impl Drop for Timer {
    #[inline]
    fn drop(&mut self) {
        /// Out of line, so that the way of an answer that is there at once is short.
        #[cold]
        #[inline(never)]
        fn stop(running: Pin<Box<Running>>) {
            drop(running);
        }

        if let Some(running) = self.0.take() {
            stop(running);
        }
    }
}

impl Timer {
    /// The time that is over, if it is; `given` says when first asked how long it is, or that there is no limit.
    ///
    /// Where nothing is left, that is said the next time: whoever calls again and again in one poll is then stopped by the
    /// layer above, whose time is over too.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        given: impl FnOnce() -> Option<Given>,
    ) -> Poll<Given> {
        if self.0.is_none() {
            let Some(given) = given() else { return Poll::Pending };
            self.0 = Some(Box::pin(Running { sleep: unconstrained(sleep(given.time)), given }));
            if given.time.is_zero() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        let Some(running) = &mut self.0 else { return Poll::Pending };
        let running = running.as_mut().project();
        running.sleep.poll(cx).map(|()| *running.given)
    }
}
