//! A part of a store, under its lock: a table of places, the entries, and the choice of who goes.

use super::{Full, Keep, Worth};
use crate::Tick;
use hashbrown::HashTable;
use std::mem;
use std::sync::Arc;

/// How many states are looked at for a new key. With nine in ten of them penalised, it still finds room in 999 of 1,000
/// cases; with all of them penalised, a new key costs this many looks and not the whole shard.
const LOOKS: usize = 64;

/// How many more are looked at for one worth nothing once there is one that only remembers.
const LOOKS_ON: usize = 8;

/// States by key, with room for so many.
#[derive(Debug)]
pub(super) struct Shard<O, V> {
    /// Places in `entries`, found by the hash of their keys.
    places: HashTable<u32>,
    entries: Vec<Entry<O, V>>,
    capacity: usize,
    pub(super) evicted: u64,
}

/// A state with its key, or with nothing where the state knows its key itself.
#[derive(Debug)]
pub(super) struct Entry<O, V> {
    pub(super) value: Arc<V>,
    pub(super) key: O,
    /// As much of it as tells the keys of one shard apart. By the other half the shard was chosen.
    hash: u32,
    /// Looked up since it was last looked at.
    referenced: bool,
}

impl<O, V> Entry<O, V> {
    pub(super) const fn new(hash: u64, key: O, value: Arc<V>) -> Self {
        Self { value, key, hash: hash as u32, referenced: false }
    }
}

/// Both ends of what the table is asked with are to be good.
const fn spread(hash: u32) -> u64 {
    (hash as u64) << 32 | hash as u64
}

impl<O, V: Keep> Shard<O, V> {
    pub(super) fn new(capacity: usize) -> Self {
        // A place is found by a number of 32 bits. There is no memory for more.
        let capacity = capacity.min(u32::MAX as usize);
        Self { places: HashTable::new(), entries: Vec::new(), capacity, evicted: 0 }
    }

    /// What `take` makes of the state with this hash for which `is` says that it is the one.
    #[inline]
    pub(super) fn get<T>(
        &mut self,
        hash: u64,
        is: impl Fn(&Entry<O, V>) -> bool,
        take: impl FnOnce(&Arc<V>) -> T,
    ) -> Option<T> {
        let place = self.place(hash, is)?;
        let entry = &mut self.entries[place];
        // Before the count of references, which waits for what was asked for before it and lets nothing overtake it.
        entry.value.warm();
        entry.referenced = true;
        Some(take(&entry.value))
    }

    #[inline]
    fn place(&self, hash: u64, is: impl Fn(&Entry<O, V>) -> bool) -> Option<usize> {
        let hash = hash as u32;
        let is = |place: &u32| {
            let entry = &self.entries[*place as usize];
            entry.hash == hash && is(entry)
        };
        self.places.find(spread(hash), is).map(|place| *place as usize)
    }

    /// Whose place a new key can take; `None` while there are free ones.
    pub(super) fn victim(&mut self, hash: u64, now: impl FnOnce() -> Tick) -> Result<Option<usize>, Full> {
        if self.entries.len() < self.capacity { Ok(None) } else { self.choose(hash, now()).map(Some) }
    }

    /// Of the states looked at, the first that is worth nothing; else of those that only remember the first one that was
    /// not looked up since it was last looked at, or at least the first.
    ///
    /// They are spread evenly over the shard, from a place on that no one foretells. A hand that goes around would meet
    /// those that came one after the other one after the other, and so the victims of one outage all at once.
    #[cold]
    fn choose(&mut self, hash: u64, now: Tick) -> Result<usize, Full> {
        let len = self.entries.len();
        let mut looks = LOOKS.min(len);
        let step = len / looks;
        let mut place = hash as usize % len;
        let (mut idle, mut spared) = (None, None);
        while looks > 0 {
            let entry = &mut self.entries[place];
            match entry.worth(now) {
                Worth::Nothing => return Ok(place),
                Worth::Memory if idle.is_some() => {}
                Worth::Memory if mem::take(&mut entry.referenced) => spared = spared.or(Some(place)),
                Worth::Memory => {
                    idle = Some(place);
                    looks = looks.min(LOOKS_ON + 1);
                }
                Worth::Penalty => {}
            }
            looks -= 1;
            place = (place + step) % len;
        }
        idle.or(spared).ok_or(Full)
    }

    /// Puts a new key in place of `victim`, or into a free place; returns who was there.
    pub(super) fn insert(&mut self, entry: Entry<O, V>, victim: Option<usize>) -> Option<Entry<O, V>> {
        let hash = entry.hash;
        let Some(place) = victim else {
            self.reserve();
            self.entries.push(entry);
            self.add(hash, self.entries.len() - 1);
            return None;
        };
        let gone = mem::replace(&mut self.entries[place], entry);
        self.take(gone.hash, place);
        self.add(hash, place);
        self.evicted += 1;
        gone.value.gone();
        Some(gone)
    }

    pub(super) fn remove(&mut self, hash: u64, is: impl Fn(&Entry<O, V>) -> bool) -> Option<Entry<O, V>> {
        let place = self.place(hash, is)?;
        self.take(hash as u32, place);
        let removed = self.entries.swap_remove(place);
        if let Some(moved) = self.entries.get(place) {
            let (hash, last) = (moved.hash, self.entries.len());
            self.take(hash, last);
            self.add(hash, place);
        }
        removed.value.gone();
        Some(removed)
    }

    pub(super) fn entries(&self) -> &[Entry<O, V>] {
        &self.entries
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    fn add(&mut self, hash: u32, place: usize) {
        let Self { places, entries, .. } = self;
        let place = u32::try_from(place).expect("no more than the capacity");
        places.insert_unique(spread(hash), place, |place| spread(entries[*place as usize].hash));
    }

    fn take(&mut self, hash: u32, place: usize) {
        let found = self.places.find_entry(spread(hash), |other| *other as usize == place);
        found.expect("every entry has its place in the table").remove();
    }

    /// Makes room for a quarter more, as entries are many and small, but never for more than the capacity.
    fn reserve(&mut self) {
        let len = self.entries.len();
        if len == self.entries.capacity() {
            self.entries.reserve_exact((len / 4).max(4).min(self.capacity - len));
        }
    }
}

impl<O, V: Keep> Entry<O, V> {
    /// A state in use is not worth nothing: what its user is about to record would be lost.
    fn worth(&self, now: Tick) -> Worth {
        let worth = self.value.worth(now);
        if Arc::strong_count(&self.value) > 1 { worth.max(Worth::Memory) } else { worth }
    }
}
