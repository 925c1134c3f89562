//! Budgets that outlive the process.
//!
//! A window of a month is longer than most processes live: a budget that begins anew with each of them allows as much again.
//! [`Kept`] loads what the process before has left and saves it every so often, on a thread of its own, and at the end.
//!
//! ```
//! use buttress::ErrorBudgetLayer;
//! use buttress::error_budget::persist::{Found, Kept};
//! use buttress::error_budget::presets;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("checkout.json");
//! let kept = Kept::open(&path, "checkout", presets::high_availability());
//! if let Found::Unusable { why, put_aside } = kept.found() {
//!     eprintln!("the budget of before is lost, as {why}; the file is {put_aside:?}");
//! }
//! let layer = ErrorBudgetLayer::from_handle(kept.handle().clone());
//! # let _ = layer;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Time that passed without a process counts: what is older than the window by the clock on the wall is left out. That clock is
//! asked between two processes alone, as they have no other in common; where it went back, no time has passed.
//!
//! A process that is killed loses what it counted since it saved last; a [reset](Handle::reset) is saved at once. One process
//! at a time has the file: another one starts with what is in it, counts, and saves nothing until the first has ended, which
//! [`Saves::trouble`] says meanwhile. Then it saves its own, without what the first counted since. No file, whatever is in it, keeps a process from its
//! start: one that cannot be used is put aside, and the budget begins anew.

pub use crate::disk::keeper::{EVERY, Found, Saves};

use super::handle::{Handle, full_name};
use super::shared::Shared;
use crate::Tick;
use crate::clock;
use crate::disk::StateFile;
use crate::disk::keeper::{Keep, Keeper, Opened};
use buttress_core::error_budget::{Config, ErrorBudget, State};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

/// The kind of file, and the version of what is in it.
const KIND: &str = "error_budget";
const VERSION: u32 = 1;

/// Far more than what an objective takes, times more objectives than anybody has.
const AT_MOST: u64 = 8 << 20;

/// A budget that is kept in a file, for as long as this lives. Dropped, it saves once more and waits for that, a second at most.
pub struct Kept {
    keeper: Keeper<Budgets>,
    found: Found,
}

/// All objectives of a handle.
#[derive(Clone)]
struct Budgets(Handle);

/// What is in the file.
#[derive(Serialize, Deserialize)]
struct Saved {
    objectives: Vec<Objective>,
}

#[derive(Serialize, Deserialize)]
struct Objective {
    name: String,
    state: State,
}

impl Kept {
    /// The budget `name` of one objective, kept in the file at `path`.
    ///
    /// Reads the file, so it blocks on the disk.
    ///
    /// # Panics
    /// If no thread can be started.
    #[must_use]
    pub fn open(path: impl AsRef<Path>, name: &str, config: Config) -> Self {
        Self::of(path, name, [("", config)])
    }

    /// The same of several objectives, as [`Handle::of`]. One that the file does not know, by its name, begins anew.
    ///
    /// # Panics
    /// If there is none, if two have the same name, or if no thread can be started.
    #[must_use]
    pub fn of<N: AsRef<str>>(
        path: impl AsRef<Path>,
        name: &str,
        objectives: impl IntoIterator<Item = (N, Config)>,
    ) -> Self {
        let file = StateFile::new(path.as_ref(), KIND, VERSION).at_most(AT_MOST);
        let (saved, found, place) = Opened::<Saved>::of(file).into_parts();
        let saved = saved.map_or_else(Vec::new, |saved| saved.objectives);
        let age = if let Found::State { age } = found { age } else { Duration::ZERO };
        let now = clock::now();
        let machine = |(own, config): (N, Config)| {
            let full = full_name(name, own.as_ref());
            let known = saved.iter().find(|objective| objective.name == full);
            let machine = match known {
                Some(known) => ErrorBudget::restore(config, &known.state, age, now),
                None => ErrorBudget::new(config, now),
            };
            (own.as_ref().to_owned(), machine)
        };
        let handle = Handle::made_of(name, objectives.into_iter().map(machine));
        // Whatever it came to while nobody looked.
        handle.0.review(now);
        let keeper = place.keep("error_budget", Budgets(handle.clone()));
        handle.0.kept_by(keeper.saver().clone());
        Self { keeper, found }
    }

    /// Saves it so often instead of [every 10 seconds](EVERY), at least a millisecond apart, and only if it is another.
    #[must_use]
    pub fn every(self, period: Duration) -> Self {
        self.keeper.set_period(period);
        self
    }

    /// The budget.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.keeper.kept().0
    }

    /// What the process before has left.
    #[must_use]
    pub const fn found(&self) -> &Found {
        &self.found
    }

    /// Saves it now, on this thread.
    ///
    /// # Errors
    /// If the disk does not take it, or another process has the file. It is tried again when it is due.
    pub fn save(&self) -> io::Result<()> {
        self.keeper.save()
    }

    /// How it stands with the file.
    #[must_use]
    pub fn saves(&self) -> Saves {
        self.keeper.saver().saves()
    }
}

impl Keep for Budgets {
    type State = Saved;

    /// Nothing is written while no call comes.
    fn version(&self) -> u64 {
        self.0.0.calls_ever()
    }

    fn state(&self) -> Saved {
        let now = clock::now();
        let objective = |(name, state): (&str, State)| Objective { name: name.to_owned(), state };
        Saved { objectives: self.0.0.export(now).map(objective).collect() }
    }
}

impl Shared {
    /// Each objective by its name, as it is taken along.
    fn export(&self, now: Tick) -> impl Iterator<Item = (&'static str, State)> {
        self.objectives.iter().map(move |objective| (objective.site().name, objective.machine().export(now)))
    }

    /// How many calls its objectives have counted since it was made.
    fn calls_ever(&self) -> u64 {
        let totals = self.objectives.iter().map(|objective| objective.machine().totals());
        totals.map(|totals| totals.good + totals.bad).sum()
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("handle", self.handle())
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}
