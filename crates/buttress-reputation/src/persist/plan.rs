//! Which peers of a file are known again.

use super::past::Past;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;

/// Of peers that are there twice what is worse, and of more than `capacity` those first that something is held against, as they
/// would be rid of it otherwise, and then those that were heard of last.
pub(super) fn plan<K: Eq + Hash>(
    peers: impl IntoIterator<Item = (K, Past)>,
    capacity: usize,
) -> Vec<(K, Past)> {
    let mut known: HashMap<K, Past> = HashMap::new();
    for (key, past) in peers {
        let past = match known.remove(&key) {
            Some(other) => other.worse(past),
            None => past,
        };
        known.insert(key, past);
    }
    let mut planned: Vec<_> = known.into_iter().collect();
    planned.sort_by_key(|(_, past)| (Reverse(past.is_penalised()), Reverse(past.last_seen())));
    planned.truncate(capacity);
    planned
}
