//! The thread that saves.

use super::{EVERY, Saved};
use crate::disk::StateFile;
use crate::error_budget::Handle;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the end waits for a disk that does not answer.
const END_WITHIN: Duration = Duration::from_secs(1);

/// What the thread and its owner tell each other.
pub(super) struct Saver {
    /// Locked while it is written, so that the last to begin is the last to end.
    file: Mutex<StateFile>,
    state: Mutex<Progress>,
    /// The period is another, or the end is near, or there.
    changed: Condvar,
}

struct Progress {
    period: Duration,
    stage: Stage,
    saved: u64,
    failed: Option<(u64, String)>,
    /// How many calls there were when it was saved last: nothing is written where none came since.
    calls: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    Ending,
    Ended,
}

impl Saver {
    pub(super) fn start(file: StateFile, handle: Handle) -> Arc<Self> {
        let progress = Progress {
            period: EVERY,
            stage: Stage::Running,
            saved: 0,
            failed: None,
            calls: handle.0.calls_ever(),
        };
        let saver =
            Arc::new(Self { file: Mutex::new(file), state: Mutex::new(progress), changed: Condvar::new() });
        let thread = {
            let saver = Arc::clone(&saver);
            thread::Builder::new().name("error_budget".to_owned()).spawn(move || saver.run(&handle))
        };
        thread.expect("a thread can be started");
        saver
    }

    fn run(&self, handle: &Handle) {
        loop {
            let ending = self.wait();
            let known = self.lock().calls;
            if known != handle.0.calls_ever() {
                // What failed is written down, and tried again the next time.
                let _ = self.save(handle);
            }
            if ending {
                self.lock().stage = Stage::Ended;
                self.changed.notify_all();
                return;
            }
        }
    }

    /// Waits until it is time to save; whether that is the last time.
    fn wait(&self) -> bool {
        let mut progress = self.lock();
        loop {
            if progress.stage != Stage::Running {
                return true;
            }
            let period = progress.period;
            let (woken, timeout) =
                self.changed.wait_timeout(progress, period).unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return woken.stage != Stage::Running;
            }
            progress = woken;
        }
    }

    pub(super) fn save(&self, handle: &Handle) -> io::Result<()> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // Before, so that a call which comes meanwhile is saved the next time.
        let calls = handle.0.calls_ever();
        let result = file.save(&Saved::of(handle));
        drop(file);
        let mut progress = self.lock();
        match &result {
            Ok(()) => {
                progress.saved += 1;
                progress.calls = calls;
            }
            Err(error) => {
                let times = progress.failed.as_ref().map_or(0, |(times, _)| *times);
                progress.failed = Some((times + 1, error.to_string()));
            }
        }
        result
    }

    pub(super) fn set_period(&self, period: Duration) {
        self.lock().period = period;
        self.changed.notify_all();
    }

    pub(super) fn saved(&self) -> u64 {
        self.lock().saved
    }

    pub(super) fn failed(&self) -> Option<(u64, String)> {
        self.lock().failed.clone()
    }

    /// Saves once more, and waits for that unless it takes too long.
    pub(super) fn end(&self) {
        let mut progress = self.lock();
        progress.stage = Stage::Ending;
        self.changed.notify_all();
        let ended = |progress: &mut Progress| progress.stage != Stage::Ended;
        let _ = self.changed.wait_timeout_while(progress, END_WITHIN, ended);
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
