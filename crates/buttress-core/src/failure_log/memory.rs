//! What is remembered.

use super::classes::{Classes, Found};
use super::counts::Counts;
use super::line::{At, Line};
use super::ring::{Kept, Ring};
use super::standing::Knobs;
use super::{Category, Config, Severity};
use std::sync::Arc;

/// What is remembered, all of it under one lock: it is held for as long as a few numbers take.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) last_id: u64,
    pub(super) recorded: u64,
    pub(super) restored: u64,
    pub(super) dropped: u64,
    pub(super) ring: Ring,
    pub(super) classes: Classes,
    pub(super) tallies: [[Cell; Severity::ALL.len()]; Category::ALL.len()],
    pub(super) knobs: Knobs,
    /// The hour in which what is too old was last forgotten.
    swept: i32,
}

/// How many of a sort and severity.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) count: u64,
    pub(super) counts: Counts<u32, u32>,
}

impl Memory {
    pub(super) fn new(config: &Config, since: Line) -> Self {
        Self {
            last_id: 0,
            recorded: 0,
            restored: 0,
            dropped: 0,
            ring: Ring::new(config.records, config.per_operation),
            classes: Classes::new(config.classes),
            tallies: Default::default(),
            knobs: Knobs::of(config, since),
            swept: At::from(since).hour,
        }
    }

    /// Forgets everything, but for the number of the last record.
    pub(super) fn clear(&mut self, config: &Config) {
        *self = Self { last_id: self.last_id, ..Self::new(config, self.knobs.since) };
    }

    pub(super) fn tally(&mut self, category: Category, severity: Severity, at: At, alike: u64) {
        let cell = &mut self.tallies[category as usize][severity as usize];
        cell.count = cell.count.saturating_add(alike);
        let few = u32::try_from(alike).unwrap_or(u32::MAX);
        cell.counts.add(at, few, few, |_| ());
    }

    /// Takes in a record whose class was counted.
    pub(super) fn take_in(&mut self, fresh: &mut Kept, at: At, found: &Found) -> u64 {
        self.last_id = self.last_id.saturating_add(1);
        self.recorded += 1;
        fresh.id = self.last_id;
        fresh.flags = found.flags;
        if let Some((entry, _)) = self.classes.get(found.place)
            && !fresh.common.as_ref().is_some_and(|common| Arc::ptr_eq(common, &entry.common))
        {
            fresh.common = Some(entry.common.clone());
        }
        self.tally(fresh.category, fresh.severity, at, 1);
        self.dropped += u64::from(self.ring.push(fresh));
        self.last_id
    }

    /// Forgets what is too old.
    pub(super) fn sweep_once_an_hour(&mut self, now: At, config: &Config) {
        if now.hour != self.swept {
            self.sweep(now, config);
        }
    }

    #[cold]
    fn sweep(&mut self, now: At, config: &Config) {
        self.swept = now.hour;
        let oldest = now.line.before(config.retention);
        self.dropped += self.ring.forget(oldest) as u64;
        self.classes.forget(oldest);
    }
}
