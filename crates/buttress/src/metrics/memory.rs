//! What was exported before, so that no counter ever goes down.

use super::counts::Counts;
use std::collections::HashMap;

/// One per exporter. It knows the names and keys of the last scrape, and no others.
#[derive(Debug, Default)]
pub(super) struct Memory {
    named: HashMap<String, Seen>,
    keyed: HashMap<String, Shares>,
    /// How often any of them opened, those that are gone included.
    trips: u64,
    scrape: u64,
}

/// The highest numbers of one breaker. They are read while calls go on, and can fall behind by a few for an instant.
#[derive(Debug, Default)]
struct Seen {
    /// Tells a breaker from another that had its name before.
    seed: u64,
    highest: Counts,
    scrape: u64,
}

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
    fn look(&mut self, seed: u64, now: Counts, scrape: u64) -> (Counts, Counts) {
        if self.seed != seed {
            *self = Self { seed, ..Self::default() };
        }
        self.scrape = scrape;
        let before = self.highest;
        self.highest = before.zip(&now, u64::max);
        (self.highest, self.highest.zip(&before, u64::wrapping_sub))
    }
}

impl Memory {
    pub(super) const fn begin(&mut self) {
        self.scrape += 1;
    }

    /// What to show of the breaker `name`.
    pub(super) fn named(&mut self, name: &str, seed: u64, now: Counts) -> Counts {
        let (counts, grown) = entry(&mut self.named, name).look(seed, now, self.scrape);
        self.trips += grown.opened;
        counts
    }

    /// What to show of a keyed breaker: all its calls together, those of `keys` each, and those of all other keys.
    ///
    /// Whatever is counted between two scrapes is added to exactly one of the shares, so that their sum is the total also
    /// when a key comes, goes, or starts again.
    pub(super) fn keyed<'a>(
        &mut self,
        name: &str,
        seed: u64,
        now: Counts,
        keys: impl IntoIterator<Item = (&'a str, Counts)>,
    ) -> Shared<'a> {
        let shares = entry(&mut self.keyed, name);
        if shares.all.seed != seed {
            *shares = Shares::default();
        }
        let (all, mut rest) = shares.all.look(seed, now, self.scrape);
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

    /// Forgets whatever was not looked at since [`Memory::begin`].
    pub(super) fn end(&mut self) {
        let scrape = self.scrape;
        self.named.retain(|_, seen| seen.scrape == scrape);
        self.keyed.retain(|_, shares| shares.all.scrape == scrape);
    }
}

/// What to show of a keyed breaker.
#[derive(Debug, PartialEq)]
pub(super) struct Shared<'a> {
    pub(super) all: Counts,
    pub(super) keys: Vec<(&'a str, Counts)>,
    pub(super) other: Counts,
}

fn entry<'a, V: Default>(map: &'a mut HashMap<String, V>, name: &str) -> &'a mut V {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name).expect("it is there or was just put there")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(failures: u64) -> Counts {
        Counts { failures, ..Counts::default() }
    }

    #[test]
    fn f7_a_counter_that_is_read_too_low_stays_and_a_new_owner_starts_again() {
        let mut memory = Memory::default();
        let mut shown = |seed, now| {
            memory.begin();
            let shown = memory.named("a", seed, failures(now)).failures;
            memory.end();
            shown
        };
        assert_eq!([shown(1, 10), shown(1, 8), shown(1, 11)], [10, 10, 11]);
        assert_eq!([shown(2, 3), shown(2, 4)], [3, 4]);
    }

    #[test]
    fn w43_what_is_gone_is_forgotten() {
        let mut memory = Memory::default();
        memory.begin();
        memory.named("a", 1, failures(1));
        memory.keyed("k", 1, failures(1), [("x", failures(1))]);
        memory.end();
        assert_eq!((memory.named.len(), memory.keyed["k"].own.len()), (1, 1));
        memory.begin();
        memory.keyed("k", 1, failures(1), []);
        memory.end();
        assert_eq!((memory.named.len(), memory.keyed["k"].own.len()), (0, 0));
        memory.begin();
        memory.end();
        assert!(memory.keyed.is_empty());
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
            let shown = memory.keyed("k", 7, failures(total), keys);
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
