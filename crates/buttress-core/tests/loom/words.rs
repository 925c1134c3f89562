//! Slots that change their keys beside those who use them.
//!
//! Here a set is one slot, so a store for one key has both sets of every key in one place.

use super::*;
use buttress_core::keyed::{WordState, Words, Worth};
use std::num::NonZeroUsize;

/// Only remembers: a new key may always push it out. Below a hundred; the hundreds say whose it is.
#[derive(Default)]
struct Count;

impl WordState for Count {
    const FRESH: u64 = 0;

    fn worth(&self, _: u64, _: Tick) -> Worth {
        Worth::Memory
    }
}

/// Whoever has counted to two is not to be forgotten.
#[derive(Default)]
struct Strike;

impl WordState for Strike {
    const FRESH: u64 = 0;

    fn worth(&self, count: u64, _: Tick) -> Worth {
        if count >= 2 { Worth::Penalty } else { Worth::Memory }
    }
}

fn words<S: WordState + Default>(capacity: usize) -> Arc<Words<S>> {
    let words = Words::new(NonZeroUsize::new(capacity).expect("not zero"));
    assert_eq!(words.capacity(), capacity);
    Arc::new(words)
}

/// One more in the key's own hundred; what it found there.
fn count<S: WordState>(words: &Words<S>, key: u64) -> u64 {
    let found = words.update(&key, START, |state| (key * 100 + state % 100 + 1, state));
    assert!(found == 0 || found / 100 == key, "{key} found {found}");
    found
}

#[test]
fn f4_a_straggler_does_not_write_into_the_word_of_the_next_key() {
    explore("straggler, claim", |[before, after], step_back| {
        let words = words::<Count>(1);
        count(&words, 1);
        let straggler = thread::spawn({
            let words = words.clone();
            move || count(&words, 1)
        });
        step_back();
        assert_eq!(count(&words, 2), 0, "a new key finds a fresh word");
        let found = straggler.join().expect("no panic");
        // Before the other key it finds its own count, after it a fresh word.
        before.note(found == 101);
        after.note(found == 0);
        let (one, two) = (words.peek(&1_u64), words.peek(&2_u64));
        assert!((one, two) == (None, Some(201)) || (one, two) == (Some(101), None), "{one:?} {two:?}");
        assert_eq!(one.is_some(), found == 0);
        assert_eq!((words.len() as u64, words.evicted()), (1, 1 + u64::from(found == 0)));
    });
}

#[test]
fn f4_a_key_that_comes_back_into_its_slot_is_fresh_also_for_a_straggler() {
    explore("there and back", |[first, third], step_back| {
        let words = words::<Count>(1);
        count(&words, 1);
        let straggler = thread::spawn({
            let words = words.clone();
            move || count(&words, 1)
        });
        step_back();
        count(&words, 2);
        let again = count(&words, 1);
        let found = straggler.join().expect("no panic");
        // Whatever the order, the counts of the last tenancy are those that were made in it.
        first.note(found == 101 && again == 0);
        third.note(found == 101 && again == 0 && words.peek(&1_u64) == Some(101));
        match (found, again) {
            // In the first tenancy and in the third.
            (101, 0) => assert!(matches!(words.peek(&1_u64), Some(101 | 102))),
            // Both in the third, in either order.
            (0, 101) => assert_eq!(words.peek(&1_u64), Some(102)),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn f4_two_that_bring_the_same_new_key_share_one_word() {
    explore("same new key", |[mine_first, others_first], step_back| {
        let words = words::<Count>(2);
        let other = thread::spawn({
            let words = words.clone();
            move || count(&words, 1)
        });
        step_back();
        let mine = count(&words, 1);
        let others = other.join().expect("no panic");
        mine_first.note(mine == 0);
        others_first.note(others == 0);
        assert_eq!(mine + others, 101, "one finds a fresh word, the other what that left");
        assert_eq!((words.peek(&1_u64), words.len(), words.evicted()), (Some(102), 1, 0));
    });
}

#[test]
fn f4_a_penalty_set_beside_a_new_key_stays_or_was_not_set() {
    explore("penalty, claim", |[stays, gone], step_back| {
        let words = words::<Strike>(1);
        let strike = |words: &Words<Strike>, key: u64| words.update(&key, START, |state| (state + 1, state));
        strike(&words, 1);
        let other = thread::spawn({
            let words = words.clone();
            move || strike(&words, 1)
        });
        step_back();
        strike(&words, 2);
        let found = other.join().expect("no panic");
        if found == 1 && words.overflowed() == 1 {
            assert_eq!((words.peek(&1_u64), words.peek(&2_u64)), (Some(2), None), "the second strike stays");
            stays.note(true);
        } else {
            // The other key was first: the second strike met a fresh word.
            assert_eq!(found, 0);
            gone.note(true);
        }
    });
}

#[test]
fn f4_a_look_sees_the_word_of_its_key_or_none() {
    explore("look, claim", |[own, none], step_back| {
        let words = words::<Count>(1);
        count(&words, 1);
        let looking = thread::spawn({
            let words = words.clone();
            move || words.peek(&1_u64)
        });
        step_back();
        count(&words, 2);
        let seen = looking.join().expect("no panic");
        assert!(matches!(seen, None | Some(101)), "{seen:?}");
        own.note(seen.is_some());
        none.note(seen.is_none());
    });
}

#[test]
fn f4_two_new_keys_do_not_get_the_same_slot() {
    explore("two new keys", |[mine_last, others_last], step_back| {
        let words = words::<Count>(1);
        let other = thread::spawn({
            let words = words.clone();
            move || count(&words, 1)
        });
        step_back();
        assert_eq!(count(&words, 2), 0);
        assert_eq!(other.join().expect("no panic"), 0);
        let left = (words.peek(&1_u64), words.peek(&2_u64));
        mine_last.note(left == (None, Some(201)));
        others_last.note(left == (Some(101), None));
        assert!(left.0.is_some() != left.1.is_some(), "{left:?}");
        assert_eq!((words.len(), words.evicted()), (1, 1));
    });
}
