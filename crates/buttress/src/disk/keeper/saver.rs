//! The thread that saves.

use super::place::Place;
use super::{EVERY, Keep, Saves};
use crate::clock;
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the end waits for a disk that does not answer.
const END_WITHIN: Duration = Duration::from_secs(1);

/// What the thread that saves tells of it, and is told. Cheap to clone, and knows nothing of what is saved, so that this may have
/// one.
#[derive(Clone)]
pub struct Saver(Arc<Shared>);

struct Shared {
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
    /// Of what was saved last: nothing is written while there is nothing new.
    version: u64,
    /// It is another for a reason that its version does not tell.
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
    pub(super) fn start<K: Keep>(place: Place, trouble: Option<io::Error>, thread: &str, kept: K) -> Self {
        let progress = Progress {
            period: EVERY,
            stage: Stage::Running,
            saves: Saves { trouble: trouble.map(|error| error.to_string()), ..Saves::default() },
            version: kept.version(),
            changed: false,
            due: false,
        };
        let shared =
            Shared { place: Mutex::new(place), state: Mutex::new(progress), changed: Condvar::new() };
        let saver = Self(Arc::new(shared));
        let thread = {
            let saver = saver.clone();
            thread::Builder::new().name(thread.to_owned()).spawn(move || saver.run(&kept))
        };
        thread.expect("a thread can be started");
        saver
    }

    fn run<K: Keep>(&self, kept: &K) {
        loop {
            let ending = self.wait();
            let (known, changed) = {
                let progress = self.lock();
                (progress.version, progress.changed)
            };
            if changed || known != kept.version() {
                // What failed is written down, and tried again the next time.
                let _ = self.save(kept);
            }
            if ending {
                self.place().leave();
                self.lock().stage = Stage::Ended;
                self.0.changed.notify_all();
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
                self.0.changed.wait_timeout(progress, period).unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return woken.stage != Stage::Running;
            }
            progress = woken;
        }
    }

    pub(super) fn save<K: Keep>(&self, kept: &K) -> io::Result<()> {
        let mut place = self.place();
        // Before, so that what happens meanwhile is saved the next time.
        let changed = std::mem::take(&mut self.lock().changed);
        let version = kept.version();
        let result = place.save(|| kept.state());
        drop(place);
        let mut progress = self.lock();
        match &result {
            Ok(()) => {
                progress.version = version;
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

    /// Has it saved soon, and also if its [version](Keep::version) says that there is nothing new.
    pub fn changed(&self) {
        let mut progress = self.lock();
        (progress.changed, progress.due) = (true, true);
        drop(progress);
        self.0.changed.notify_all();
    }

    pub(super) fn set_period(&self, period: Duration) {
        self.lock().period = period;
        self.0.changed.notify_all();
    }

    /// How it stands with the file.
    #[must_use]
    pub fn saves(&self) -> Saves {
        self.lock().saves.clone()
    }

    /// Saves once more, and waits for that unless it takes too long.
    pub(super) fn end(&self) {
        let mut progress = self.lock();
        progress.stage = Stage::Ending;
        self.0.changed.notify_all();
        let ended = |progress: &mut Progress| progress.stage != Stage::Ended;
        let _ = self.0.changed.wait_timeout_while(progress, END_WITHIN, ended);
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Saver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Saver").field(&self.saves()).finish()
    }
}
