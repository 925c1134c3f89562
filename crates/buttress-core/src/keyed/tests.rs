//! The stores: what they keep, what they let go, and what that takes.

mod crafted;
mod flood;
mod model;
mod store;
mod threads;
mod words;

use super::hash::Seeds;
use super::*;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// A state that is worth what it is told to be.
#[derive(Debug, Default)]
struct Told {
    /// 0, 1 and 2 in the order of [`Worth`].
    worth: AtomicUsize,
    gone: AtomicUsize,
}

impl Told {
    fn worth(worth: Worth) -> Self {
        Self { worth: AtomicUsize::new(worth as usize), ..Self::default() }
    }

    fn set(&self, worth: Worth) {
        self.worth.store(worth as usize, Relaxed);
    }
}

impl Keep for Told {
    fn worth(&self, _: Tick) -> Worth {
        [Worth::Nothing, Worth::Memory, Worth::Penalty][self.worth.load(Relaxed)]
    }

    fn gone(&self) {
        self.gone.fetch_add(1, Relaxed);
    }
}

/// A ban as a word: until so many nanoseconds; odd ones only remember.
#[derive(Debug, Default)]
struct Ban;

impl WordState for Ban {
    const FRESH: u64 = 0;

    fn worth(&self, until: u64, now: Tick) -> Worth {
        match until {
            _ if until <= now.as_nanos() => Worth::Nothing,
            _ if until % 2 == 1 => Worth::Memory,
            _ => Worth::Penalty,
        }
    }
}

const START: Tick = Tick::from_nanos(1_000);
/// Nothing lasts longer.
const BANNED: u64 = 1_000_000;
const REMEMBERED: u64 = 1_000_001;

fn room(capacity: usize) -> NonZeroUsize {
    NonZeroUsize::new(capacity).expect("a test asks for room")
}

/// A store that is the same at each run.
fn store(capacity: usize) -> Store<u64, Told> {
    Store::with_seeds(room(capacity), Seeds::new(1, 2))
}

fn words(capacity: usize) -> Words<Ban> {
    Words::with_seeds(room(capacity), Seeds::new(1, 2), Ban)
}

fn key(number: &u64) -> std::borrow::Cow<'_, u64> {
    std::borrow::Cow::Borrowed(number)
}

fn put(store: &Store<u64, Told>, number: u64, worth: Worth) -> Result<(), Full> {
    store.get_or_insert_with(key(&number), || START, |_| Told::worth(worth)).map(drop)
}
