//! The thread that saves.

use super::place::Place;
use super::{EVERY, Saved, Saves};
use crate::clock;
use crate::error_budget::Handle;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the end waits for a disk that does not answer.
const END_WITHIN: Duration = Duration::from_secs(1);

/// What the thread and its owner tell each other.
pub(in crate::error_budget) struct Saver {
    /// Locked while it is written, so that the last to begin is the last to end.
    place: Mutex<Place>,
    state: Mutex<Progress>,
    /// The period is another, it is time to save, or the end is near, or there.
    changed: Condvar,
}

struct Progress {
    period: Duration,
    stage: Stage,
    saves: Saves,
    /// How many calls there were when it was saved last: nothing is written where none came since.
    calls: u64,
    /// It is another for a reason that no call is.
    changed: bool,
    /// It is to be saved before its time.
    due: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    Ending,
    Ended,
}

impl Saver {
    /// `trouble` is why it cannot be saved now.
    pub(super) fn start(place: Place, trouble: Option<io::Error>, handle: Handle) -> Arc<Self> {
        let progress = Progress {
            period: EVERY,
            stage: Stage::Running,
            saves: Saves { trouble: trouble.map(|error| error.to_string()), ..Saves::default() },
            calls: handle.0.calls_ever(),
            changed: false,
            due: false,
        };
        let saver =
            Arc::new(Self { place: Mutex::new(place), state: Mutex::new(progress), changed: Condvar::new() });
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
            let (known, changed) = {
                let progress = self.lock();
                (progress.calls, progress.changed)
            };
            if changed || known != handle.0.calls_ever() {
                // What failed is written down, and tried again the next time.
                let _ = self.save(handle);
            }
            if ending {
                self.place().leave();
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
            if std::mem::take(&mut progress.due) {
                return false;
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
        let mut place = self.place();
        // Before, so that what happens meanwhile is saved the next time.
        let changed = std::mem::take(&mut self.lock().changed);
        let calls = handle.0.calls_ever();
        let result = place.save(|| Saved::of(handle));
        drop(place);
        let mut progress = self.lock();
        match &result {
            Ok(()) => {
                progress.calls = calls;
                progress.saves.saved += 1;
                progress.saves.last = Some(clock::wall());
                progress.saves.trouble = None;
            }
            Err(error) => {
                progress.changed |= changed;
                progress.saves.failed += 1;
                progress.saves.trouble = Some(error.to_string());
            }
        }
        result
    }

    /// Has it saved soon, as it is another for a reason that no call is.
    pub(in crate::error_budget) fn changed(&self) {
        let mut progress = self.lock();
        (progress.changed, progress.due) = (true, true);
        drop(progress);
        self.changed.notify_all();
    }

    pub(super) fn set_period(&self, period: Duration) {
        self.lock().period = period;
        self.changed.notify_all();
    }

    pub(in crate::error_budget) fn saves(&self) -> Saves {
        self.lock().saves.clone()
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

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
