//! What those who push and the thread that writes have in common.

use super::quotas::Quotas;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

/// Flags and counts.
#[derive(Default)]
pub(super) struct Shared {
    /// Who pushes takes it if it is free, and leaves the judgement to the thread if not.
    pub(super) quotas: Option<Mutex<Quotas>>,
    /// Whether the thread waits to be woken.
    pub(super) is_asleep: AtomicBool,
    pub(super) is_closing: AtomicBool,
    pub(super) accepted: AtomicU64,
    pub(super) suppressed: AtomicU64,
    pub(super) full: AtomicU64,
    pub(super) too_long: AtomicU64,
    pub(super) unfit: AtomicU64,
    progress: Mutex<Progress>,
    moved: Condvar,
}

/// How far the thread is.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// How many of the lines that were accepted are written, or never will be.
    pub(super) settled: u64,
    pub(super) written: u64,
    pub(super) lost: u64,
    pub(super) errors: u64,
    /// What is wrong now.
    pub(super) trouble: Option<String>,
    pub(super) files: usize,
    pub(super) bytes: u64,
    pub(super) clear_asked: bool,
    pub(super) is_over: bool,
}

impl Shared {
    pub(super) fn new(quotas: Option<Mutex<Quotas>>) -> Self {
        Self { quotas, ..Self::default() }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        lock(&self.progress)
    }

    /// Tells how far the thread is.
    pub(super) fn move_on(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress());
        self.moved.notify_all();
    }

    /// Waits until `is_there`, at most for `within`, and says whether it is.
    pub(super) fn wait(&self, within: Duration, is_there: impl Fn(&Progress) -> bool) -> bool {
        let waits = |progress: &mut Progress| !is_there(progress) && !progress.is_over;
        let waited = self.moved.wait_timeout_while(self.progress(), within, waits);
        is_there(&waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

/// Takes what is free in a moment. Whoever has it is done in a few turns, unless it was stopped in the middle, and then nobody
/// waits for it.
pub(super) fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    for _ in 0..64 {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(guard)) => return Some(guard.into_inner()),
            Err(TryLockError::WouldBlock) => std::hint::spin_loop(),
        }
    }
    None
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
