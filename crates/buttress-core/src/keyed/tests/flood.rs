//! Penalties under a flood of new keys.

use super::*;

const KEYS: u64 = 1_000_000;

#[test]
fn f4_w50_penalties_in_a_store_stay_through_a_flood_of_keys() {
    let store = store(10_000);
    (0..1_000).for_each(|number| put(&store, number, Worth::Penalty).unwrap());
    for number in 1_000..KEYS {
        put(&store, number, if number % 2 == 0 { Worth::Nothing } else { Worth::Memory }).unwrap();
    }
    assert!(store.len() <= 10_000, "{}", store.len());
    assert_eq!(store.len() as u64 + store.evicted(), KEYS);
    for number in 0..1_000 {
        assert_eq!(store.get(&number).map(|state| state.worth(START)), Some(Worth::Penalty));
    }
}

#[test]
fn f4_w50_penalties_in_words_stay_through_a_flood_of_keys() {
    let words = words(10_000);
    (0..1_000_u64).for_each(|number| words.update(&number, START, |_| (BANNED, ())));
    (1_000..KEYS).for_each(|number| words.update(&number, START, |_| (REMEMBERED, ())));
    assert!(words.len() <= 10_000, "{}", words.len());
    assert_eq!(words.len() as u64 + words.evicted(), KEYS);
    assert!((0..1_000_u64).all(|number| words.peek(&number) == Some(BANNED)));
}

#[test]
fn f4_a_store_of_penalised_keys_takes_none_and_keeps_all() {
    let store = store(1_000);
    (0..1_000).for_each(|number| put(&store, number, Worth::Penalty).unwrap());
    assert!((1_000..100_000).all(|number| put(&store, number, Worth::Nothing) == Err(Full)));
    assert!((0..1_000).all(|number| store.get(&number).is_some()));
    assert_eq!(Full.to_string(), "no room for another key: those that would have to go carry penalties");
}
