//! Circuit breakers in a registry.

use super::handle::{Handle, LAYER};
use super::keyed::{Keyed, Sums};
use crate::clock;
use crate::key::Key;
use crate::observe::Listen;
use crate::registry::{
    Answer, Asked, BreakerStatus, Health, Held, KeyedStatus, Member, StateCounts, Status, Verdict, Verdicts,
};
use std::cmp::Reverse;
use std::sync::Arc;

impl Member for Handle {
    const KIND: &'static str = LAYER;
}

impl Held for Handle {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, _: usize) {
        let breaker = BreakerStatus::new(&self.explain()).with_durations(self.durations());
        status.health.judge(Self::KIND, self.name(), breaker.verdict, breaker.state);
        status.circuit_breakers.insert(self.name().to_owned(), breaker);
    }

    fn judge(&self, health: &mut Health) {
        health.judge(Self::KIND, self.name(), verdict(self), self.state());
    }

    fn reset(&self, _: Asked) -> Answer {
        self.reset();
        Answer::Reset
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.0.listen(listener);
    }
}

/// As in its status, from no more than that needs.
fn verdict(handle: &Handle) -> Verdict {
    let refuses = handle.0.machine.check(clock::precise()).is_err();
    Verdict::of_breaker(handle.state(), refuses)
}

impl<K: Key + ?Sized> Member for Keyed<K> {
    const KIND: &'static str = "keyed_circuit_breaker";
}

impl<K: Key + ?Sized> Held for Keyed<K> {
    fn name(&self) -> &'static str {
        self.name()
    }

    fn report(&self, status: &mut Status, keys: usize) {
        let handles = self.handles();
        let (mut states, mut verdicts) = (StateCounts::default(), Verdicts::default());
        let mut sums = Vec::with_capacity(handles.len());
        let mut by_failures = Vec::with_capacity(handles.len());
        for handle in &handles {
            let snapshot = handle.snapshot();
            sums.push(Sums { totals: snapshot.totals, opened: snapshot.opened });
            states.add(snapshot.state);
            verdicts.add(Verdict::of_snapshot(&snapshot));
            by_failures.push((Reverse(snapshot.totals.failures), handle.key().unwrap_or_default(), handle));
        }
        let overflow = BreakerStatus::new(&self.overflow().explain());
        let shared = Sums { totals: overflow.totals, opened: overflow.opened };
        // Only now, as what a call adds to a breaker after that went is not in the sums of those that are gone at once.
        let Sums { totals, opened } = self.group().sums(&handles, &sums).and(shared);
        if self.overflowed() > 0 {
            verdicts.add(overflow.verdict);
        }
        by_failures.sort_unstable_by_key(|(failures, key, _)| (*failures, *key));
        let top = by_failures.iter().take(keys);
        let keys = top.map(|(_, key, handle)| ((*key).to_owned(), BreakerStatus::new(&handle.explain())));
        let breakers = KeyedStatus {
            verdict: verdicts.verdict(),
            entries: handles.len(),
            capacity: self.capacity(),
            evicted: self.evicted(),
            overflowed: self.overflowed(),
            states,
            totals,
            opened,
            durations: self.durations(),
            keys: keys.collect(),
            overflow,
        };
        status.health.judge(Self::KIND, self.name(), breakers.verdict, &verdicts);
        status.keyed_circuit_breakers.insert(self.name().to_owned(), breakers);
    }

    fn judge(&self, health: &mut Health) {
        let mut verdicts = self.group().verdicts();
        if self.overflowed() > 0 {
            verdicts.add(verdict(self.overflow()));
        }
        health.judge(Self::KIND, self.name(), verdicts.verdict(), &verdicts);
    }

    fn reset(&self, _: Asked) -> Answer {
        self.reset();
        Answer::Reset
    }

    fn listen(&self, listener: Arc<dyn Listen>) {
        self.listen(listener);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;
    use crate::circuit_breaker::Config;

    #[test]
    fn f7_a_breaker_that_goes_while_all_are_added_up_counts_once() {
        let peers = Keyed::<str>::new("peers", Config::default());
        let succeed = |handle: &Handle| handle.acquire().unwrap().record(Outcome::Success, None);
        let stood = |handle: &Handle| Sums { totals: handle.snapshot().totals, opened: 0 };
        // As a report that had found these handles and then looked at each.
        let sum = |handles: &[Handle]| {
            let stood: Vec<_> = handles.iter().map(stood).collect();
            peers.group().sums(handles, &stood).totals.successes
        };
        succeed(&peers.of("a"));
        let handles = peers.handles();
        let before: Vec<_> = handles.iter().map(stood).collect();
        succeed(&handles[0]);
        let removed = peers.remove("a").unwrap();
        assert_eq!(
            peers.group().sums(&handles, &before).totals.successes,
            2,
            "it went after it was looked at"
        );
        assert_eq!((sum(&handles), sum(&peers.handles())), (2, 2));
        succeed(&removed);
        assert_eq!((sum(&handles), sum(&peers.handles())), (2, 2), "the later report never says less");
        drop((handles, removed));
        assert_eq!(sum(&[]), 3, "a call that ends after its breaker went is counted when that is dropped");
    }
}
