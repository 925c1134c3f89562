//! Which failures are the same, and how many there were of each: the most frequent of them exactly enough.
//!
//! Space-saving (Metwally, Agrawal and El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data Streams",
//! 2005): a class for which there is no room takes the place and the count of the rarest. So of `n` failures and `k` places
//! any class with more than `n / k` has one, and no count is too large by more than that.

use super::counts::Counts;
use super::line::{At, Line};
use super::ring::Common;
use super::seen::Seen;
use super::standing::Knobs;
use super::{Category, Fingerprint, Flags, Severity, Standing};
use crate::keyed::hash::Seeds;
use hashbrown::HashTable;
use std::sync::Arc;

/// What is kept of a class, but for its count.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) fingerprint: Fingerprint,
    pub(super) common: Arc<Common>,
    pub(super) operation: usize,
    pub(super) severity: Severity,
    pub(super) category: Category,
    /// Whether the last one was no call that failed.
    pub(super) aside: bool,
    pub(super) error: u64,
    pub(super) first: Line,
    pub(super) last: Line,
    /// Since when it is new, if it is one that was not seen before.
    pub(super) new: Option<Line>,
    /// Since when it is back, if it was away.
    pub(super) back: Option<Line>,
    pub(super) spiking: bool,
    /// Whether it was seen before it got its place.
    pub(super) known: bool,
    pub(super) counts: Counts<u32, u32>,
    /// What of it the last day holds.
    pub(super) day: u64,
}

/// A failure of a class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) fingerprint: Fingerprint,
    pub(super) operation: usize,
    pub(super) severity: Severity,
    pub(super) category: Category,
    pub(super) at: At,
    /// Whether it happens now, and is not read back.
    pub(super) live: bool,
    /// Whether no call failed.
    pub(super) aside: bool,
}

/// What a hit found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) place: usize,
    pub(super) flags: Flags,
    pub(super) turned: Option<Standing>,
}

/// The classes.
#[derive(Debug)]
pub(super) struct Classes {
    most: usize,
    entries: Vec<Entry>,
    /// How many each has, apart from the rest: the rarest is looked for among these alone.
    counts: Vec<u64>,
    places: HashTable<u32>,
    seeds: Seeds,
    seen: Seen,
    /// How many had to go for another.
    replaced: u64,
}

impl Classes {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            entries: Vec::new(),
            counts: Vec::new(),
            places: HashTable::new(),
            seeds: Seeds::draw(),
            seen: Seen::default(),
            replaced: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn replaced(&self) -> u64 {
        self.replaced
    }

    pub(super) fn get(&self, place: usize) -> Option<(&Entry, u64)> {
        Some((self.entries.get(place)?, *self.counts.get(place)?))
    }

    /// Counts `alike` failures of a class that has a place; `None` if it has none. Looks at `hint` first.
    pub(super) fn touch(&mut self, hit: Hit, alike: u64, hint: usize, knobs: &Knobs) -> Option<Found> {
        let hinted = self.entries.get(hint).is_some_and(|entry| entry.fingerprint == hit.fingerprint);
        let place = if hinted { hint } else { self.place(hit.fingerprint)? };
        let entry = &mut self.entries[place];
        let away = hit.at.line.since(entry.last);
        let turned_back = hit.live && away >= knobs.regressed_after;
        if turned_back {
            entry.back = Some(hit.at.line);
        }
        Some(self.count(place, hit, alike, turned_back.then_some(Standing::Regressed), knobs))
    }

    /// Counts `alike` failures of a class that has no place, which it gets.
    pub(super) fn insert(&mut self, hit: Hit, alike: u64, common: Arc<Common>, knobs: &Knobs) -> Found {
        let place = if self.entries.len() < self.most { self.entries.len() } else { self.vacate() };
        let error = if place < self.entries.len() { self.counts[place] } else { 0 };
        let last = self.seen.last(hit.fingerprint);
        let new = (hit.live && last.is_none()).then_some(hit.at.line);
        let away = last.is_some_and(|last| hit.at.line.since(last) >= knobs.regressed_after);
        let back = (hit.live && away).then_some(hit.at.line);
        let entry = Entry {
            fingerprint: hit.fingerprint,
            common,
            operation: hit.operation,
            severity: hit.severity,
            category: hit.category,
            aside: hit.aside,
            error,
            first: hit.at.line,
            last: hit.at.line,
            new,
            back,
            spiking: false,
            known: last.is_some(),
            counts: Counts::default(),
            day: 0,
        };
        if place < self.entries.len() {
            self.entries[place] = entry;
        } else {
            self.entries.push(entry);
            self.counts.push(0);
        }
        let index = u32::try_from(place).expect("at most 4096");
        let (seeds, entries) = (&self.seeds, &self.entries);
        let hash = |place: &u32| seeds.hash(&entries[*place as usize].fingerprint);
        self.places.insert_unique(self.seeds.hash(&hit.fingerprint), index, hash);
        let turned = new.map(|_| Standing::New).or(back.map(|_| Standing::Regressed));
        self.count(place, hit, alike, turned, knobs)
    }

    fn count(
        &mut self,
        place: usize,
        hit: Hit,
        alike: u64,
        turned: Option<Standing>,
        knobs: &Knobs,
    ) -> Found {
        self.counts[place] = self.counts[place].saturating_add(alike);
        let entry = &mut self.entries[place];
        let Entry { counts, day, .. } = entry;
        let few = u32::try_from(alike).unwrap_or(u32::MAX);
        *day = day.saturating_add(few.into());
        counts.add(hit.at, few, few, |gone| *day = day.saturating_sub(gone.into()));
        entry.first = entry.first.min(hit.at.line);
        entry.last = entry.last.max(hit.at.line);
        (entry.severity, entry.category, entry.aside) = (hit.severity, hit.category, hit.aside);
        if !hit.live {
            return Found { place, flags: Flags::default(), turned: None };
        }
        let spiking = knobs.is_spiking(entry, hit.at.minute.into());
        let spike = spiking && !entry.spiking;
        entry.spiking = spiking;
        let flags = knobs.flags(entry, hit.at.line);
        Found { place, flags, turned: turned.or(spike.then_some(Standing::Spiking)) }
    }

    fn place(&self, fingerprint: Fingerprint) -> Option<usize> {
        let same = |place: &u32| self.entries[*place as usize].fingerprint == fingerprint;
        self.places.find(self.seeds.hash(&fingerprint), same).map(|place| *place as usize)
    }

    /// The place of the rarest, which is remembered as one that was seen.
    fn vacate(&mut self) -> usize {
        let rarest = self.counts.iter().enumerate().min_by_key(|(_, count)| **count);
        let place = rarest.map_or(0, |(place, _)| place);
        self.replaced += 1;
        self.give_up(place);
        place
    }

    /// Takes a class out of the table.
    fn give_up(&mut self, place: usize) {
        let entry = &self.entries[place];
        self.seen.remember(entry.fingerprint, entry.last);
        let hash = self.seeds.hash(&entry.fingerprint);
        if let Ok(found) = self.places.find_entry(hash, |other| *other as usize == place) {
            found.remove();
        }
    }

    /// Forgets classes of which nothing came since `line`.
    pub(super) fn forget(&mut self, line: Line) {
        let mut place = 0;
        while place < self.entries.len() {
            if self.entries[place].last >= line {
                place += 1;
                continue;
            }
            self.give_up(place);
            let moved = self.entries.len() - 1;
            if moved != place {
                let hash = self.seeds.hash(&self.entries[moved].fingerprint);
                let found = self.places.find_mut(hash, |other| *other as usize == moved);
                *found.expect("it has a place") = u32::try_from(place).expect("at most 4096");
            }
            self.entries.swap_remove(place);
            self.counts.swap_remove(place);
        }
    }
}
