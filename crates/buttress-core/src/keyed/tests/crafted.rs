//! Keys chosen by somebody who knows the hash, but not the seeds.

use super::*;
use crate::clock::precise;
use std::time::Duration;

const KEYS: usize = 100_000;

/// How much longer crafted keys may take than random ones. Without a seed they take hundreds of times as long.
const MARGIN: u32 = 3;

fn crafted() -> Vec<u64> {
    // They differ only in bits that a multiplication pushes out, or that a mask leaves out.
    (0..KEYS as u64).map(|number| number << 40).collect()
}

fn random() -> Vec<u64> {
    (0..KEYS as u64).map(|number| Seeds::new(3, 4).hash(&number)).collect()
}

/// The quickest of several rounds of each, taken in turns, so that what slows the machine down slows down both.
fn compare(mut work: impl FnMut(&[u64])) -> [Duration; 2] {
    let keys = [crafted(), random()];
    let mut best = [Duration::MAX; 2];
    for _ in 0..5 {
        for (keys, best) in keys.iter().zip(&mut best) {
            let began = precise();
            work(keys);
            *best = precise().since(began).min(*best);
        }
    }
    best
}

#[test]
fn f8_crafted_keys_take_a_store_no_longer_than_random_ones() {
    let [crafted, random] = compare(|keys| {
        let store = Store::<u64, Told>::new(room(2 * KEYS));
        keys.iter().for_each(|number| put(&store, *number, Worth::Memory).unwrap());
        assert!(keys.iter().all(|number| store.get(number).is_some()));
    });
    assert!(crafted <= random * MARGIN, "{crafted:?} beside {random:?}");
}

#[test]
fn f8_crafted_keys_take_words_no_longer_than_random_ones() {
    let [crafted, random] = compare(|keys| {
        let words = Words::<Ban>::new(room(2 * KEYS));
        keys.iter().for_each(|number| words.update(number, START, |_| (REMEMBERED, ())));
        assert!(keys.iter().all(|number| words.peek(number).is_some()));
    });
    assert!(crafted <= random * MARGIN, "{crafted:?} beside {random:?}");
}

#[test]
fn f8_keys_that_meet_in_one_store_are_spread_in_another() {
    let known = &Seeds::new(1, 2);
    // With the seeds in hand, an attacker finds keys of one shard out of 64, and of one set out of 64.
    let keys = |chosen: fn(u64) -> bool, count| {
        (0..u64::MAX).filter(move |key| chosen(known.hash(key))).take(count).collect::<Vec<_>>()
    };
    let of_one_shard = keys(|hash| (hash >> 32) % 64 == 0, 10_000);
    let kept_by_a_store = |seeds| {
        let store = Store::<u64, Told>::with_seeds(room(64 * 512), seeds);
        of_one_shard.iter().for_each(|number| put(&store, *number, Worth::Memory).unwrap());
        store.len()
    };
    assert_eq!(kept_by_a_store(Seeds::new(1, 2)), 512, "all of them in one shard");
    assert_eq!([Seeds::draw(), Seeds::draw()].map(kept_by_a_store), [10_000; 2]);
    let of_one_set = keys(|hash| hash >> 58 == 0 && hash.rotate_left(32) >> 58 == 0, 100);
    let kept_by_words = |seeds| {
        let words = Words::with_seeds(room(64 * 8), seeds, Ban);
        of_one_set.iter().for_each(|number| words.update(number, START, |_| (REMEMBERED, ())));
        words.len()
    };
    assert_eq!(kept_by_words(Seeds::new(1, 2)), 8, "all of them in one set");
    assert_eq!([Seeds::draw(), Seeds::draw()].map(kept_by_words), [100; 2]);
}

#[test]
fn f8_every_store_has_seeds_of_its_own() {
    let hashes: std::collections::HashSet<_> = (0..1_000).map(|_| Seeds::draw().hash("key")).collect();
    assert_eq!(hashes.len(), 1_000);
    assert!(!format!("{:?}", Seeds::new(123_456_789, 987_654_321)).contains("123456789"));
}
