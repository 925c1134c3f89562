//! What is remembered of whom.

use std::collections::HashMap;

/// Whose numbers a series shows. A name is not enough: another can come under it, and whoever left can return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    /// The breaker, or the breakers of many keys, with this seed.
    Breaker(u64),
    /// The error budget with this seed.
    ErrorBudget(u64),
    /// The operation with this seed.
    Operation(u64),
    /// The failure log with this seed.
    FailureLog(u64),
    /// The fallback with this seed.
    Fallback(u64),
    /// The bulkhead, or the bulkheads of many keys, with this seed.
    Bulkhead(u64),
    /// The retry with this seed.
    Retry(u64),
    /// The rate limit, or the rate limits of many keys, with this seed.
    RateLimit(u64),
    /// The timeout or the deadline with this seed.
    TimeLimit(u64),
    /// The bandwidth with this seed.
    Bandwidth(u64),
    /// The ledger of peers with this seed.
    Peers(u64),
    /// The health check with this seed.
    HealthCheck(u64),
    /// All members together.
    All,
}

/// What is remembered of each owner: of all that are there, and of the last [`GONE`] that went, as they can return.
#[derive(Debug, Default)]
pub(super) struct Members<V> {
    known: HashMap<Owner, Known<V>>,
    round: u64,
}

#[derive(Debug, Default)]
struct Known<V> {
    value: V,
    /// When it was there last.
    round: u64,
}

/// Those that return are few, and each takes some kilobytes.
const GONE: usize = 128;

impl<V: Default> Members<V> {
    pub(super) const fn begin(&mut self) {
        self.round += 1;
    }

    /// What is remembered of `owner`, who is there.
    pub(super) fn of(&mut self, owner: Owner) -> &mut V {
        let known = self.known.entry(owner).or_default();
        known.round = self.round;
        &mut known.value
    }

    /// Keeps the last [`GONE`] of those that were not there since [`Members::begin`].
    pub(super) fn end(&mut self) {
        let gone = self.known.iter().filter(|(_, known)| known.round != self.round);
        let mut gone: Vec<_> = gone.map(|(owner, known)| (known.round, *owner)).collect();
        if let Some(too_many) = gone.len().checked_sub(GONE) {
            gone.sort_unstable_by_key(|(round, _)| *round);
            for (_, owner) in &gone[..too_many] {
                self.known.remove(owner);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w43_those_that_went_longest_ago_are_forgotten_and_nobody_that_is_there() {
        let mut members = Members::<u64>::default();
        let staying = 7;
        let mut round = |there: std::ops::Range<u64>| {
            members.begin();
            for seed in there.chain(5_000..5_000 + staying) {
                *members.of(Owner::Breaker(seed)) += 1;
            }
            members.end();
            members.len() as u64
        };
        let gone = GONE as u64;
        assert_eq!(round(0..gone), gone + staying);
        assert_eq!(round(0..0), gone + staying, "all of them can still return");
        assert_eq!(round(1_000..1_003), gone + staying + 3);
        assert_eq!(round(0..0), gone + staying, "three of the first went for them");
        assert_eq!(round(1_000..1_000 + 2 * gone), 2 * gone + gone - 3 + staying);
        assert_eq!(round(0..0), gone + staying);
        // Those that stayed were never forgotten, those that came back after many others were.
        assert_eq!(*members.of(Owner::Breaker(5_000)), 6);
        assert_eq!(*members.of(Owner::Breaker(0)), 0);
    }
}
