//! What somebody goes by who has few peers and lets them take turns.

use super::Ledger;
use crate::{Score, clock};
use std::borrow::Borrow;
use std::hash::Hash;
use std::time::Duration;

/// How a peer compares with others, for somebody who has so few of them that each is looked at before one is asked. Of many,
/// a [selection](crate::selection) looks at two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appraisal {
    /// How long a call takes, as far as that is known: quick to grow and slow to forget. A failure is as bad as
    /// [`CostRules::failure_cost`](crate::CostRules::failure_cost) says, however quick, and a call that was given up takes at
    /// least as long as it was waited for.
    pub takes: Option<Duration>,
    /// Calls that are under way.
    pub in_flight: u32,
    /// What is thought of it.
    pub score: Score,
    /// How much of its share it is to get, from 0.1 for one that is new or [back](Ledger::recovered) to 1.
    pub warmth: f64,
    /// How long ago it was asked last, to 17 ms; `None` if never.
    pub idle: Option<Duration>,
}

impl<K> Ledger<K>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// How this peer compares with others; `None` of one of which nothing is known.
    #[must_use]
    pub fn appraise<Q>(&self, key: &Q) -> Option<Appraisal>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let record = self.record_of(key)?;
        let (peer, rules, now) = (&record.peer, self.rules(), clock::now());
        Some(Appraisal {
            takes: peer.takes(rules, now).map(|nanos| Duration::from_nanos(nanos as u64)),
            in_flight: peer.in_flight(),
            score: peer.score(rules, now),
            warmth: peer.warmth(rules, now),
            idle: peer.last_tried().map(|asked| now.since(asked)),
        })
    }

    /// This peer is back, as somebody knows who has a breaker of his own for it: what it cost is forgotten, and it warms up. Its
    /// score remains. Nothing happens to one of which nothing is known.
    pub fn recovered<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if let Some(record) = self.record_of(key) {
            record.peer.recover(clock::now());
        }
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use crate::{Config, FailureKind, Outcome, presets};

    const MS: Duration = Duration::from_millis(1);

    fn ledger() -> Ledger {
        Ledger::new("origins", presets::router())
    }

    #[test]
    fn what_a_call_takes_grows_by_what_is_slow_what_fails_and_what_was_given_up() {
        let ledger = ledger();
        let takes = || ledger.appraise("a").and_then(|appraisal| appraisal.takes);
        assert_eq!(ledger.appraise("a"), None, "to look makes no entry");
        ledger.admit("a").unwrap().record(Outcome::Cancelled, None);
        assert_eq!(takes(), None, "nobody said how long");
        ledger.admit("a").unwrap().succeeded(8 * MS);
        ledger.admit("a").unwrap().record(Outcome::Cancelled, MS);
        assert!(takes() <= Some(8 * MS), "it might have been quick");
        ledger.admit("a").unwrap().record(Outcome::Cancelled, 900 * MS);
        assert!(takes() > Some(800 * MS), "{:?}", takes());
        let failure = Config::default().cost().of_failure(None);
        ledger.admit("a").unwrap().failed(FailureKind::Response);
        assert!(takes() > Some(failure / 2), "{:?}", takes());
        let snapshot = ledger.peer("a").unwrap();
        assert_eq!(snapshot.failed_calls, 1, "who gives up blames nobody: {snapshot:?}");
        ledger.recovered("a");
        let appraisal = ledger.appraise("a").unwrap();
        assert_eq!((appraisal.takes, appraisal.in_flight), (None, 0));
        assert!(appraisal.warmth < 0.2 && appraisal.score == ledger.peer("a").unwrap().score);
    }

    #[test]
    fn what_is_under_way_is_seen() {
        let ledger = ledger();
        let permits = [ledger.admit("a").unwrap(), ledger.admit("a").unwrap()];
        let appraisal = ledger.appraise("a").unwrap();
        assert_eq!(appraisal.in_flight, 2);
        assert!(appraisal.idle < Some(Duration::from_secs(1)));
        drop(permits);
        assert_eq!(ledger.appraise("a").unwrap().in_flight, 0);
        assert_eq!(ledger.appraise("b"), None);
    }
}
