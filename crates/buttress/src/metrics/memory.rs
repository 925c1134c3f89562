//! What was exported before, so that no counter ever goes down.

use super::counts::Counts;
use super::members::{Members, Owner};
use std::collections::HashMap;

/// One per exporter.
#[derive(Debug, Default)]
pub(super) struct Memory {
    named: Members<Seen>,
    keyed: Members<Shares>,
    /// How often any of them opened, those that are gone included.
    trips: u64,
}

/// The highest numbers of one breaker. They are read while calls go on, and can fall behind by a few for an instant.
#[derive(Debug, Default)]
struct Seen(Counts);

/// How the calls of a keyed breaker are shared out between keys that have series of their own and all others.
#[derive(Debug, Default)]
struct Shares {
    all: Seen,
    own: HashMap<String, Own>,
    other: Counts,
}

/// A key with series of its own: these begin at zero when it gets them, and are gone with it.
#[derive(Debug)]
struct Own {
    seen: Counts,
    shown: Counts,
}

impl Seen {
    /// The numbers to show, and by how much they have grown since the last look.
    fn look(&mut self, now: Counts) -> (Counts, Counts) {
        let before = self.0;
        self.0 = before.zip(&now, u64::max);
        (self.0, self.0.zip(&before, u64::wrapping_sub))
    }
}

impl Memory {
    pub(super) const fn begin(&mut self) {
        self.named.begin();
        self.keyed.begin();
    }

    /// What to show of a breaker.
    pub(super) fn named(&mut self, owner: Owner, now: Counts) -> Counts {
        let (counts, grown) = self.named.of(owner).look(now);
        self.trips += grown.opened;
        counts
    }

    /// What to show of a keyed breaker: all its calls together, those of `keys` each, and those of all other keys.
    ///
    /// Whatever is counted between two scrapes is added to exactly one of the shares, so that their sum is the total also
    /// when a key comes, goes, or starts again.
    pub(super) fn keyed<'a>(
        &mut self,
        owner: Owner,
        now: Counts,
        keys: impl IntoIterator<Item = (&'a str, Counts)>,
    ) -> Shared<'a> {
        let shares = self.keyed.of(owner);
        let (all, mut rest) = shares.all.look(now);
        self.trips += rest.opened;
        let mut own = HashMap::new();
        let mut shown = Vec::new();
        for (key, now) in keys {
            let mut share =
                shares.own.remove(key).unwrap_or_else(|| Own { seen: now, shown: Counts::default() });
            // At most what there is to share out: the numbers of a key are read later than those of all.
            let more = now.zip(&share.seen, u64::saturating_sub).zip(&rest, u64::min);
            share.seen = share.seen.zip(&more, u64::wrapping_add);
            share.shown = share.shown.zip(&more, u64::wrapping_add);
            rest = rest.zip(&more, u64::wrapping_sub);
            shown.push((key, share.shown));
            own.insert(key.to_owned(), share);
        }
        shares.own = own;
        shares.other = shares.other.zip(&rest, u64::wrapping_add);
        Shared { all, keys: shown, other: shares.other }
    }

    pub(super) const fn trips(&self) -> u64 {
        self.trips
    }

    /// Forgets those that went before many others; should they return, their calls count as new ones.
    pub(super) fn end(&mut self) {
        self.named.end();
        self.keyed.end();
    }

    /// How many breakers, and breakers of many keys, it remembers.
    #[cfg(all(test, feature = "metrics"))]
    pub(super) fn len(&self) -> [usize; 2] {
        [self.named.len(), self.keyed.len()]
    }
}

/// What to show of a keyed breaker.
#[derive(Debug, PartialEq)]
pub(super) struct Shared<'a> {
    pub(super) all: Counts,
    pub(super) keys: Vec<(&'a str, Counts)>,
    pub(super) other: Counts,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(failures: u64) -> Counts {
        Counts { failures, ..Counts::default() }
    }

    fn owner(seed: u64) -> Owner {
        Owner::Breaker(seed)
    }

    #[test]
    fn f7_a_counter_that_is_read_too_low_stays_and_a_new_owner_starts_again() {
        let mut memory = Memory::default();
        let mut shown = |seed, now| {
            memory.begin();
            let shown = memory.named(owner(seed), failures(now)).failures;
            memory.end();
            shown
        };
        assert_eq!([shown(1, 10), shown(1, 8), shown(1, 11)], [10, 10, 11]);
        assert_eq!([shown(2, 3), shown(2, 4)], [3, 4]);
    }

    #[test]
    fn f7_w58_whoever_returns_has_opened_no_more_often() {
        let mut memory = Memory::default();
        let opened = |opened| Counts { opened, ..Counts::default() };
        let mut trips = |named: &[(u64, u64)], keyed: &[(u64, u64)]| {
            memory.begin();
            for (seed, count) in named {
                memory.named(owner(*seed), opened(*count));
            }
            for (seed, count) in keyed {
                memory.keyed(owner(*seed), opened(*count), []);
            }
            memory.end();
            memory.trips()
        };
        assert_eq!(trips(&[(1, 3)], &[(2, 5)]), 8);
        assert_eq!(trips(&[], &[]), 8);
        assert_eq!(trips(&[(1, 3)], &[(2, 6)]), 9);
        assert_eq!(trips(&[(3, 4)], &[(4, 7)]), 20, "others in their place have opened besides");
    }

    /// Keys come, go, are evicted and start again; the shares add up to the total, and each series only grows.
    #[test]
    fn f7_h15_shares_of_keys_add_up_and_none_goes_down() {
        let mut memory = Memory::default();
        let mut before: HashMap<&str, u64> = HashMap::new();
        let mut shown_in_all = 0;
        let scrapes: [(u64, &[(&str, u64)]); 7] = [
            (10, &[("x", 6)]),
            (25, &[("x", 9), ("y", 8)]),
            // `x` left the top.
            (30, &[("y", 12)]),
            // `x` was evicted and has come back with one failure.
            (37, &[("x", 1), ("y", 13)]),
            // `y` starts again and stays at the top.
            (40, &[("x", 2), ("y", 1)]),
            // A key is read later than the total, which knows of fewer calls.
            (41, &[("x", 9), ("y", 1)]),
            (50, &[("x", 9), ("y", 2)]),
        ];
        for (total, keys) in scrapes {
            memory.begin();
            let keys = keys.iter().map(|(key, count)| (*key, failures(*count)));
            let shown = memory.keyed(owner(7), failures(total), keys);
            memory.end();
            assert_eq!(shown.all.failures, total);
            let mut now: HashMap<&str, u64> =
                shown.keys.iter().map(|(key, counts)| (*key, counts.failures)).collect();
            now.insert("other", shown.other.failures);
            let grown: u64 = now
                .iter()
                .map(|(key, count)| {
                    let before = before.get(key).copied().unwrap_or(0);
                    count.checked_sub(before).unwrap_or_else(|| panic!("{key} went from {before} to {count}"))
                })
                .sum();
            shown_in_all += grown;
            assert_eq!(shown_in_all, total, "{now:?}");
            before = now;
        }
    }
}
