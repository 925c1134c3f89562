//! A service that watches how it is used, and does what the test says.

use crate::{PanicAt, Plan, ProbeError};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tower::Service;

/// What `poll_ready` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Ready.
    Ready,
    /// Not ready; the last waker is kept.
    Pending,
    /// An error.
    Failed,
}

#[derive(Debug)]
struct Shared {
    readiness: Mutex<Readiness>,
    waker: Mutex<Option<Waker>>,
    ready_polls: AtomicUsize,
    calls: AtomicUsize,
    breaches: AtomicUsize,
    reserved: AtomicUsize,
    live: AtomicUsize,
}

/// The service. Clones share what was seen; each has its own readiness, as the contract wants.
#[derive(Debug)]
pub struct Probe {
    shared: Arc<Shared>,
    reserved: bool,
}

impl Default for Probe {
    fn default() -> Self {
        let zero = || AtomicUsize::new(0);
        let shared = Shared {
            readiness: Mutex::new(Readiness::Ready),
            waker: Mutex::new(None),
            ready_polls: zero(),
            calls: zero(),
            breaches: zero(),
            reserved: zero(),
            live: zero(),
        };
        Self { shared: Arc::new(shared), reserved: false }
    }
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), reserved: false }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Probe {
    /// Answers `readiness` from now on, and wakes who waits.
    pub fn set_readiness(&self, readiness: Readiness) {
        *lock(&self.shared.readiness) = readiness;
        if let Some(waker) = lock(&self.shared.waker).take() {
            waker.wake();
        }
    }

    /// How often it was asked whether it is ready.
    #[must_use]
    pub fn ready_polls(&self) -> usize {
        self.shared.ready_polls.load(SeqCst)
    }

    /// How often it was called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.shared.calls.load(SeqCst)
    }

    /// How often it was called without having been ready.
    #[must_use]
    pub fn breaches(&self) -> usize {
        self.shared.breaches.load(SeqCst)
    }

    /// How many instances are ready and not called yet.
    #[must_use]
    pub fn reserved(&self) -> usize {
        self.shared.reserved.load(SeqCst)
    }

    /// How many of its futures exist.
    #[must_use]
    pub fn live(&self) -> usize {
        self.shared.live.load(SeqCst)
    }

    fn give_back(&mut self) -> bool {
        if self.reserved {
            self.shared.reserved.fetch_sub(1, SeqCst);
        }
        std::mem::take(&mut self.reserved)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service<Plan> for Probe {
    type Response = &'static str;
    type Error = ProbeError;
    type Future = Call;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ProbeError>> {
        self.shared.ready_polls.fetch_add(1, SeqCst);
        let readiness = *lock(&self.shared.readiness);
        match readiness {
            Readiness::Ready if self.reserved => Poll::Ready(Ok(())),
            Readiness::Ready => {
                self.reserved = true;
                self.shared.reserved.fetch_add(1, SeqCst);
                Poll::Ready(Ok(()))
            }
            Readiness::Pending => {
                *lock(&self.shared.waker) = Some(cx.waker().clone());
                Poll::Pending
            }
            Readiness::Failed => Poll::Ready(Err(ProbeError("readiness"))),
        }
    }

    fn call(&mut self, plan: Plan) -> Call {
        self.shared.calls.fetch_add(1, SeqCst);
        if !self.give_back() {
            self.shared.breaches.fetch_add(1, SeqCst);
        }
        plan.ask(PanicAt::Call);
        self.shared.live.fetch_add(1, SeqCst);
        Call { shared: Arc::clone(&self.shared), plan }
    }
}

/// A call of a [`Probe`].
#[derive(Debug)]
pub struct Call {
    shared: Arc<Shared>,
    plan: Plan,
}

impl Future for Call {
    type Output = Result<&'static str, ProbeError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.plan.pending == usize::MAX {
            return Poll::Pending;
        }
        if self.plan.pending > 0 {
            self.plan.pending -= 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.plan.ask(PanicAt::Future);
        Poll::Ready(self.plan.result)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.shared.live.fetch_sub(1, SeqCst);
    }
}
