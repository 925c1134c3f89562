//! How much of what was promised may still go wrong, and how fast that is used up.
//!
//! # How it decides
//! An objective of 99.9 % allows one call in a thousand to be bad: that is the budget of a window.
//!
//! ```text
//! allowed   = calls × (1 − objective)         remaining = 1 − bad / allowed, not below 0      consumed = 1 − remaining
//! burn rate = bad / calls / (1 − objective)   1 uses up the budget in one window
//! ```
//!
//! Without calls everything remains, and no rate is known. With no more bad calls than allowed the objective is
//! [met](Snapshot::met): these numbers are what they are, however few the calls.
//!
//! What is done goes by the level. The budget is [low](Level::Careful) when less than a threshold remains, and
//! [exhausted](Level::Spent) below another: with the default, when more calls were bad than are allowed. It takes
//! [`Builder::minimum_calls`] in the window to become either, as one bad call of two would be 500 times what 99.9 % allows, and
//! says nothing. Both last until so much more remains. A bad call begins them at once, if it is not too early. Whatever else
//! changes them, a good call that makes the number full or time that heals, is found when a bucket of the shortest window begins
//! with a call, and by [`ErrorBudget::check`].
//!
//! An alert fires if the budget burns at its rate both over its long and over its short time, and there were calls enough in the
//! long one; it ends as soon as one of that is over, which the short time sees to. It is looked at when a bucket begins, every
//! 10 seconds with the standard alerts, and by [`ErrorBudget::check`].
//!
//! # Memory and time
//! A call is one addition to a total; what a window holds is what the total has more than it had when the window began, and that
//! is written down in marks: of the windows within a factor of 12 a thirtieth of the shortest apart. So a window is as long as
//! it says and up to one such step more. The standard alerts and 30 days take 17 KB, whatever the calls.
//!
//! The budget's time is the latest it was ever told. With a clock that goes back it stands still, and nothing is forgotten,
//! until the clock has caught up.

mod builder;
mod config;
mod difference;
mod durations;
mod level;
mod pair;
pub mod presets;
mod quantile;
mod rule;
mod snapshot;
mod state;
mod windows;

pub use builder::Builder;
pub use config::Config;
pub use level::{Change, Changes, Level};
pub use pair::Pair;
pub use quantile::Quantile;
pub use snapshot::{Burn, Percentiles, Snapshot, Totals};
pub use state::State;

pub use crate::config::Difference;

use crate::Tick;
use crate::measure::Marks;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use durations::Spread;
use rule::{Counts, Rule};
use std::time::Duration;
use windows::{BAD, GOOD, Windows};

/// The machine: one objective. Shared by reference or `Arc`; has no name and no clock. Counting a call takes no lock, but for the
/// one that begins a bucket and the one that uses up the budget.
#[derive(Debug)]
pub struct ErrorBudget {
    config: Config,
    rule: Rule,
    windows: Windows,
    wire: Wire,
    /// Good calls that took too long.
    slow: AtomicU64,
    /// How long calls took, where that matters.
    spread: Option<Box<Spread>>,
    /// Whoever changes it has looked at the marks meanwhile: it is taken before their lock.
    judged: Mutex<Judged>,
    marks: Marks<2>,
}

/// What a bad call looks at to know whether it is one too many.
#[derive(Debug)]
struct Wire {
    /// What was counted before the window.
    before: [AtomicU64; 2],
    /// The share of bad calls in the window that is one level down.
    bound: AtomicU64,
    level: AtomicU64,
}

/// What it came to, and how often.
#[derive(Clone, Copy, Debug, Default)]
struct Judged {
    level: Level,
    firing: [bool; config::MOST_ALERTS],
    totals: Totals,
}

impl ErrorBudget {
    /// A budget of which nothing is used up.
    #[must_use]
    pub fn new(config: Config, now: Tick) -> Self {
        let rule = Rule::new(&config);
        let windows = Windows::new(&config, &rule);
        let marks = Marks::new(&windows.pitches, now);
        let spread = config.slower_than.map(|_| Box::new(Spread::new(&config, now)));
        Self::made_of(config, windows, marks, spread, Judged::default(), now)
    }

    fn made_of(
        config: Config,
        windows: Windows,
        marks: Marks<2>,
        spread: Option<Box<Spread>>,
        judged: Judged,
        now: Tick,
    ) -> Self {
        let zero = || AtomicU64::new(0);
        let wire = Wire { before: [zero(), zero()], bound: zero(), level: zero() };
        let rule = Rule::new(&config);
        let level = judged.level;
        let budget =
            Self { config, rule, windows, wire, slow: zero(), spread, judged: Mutex::new(judged), marks };
        let before = budget.windows.before(&budget.marks.read(now));
        budget.arm(level, before);
        budget
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// A call was good or bad. What changed with it, if anything did, is told to whoever made that call and to nobody else.
    #[inline]
    pub fn record(&self, good: bool, now: Tick) -> Option<Changes> {
        let (before, marked) = self.marks.add(if good { GOOD } else { BAD }, now);
        if marked || (!good && self.trips(before + 1)) { self.judge(now) } else { None }
    }

    /// The same of a call that took so long: too long, where that matters, and it is bad.
    #[inline]
    pub fn record_lasting(&self, good: bool, took: Duration, now: Tick) -> Option<Changes> {
        let Some(limit) = self.config.slower_than else { return self.record(good, now) };
        if let Some(spread) = &self.spread {
            spread.record(took, now);
        }
        let slow = took > limit;
        if good && slow {
            self.slow.fetch_add(1, Ordering::Relaxed);
        }
        self.record(good && !slow, now)
    }

    /// Whether the budget is at another level with so many bad calls.
    #[inline]
    fn trips(&self, bad: u64) -> bool {
        let [good, before] = [GOOD, BAD].map(|which| self.wire.before[which].load(Ordering::Acquire));
        let good = self.marks.total(GOOD).wrapping_sub(good);
        let counts = Counts { good, bad: bad.wrapping_sub(before) };
        self.rule.trips(self.wire.bound.load(Ordering::Acquire), counts)
    }

    /// What time alone has changed: a bad call that is forgotten, an alert that is over. For whoever looks.
    pub fn check(&self, now: Tick) -> Changes {
        self.marks.catch_up(now);
        self.judge(now).unwrap_or_default()
    }

    /// How low it is, as of the last time that a bucket began, a bad call changed it, or it was [checked](Self::check).
    #[inline]
    #[must_use]
    pub fn level(&self) -> Level {
        Level::ALL[self.wire.level.load(Ordering::Relaxed) as usize]
    }

    /// Looks at everything, and writes down what it comes to.
    #[cold]
    #[inline(never)]
    fn judge(&self, now: Tick) -> Option<Changes> {
        let mut judged = lock(&self.judged);
        let judged = &mut *judged;
        let reading = self.marks.read(now);
        let (level, counts) = self.settle(judged.level, self.windows.before(&reading));
        let mut changes = Changes::default();
        let mut tell = |change| {
            judged.totals.count(change);
            changes.push(change);
        };
        if let Some(change) = self.change(judged.level, level, counts) {
            tell(change);
        }
        for (alert, firing) in self.windows.alerts.iter().zip(&mut judged.firing) {
            let fires = alert.fires(alert.counts(&reading), self.config.minimum_calls);
            let pair = alert.pair;
            if fires != std::mem::replace(firing, fires) {
                tell(if fires { Change::Burning { pair } } else { Change::Cooled { pair } });
            }
        }
        judged.level = level;
        (!changes.is_empty()).then_some(changes)
    }

    /// The level that follows on `level`, which every bad call goes by from now on.
    fn settle(&self, mut level: Level, before: [u64; 2]) -> (Level, Counts) {
        loop {
            self.arm(level, before);
            // A bad call that is not in this has seen what was just written, and finds out for itself.
            let bad = self.marks.settled(BAD).wrapping_sub(before[BAD]);
            let good = self.marks.total(GOOD).wrapping_sub(before[GOOD]);
            let counts = Counts { good, bad };
            let next = self.rule.level(level, counts);
            if next == level {
                return (level, counts);
            }
            level = next;
        }
    }

    /// Has bad calls go by a level and a window.
    fn arm(&self, level: Level, before: [u64; 2]) {
        for (wire, before) in self.wire.before.iter().zip(before) {
            wire.store(before, Ordering::Release);
        }
        self.wire.bound.store(self.rule.tripwire(level), Ordering::Release);
        self.wire.level.store(level as u64, Ordering::Relaxed);
    }

    fn change(&self, from: Level, to: Level, counts: Counts) -> Option<Change> {
        let remaining = || self.rule.remaining(counts);
        match to {
            _ if from == to => None,
            Level::Spent => Some(Change::Exhausted { bad: counts.bad, total: counts.total() }),
            Level::Careful if from == Level::Normal => Some(Change::Low { remaining: remaining() }),
            _ => Some(Change::Recovered { from, to, remaining: remaining() }),
        }
    }

    /// Whether no more calls of the window were bad than the objective allows, by the numbers alone: one without calls is met,
    /// and one bad call of two is too many.
    #[must_use]
    pub fn is_met(&self, now: Tick) -> bool {
        self.rule.is_met(self.windows.budget(&self.marks.read(now)))
    }

    /// The burn rate over the last `over`, up to a step more; `None` without calls, and if so much is not kept: the longest is that
    /// of the window and of the alerts.
    #[must_use]
    pub fn burn_rate(&self, over: Duration, now: Tick) -> Option<f64> {
        let counts = self.windows.over(&self.marks.read(now), over)?;
        self.rule.burn_rate(counts)
    }

    /// Forgets all calls: the whole budget is there, nothing burns, and a window begins now.
    pub fn reset(&self, now: Tick) -> Changes {
        {
            let _judged = lock(&self.judged);
            self.marks.reset(now);
        }
        if let Some(spread) = &self.spread {
            spread.reset(now);
        }
        self.judge(now).unwrap_or_default()
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
