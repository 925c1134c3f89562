//! Several threads on one store.

use super::*;
use std::sync::{Arc, Barrier};
use std::thread;

const THREADS: u64 = 4;

fn together(work: impl Fn(u64) + Sync) {
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (start, work) = (&start, &work);
            scope.spawn(move || {
                start.wait();
                work(number);
            });
        }
    });
}

#[test]
fn a_state_is_made_once_however_many_ask_for_it_at_once() {
    let store = Store::<u64, Told>::new(room(1_000));
    let made = AtomicU64::new(0);
    together(|_| {
        for number in 0..900 {
            let make = |_: &u64| {
                made.fetch_add(1, Relaxed);
                Told::default()
            };
            let state = store.get_or_insert_with(key(&number), || START, make).unwrap();
            state.worth.store(1, Relaxed);
        }
    });
    assert_eq!((made.into_inner(), store.len(), store.evicted()), (900, 900, 0));
}

#[test]
fn f4_a_store_that_many_fill_and_empty_never_exceeds_its_capacity() {
    let store = Store::<u64, Told>::new(room(2_000));
    let (made, removed) = (AtomicU64::new(0), AtomicU64::new(0));
    together(|thread| {
        for round in 0..20_000_u64 {
            let number = (round * 7 + thread * 13) % 5_000;
            if round % 5 == 0 {
                removed.fetch_add(u64::from(store.remove(&number).is_some()), Relaxed);
            } else {
                let make = |_: &u64| {
                    made.fetch_add(1, Relaxed);
                    Told::worth(if number % 3 == 0 { Worth::Memory } else { Worth::Nothing })
                };
                store.get_or_insert_with(key(&number), || START, make).unwrap();
            }
            if round % 1_000 == 0 {
                assert!(store.len() <= 2_000);
            }
        }
    });
    assert_eq!(made.into_inner(), store.len() as u64 + store.evicted() + removed.into_inner());
    let mut all = Vec::new();
    store.for_each(|number, state| all.push((*number, state.clone())));
    assert_eq!(all.len(), store.len());
    assert!(all.iter().all(|(number, state)| Arc::ptr_eq(state, &store.get(number).unwrap())));
}

#[test]
fn every_change_of_a_word_counts_once_also_of_a_new_one() {
    let words = words(100_000);
    together(|_| {
        for round in 0..10 {
            for number in 0..10_000_u64 {
                words.update(&number, START, |count| (count + 1, ()));
                assert!(words.peek(&number).is_some_and(|count| count > round));
            }
        }
    });
    assert!((0..10_000_u64).all(|number| words.peek(&number) == Some(10 * THREADS)));
    assert_eq!((words.len(), words.evicted()), (10_000, 0));
}

/// Its words say whose they are.
#[derive(Debug, Default)]
struct Owned;

impl WordState for Owned {
    const FRESH: u64 = 0;

    fn worth(&self, _: u64, _: Tick) -> Worth {
        Worth::Memory
    }
}

#[test]
fn a_word_never_shows_what_was_meant_for_another_key() {
    // One set for a hundred keys: slots change hands all the time.
    let words = Words::<Owned>::new(room(8));
    together(|thread| {
        for round in 0..200_000_u64 {
            let number = (round + thread * 25) % 100 + 1;
            let before = words.update(&number, START, |state| (number, state));
            assert!(before == Owned::FRESH || before == number, "{number} found a word of {before}");
            assert!(words.peek(&number).is_none_or(|state| state == number));
        }
    });
    assert_eq!(words.len(), 8);
    assert!(words.evicted() > 1_000, "{}", words.evicted());
}
