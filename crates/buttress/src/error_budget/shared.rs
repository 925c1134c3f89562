//! What is behind a handle.

use super::actions::Actions;
use super::delivery::Delivery;
use super::objective::Objective;
#[cfg(feature = "persist")]
use crate::disk::keeper::{Saver, Saves};
use crate::rejected::Site;
use crate::retry::Limiter;
use crate::{Outcome, Reason, Refusal, Rejected, Tick, clock};
use buttress_core::error_budget::Level;
use std::fmt;
#[cfg(feature = "persist")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

/// The budgets of one handle, and what is done about them.
pub struct Shared {
    /// Of all objectives, the worst: what every call reads, beside what else it reads.
    level: AtomicU8,
    /// Whether any objective asks how long calls take.
    timed: bool,
    pub(super) objectives: Box<[Objective]>,
    pub(super) site: &'static Site,
    /// Tells it from another that came under its name.
    pub(super) seed: u64,
    /// When the objectives are to be looked at next for what time alone does to them, while they are low.
    review_at: AtomicU64,
    pub(super) calls: Calls,
    pub(super) actions: Actions,
    pub(super) delivery: Delivery,
    /// Who keeps it in a file.
    #[cfg(feature = "persist")]
    keeper: OnceLock<Saver>,
}

/// Calls that no objective counts, or not every one, and those that were shed. They only ever grow.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) refused_beneath: AtomicU64,
    pub(super) throttled: AtomicU64,
    pub(super) ignored: AtomicU64,
    pub(super) cancelled: AtomicU64,
    pub(super) panicked: AtomicU64,
    pub(super) shed: AtomicU64,
}

/// How often time alone is asked for what it changed, while a budget is low.
const REVIEW_EVERY: Duration = Duration::from_secs(1);

impl Shared {
    pub(super) fn new(site: &'static Site, objectives: Box<[Objective]>) -> Self {
        let timed = objectives.iter().any(|objective| objective.slower_than().is_some());
        if timed {
            // The first reading of it takes long.
            let _ = clock::fine();
        }
        let shared = Self {
            level: AtomicU8::new(0),
            timed,
            objectives,
            site,
            seed: site.seed(),
            review_at: AtomicU64::new(0),
            calls: Calls::default(),
            actions: Actions::default(),
            delivery: Delivery::default(),
            #[cfg(feature = "persist")]
            keeper: OnceLock::new(),
        };
        // What was restored may be low from the start.
        shared.adjust();
        shared
    }

    /// When a call begins that begins now; nobody asks unless calls are timed. Percentiles are to tell a millisecond from two,
    /// and the cheap clock steps by four.
    #[inline]
    pub(super) fn begins_at(&self) -> Tick {
        if self.timed { clock::fine() } else { Tick::ZERO }
    }

    /// A call ended like this that began then.
    #[inline]
    pub(super) fn ended(&self, outcome: Outcome, began: Tick) {
        match outcome {
            Outcome::Success => self.count(true, began),
            other => self.ended_otherwise(other, began),
        }
    }

    #[cold]
    #[inline(never)]
    fn ended_otherwise(&self, outcome: Outcome, began: Tick) {
        match outcome {
            Outcome::Success => {}
            Outcome::Failure(_) => self.count(false, began),
            Outcome::Throttled => {
                self.calls.throttled.fetch_add(1, Ordering::Relaxed);
                self.count_refusal(outcome, false);
            }
            Outcome::Ignored => {
                self.calls.ignored.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Cancelled => self.cancelled(),
        }
    }

    #[inline]
    fn count(&self, success: bool, began: Tick) {
        if self.timed {
            return self.count_timed(success, began);
        }
        let now = clock::now();
        for objective in &*self.objectives {
            if let Some(changes) = objective.record(success, now) {
                self.changed(objective, changes);
            }
        }
        self.look(now);
    }

    #[inline(never)]
    fn count_timed(&self, success: bool, began: Tick) {
        self.count_lasting(success, clock::fine().since(began), clock::now());
    }

    /// A call took so long.
    pub(super) fn count_lasting(&self, success: bool, took: Duration, now: Tick) {
        for objective in &*self.objectives {
            if let Some(changes) = objective.record_lasting(success, took, now) {
                self.changed(objective, changes);
            }
        }
        self.look(now);
    }

    /// A layer beneath refused the call and did not send it.
    #[cold]
    #[inline(never)]
    pub(super) fn refused_beneath(&self) {
        self.calls.refused_beneath.fetch_add(1, Ordering::Relaxed);
        self.count_refusal(Outcome::Ignored, true);
    }

    /// Counts a refusal where it counts, however quick it was.
    fn count_refusal(&self, outcome: Outcome, refused: bool) {
        let now = clock::now();
        for objective in &*self.objectives {
            if let Some(good) = objective.judge(outcome, refused)
                && let Some(changes) = objective.record(good, now)
            {
                self.changed(objective, changes);
            }
        }
        self.look(now);
    }

    #[cold]
    #[inline(never)]
    pub(super) fn cancelled(&self) {
        if std::thread::panicking() {
            self.calls.panicked.fetch_add(1, Ordering::Relaxed);
        }
        self.calls.cancelled.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether requests that matter less are to be spared.
    #[inline]
    pub(super) fn spares(&self) -> bool {
        self.level.load(Ordering::Relaxed) != Level::Normal as u8
    }

    /// Whether a request may pass that matters less, while such are to be spared: no, unless time has healed the budget.
    ///
    /// # Errors
    /// The rejection, counted.
    #[cold]
    #[inline(never)]
    pub(super) fn admit_minor(&self) -> Result<(), Rejected> {
        // Where nothing but these is called, nobody else would look.
        self.look(clock::now());
        if !self.spares() {
            return Ok(());
        }
        self.calls.shed.fetch_add(1, Ordering::Relaxed);
        let refusal = Refusal::after(Reason::Shed, self.back_in());
        self.delivery.refused(self.site, refusal);
        Err(Rejected::new(self.site, refusal))
    }

    /// When a request that was shed may come again. A budget heals as calls succeed and as bad ones leave the window, of which
    /// hardly any do in less than a thousandth of it; and a minute later the answer may well be another.
    fn back_in(&self) -> Duration {
        let windows = self.objectives.iter().map(|objective| objective.machine().config().window());
        let shortest = windows.min().unwrap_or_default();
        (shortest / 1_000).clamp(REVIEW_EVERY, Duration::from_secs(60))
    }

    /// Looks for what time alone did, if it is low and nobody has looked of late.
    #[inline]
    fn look(&self, now: Tick) {
        if self.spares() {
            self.look_again(now);
        }
    }

    #[cold]
    #[inline(never)]
    fn look_again(&self, now: Tick) {
        let at = self.review_at.load(Ordering::Relaxed);
        let next = (now + REVIEW_EVERY).as_nanos();
        // A clock that went back is not waited for.
        let due = now.as_nanos() >= at || at > next;
        if due && self.review_at.compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.review(now);
        }
    }

    /// A call ended like this after so long.
    pub(super) fn ended_after(&self, outcome: Outcome, took: Duration) {
        match outcome {
            Outcome::Success | Outcome::Failure(_) => {
                self.count_lasting(outcome == Outcome::Success, took, clock::now());
            }
            other => self.ended_otherwise(other, Tick::ZERO),
        }
    }

    /// Looks for what time alone did.
    pub(super) fn review(&self, now: Tick) {
        for objective in &*self.objectives {
            let changes = objective.machine().check(now);
            if !changes.is_empty() {
                self.changed(objective, changes);
            }
        }
    }

    /// Draws the conclusions from what the objectives say now.
    pub(super) fn adjust(&self) {
        self.actions.adjust(self.seed, || {
            let level = self.objectives.iter().map(Objective::level).max().unwrap_or(Level::Normal);
            self.level.store(level as u8, Ordering::Relaxed);
            level
        });
    }

    /// Forgets all calls.
    pub(super) fn reset(&self) {
        let now = clock::now();
        for objective in &*self.objectives {
            self.changed(objective, objective.machine().reset(now));
        }
        // After, so that what is saved from here on is what was reset.
        #[cfg(feature = "persist")]
        if let Some(keeper) = self.keeper.get() {
            keeper.changed();
        }
    }

    /// It is kept in a file from now on, which happens once.
    #[cfg(feature = "persist")]
    pub(super) fn kept_by(&self, keeper: Saver) {
        let _ = self.keeper.set(keeper);
    }

    /// How it stands with the file it is kept in, if it is.
    #[cfg(feature = "persist")]
    pub(super) fn saves(&self) -> Option<Saves> {
        self.keeper.get().map(Saver::saves)
    }

    /// The worst of its objectives.
    pub(super) fn level(&self) -> Level {
        Level::ALL[usize::from(self.level.load(Ordering::Relaxed))]
    }
}

impl Limiter for Shared {
    fn look_again(&self, now: Tick) {
        self.review(now);
    }
}

impl Drop for Shared {
    /// Who made it gives back what it took.
    fn drop(&mut self) {
        self.actions.end(self.seed);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("name", &self.site.name)
            .field("level", &self.level())
            .finish_non_exhaustive()
    }
}
