//! What words keep, and whom they let go.

use super::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn ban(words: &Words<Ban>, number: u64, until: u64) -> u64 {
    words.update(&number, START, |old| (old.max(until), old))
}

#[test]
fn c36_a_word_belongs_to_a_name_a_number_or_an_address() {
    let words = words(100);
    let address = std::net::IpAddr::from([127, 0, 0, 1]);
    let set = |until: u64| move |_: u64| (until, ());
    words.update("db-1", START, set(1));
    words.update(&7_u64, START, set(2));
    words.update(&address, START, set(3));
    assert_eq!([words.peek("db-1"), words.peek(&7_u64), words.peek(&address)], [Some(1), Some(2), Some(3)]);
    assert_eq!((words.peek(&"db-1".to_owned()), words.len()), (Some(1), 3));
}

#[test]
fn w50_looking_makes_nothing_nor_does_a_change_that_leaves_a_fresh_word_as_it_is() {
    let words = words(16);
    for number in 0..10_000_u64 {
        assert_eq!(words.peek(&number), None);
        assert_eq!(words.update(&number, START, |state| (state, state)), Ban::FRESH);
    }
    assert_eq!((words.len(), words.evicted()), (0, 0));
}

#[test]
fn f4_a_store_has_room_for_what_was_asked_for_rounded_up_to_eight() {
    assert_eq!([1, 8, 9, 1_000].map(|capacity| words(capacity).capacity()), [8, 8, 16, 1_000]);
}

#[test]
fn f4_nothing_goes_before_two_thirds_are_full_and_few_when_all_are() {
    for capacity in [1_000_u64, 100_000, 1_000_000] {
        let words = words(capacity as usize);
        (0..capacity * 66 / 100).for_each(|number| _ = ban(&words, number, REMEMBERED));
        assert_eq!((words.len() as u64, words.evicted()), (capacity * 66 / 100, 0));
        (capacity * 66 / 100..capacity).for_each(|number| _ = ban(&words, number, REMEMBERED));
        assert!(words.evicted() < capacity / 20, "{} of {capacity}", words.evicted());
        let kept = (0..capacity).filter(|number| words.peek(number) == Some(REMEMBERED)).count();
        assert_eq!((kept as u64 + words.evicted(), words.len()), (capacity, kept));
    }
}

#[test]
fn f4_what_is_worth_least_goes_first_and_penalties_stay() {
    let words = words(8);
    for number in 0..8 {
        ban(&words, number, [BANNED, REMEMBERED, 1, BANNED][number as usize % 4]);
    }
    let kept = || (0..8).filter(|number| words.peek(number).is_some()).collect::<Vec<_>>();
    (10..12).for_each(|number| _ = ban(&words, number, BANNED));
    assert_eq!(kept(), [0, 1, 3, 4, 5, 7]);
    (12..14).for_each(|number| _ = ban(&words, number, BANNED));
    assert_eq!(kept(), [0, 3, 4, 7]);
    assert_eq!((words.len(), words.evicted(), words.overflowed()), (8, 4, 0));
    // A key that comes back is fresh.
    assert_eq!(words.update(&1_u64, START, |state| (state, state)), Ban::FRESH);
}

#[test]
fn f4_keys_without_room_share_a_word_of_their_own() {
    let words = words(8);
    (0..8).for_each(|number| _ = ban(&words, number, BANNED));
    assert_eq!(ban(&words, 8, BANNED + 2), Ban::FRESH);
    assert_eq!(ban(&words, 9, BANNED + 4), BANNED + 2, "what 8 did counts for 9");
    assert_eq!(
        words.update(&10_u64, START, |state| (state, state)),
        BANNED + 4,
        "a look is at the shared one"
    );
    assert_eq!((words.peek(&8_u64), words.overflowed()), (None, 3));
    assert!((0..8_u64).all(|number| words.peek(&number) == Some(BANNED)));
    // When the bans are over, there is room again.
    let later = Tick::from_nanos(BANNED);
    assert_eq!(words.update(&8_u64, later, |state| (BANNED + 6, state)), Ban::FRESH);
    assert_eq!(words.peek(&8_u64), Some(BANNED + 6));
}

#[test]
fn f4_a_slot_that_changes_its_key_starts_from_the_fresh_word() {
    let words = words(8);
    // Through all generations and around.
    for number in 0..8 * 600_u64 {
        assert_eq!(ban(&words, number, number % 500 + 1), Ban::FRESH);
        assert_eq!(words.peek(&number), Some(number % 500 + 1));
    }
    assert_eq!(words.evicted(), 8 * 599);
}

#[test]
fn b3_f3_a_state_that_is_none_or_a_panic_changes_nothing() {
    let words = words(8);
    ban(&words, 1, 5);
    for number in [1_u64, 2] {
        let too_large = catch_unwind(AssertUnwindSafe(|| {
            words.update(&number, START, |_| (Words::<Ban>::LARGEST + 1, ()))
        }));
        let message = *too_large.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(message, "72057594037927935 is no state: they end at 72057594037927934");
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            words.update(&number, START, |_| -> (u64, ()) { panic!("on purpose") });
        }));
        assert!(panicked.is_err());
    }
    assert_eq!((words.peek(&1_u64), words.peek(&2_u64), words.len()), (Some(5), None, 1));
    assert_eq!(ban(&words, 2, Words::<Ban>::LARGEST), Ban::FRESH);
    assert_eq!(words.peek(&2_u64), Some(Words::<Ban>::LARGEST));
}
