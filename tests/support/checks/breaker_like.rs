//! What makes a circuit breaker one, whoever wrote it.

use std::time::Duration;
use tokio::time::advance;

/// A breaker that follows tokio's clock. It opens at two failures in a row, and again at the first failure of a probe; it
/// closes when as many probes succeeded as may be out at once.
pub trait BreakerLike {
    /// An admission; dropped, it is cancelled.
    type Permit;
    /// How long it stays open.
    const OPEN_FOR: Duration;
    /// How many probes may be out when it is half-open.
    const PROBES: usize;

    /// May I call?
    fn admit(&self) -> Option<Self::Permit>;

    /// The call went well, or not.
    fn record(&self, permit: Self::Permit, success: bool);

    /// Whether it admits every call.
    fn is_closed(&self) -> bool;
}

/// Opens `breaker` and waits until probes are due.
async fn half_open<B: BreakerLike>(breaker: &B) {
    for _ in 0..2 {
        let permit = breaker.admit().expect("it is closed");
        breaker.record(permit, false);
    }
    assert!(breaker.admit().is_none(), "two failures in a row do not open it");
    advance(B::OPEN_FOR).await;
}

/// D2: half-open it admits as many probes as it says, no matter how many ask and how the earlier ones end.
pub fn probes_are_few<B: BreakerLike>(make: impl Fn() -> B) {
    crate::paused(async {
        let breaker = make();
        half_open(&breaker).await;
        let mut probes: Vec<_> = (0..1_000).filter_map(|_| breaker.admit()).collect();
        assert_eq!(probes.len(), B::PROBES, "probes that are out at once");
        for round in 0..100 {
            drop(probes.pop());
            probes.extend((0..10).filter_map(|_| breaker.admit()));
            assert_eq!(probes.len(), B::PROBES, "probes that are out after {round} others were cancelled");
        }
        let last = probes.pop().expect("it has probes");
        breaker.record(last, false);
        assert!(breaker.admit().is_none(), "a failed probe does not open it again");
        // Those of the last time are still out, and take no place of the next.
        advance(B::OPEN_FOR).await;
        let next: Vec<_> = (0..1_000).filter_map(|_| breaker.admit()).collect();
        assert_eq!(next.len(), B::PROBES, "probes of the second time");
        drop(probes);
        assert!(breaker.admit().is_none(), "old probes make room for new ones");
    });
}

/// D4: the result of a call that was admitted before the last change of state changes nothing.
pub fn old_results_change_nothing<B: BreakerLike>(make: impl Fn() -> B) {
    crate::paused(async {
        let breaker = make();
        let admit = || breaker.admit().expect("it admits");
        let (old_success, old_failures) = (admit(), [admit(), admit()]);
        half_open(&breaker).await;
        let probes: Vec<_> = (0..B::PROBES).map(|_| admit()).collect();
        breaker.record(old_success, true);
        all_must_succeed(&breaker, probes, "successes from before it opened");
        for failure in old_failures {
            breaker.record(failure, false);
        }
        assert!(breaker.is_closed(), "failures from before it opened open it once more");

        let old_failure = admit();
        half_open(&breaker).await;
        let probes: Vec<_> = (0..B::PROBES).map(|_| admit()).collect();
        breaker.record(old_failure, false);
        all_must_succeed(&breaker, probes, "failures from before it opened");

        half_open(&breaker).await;
        let mut old_probes: Vec<_> = (0..B::PROBES).map(|_| admit()).collect();
        breaker.record(old_probes.pop().expect("it has probes"), false);
        advance(B::OPEN_FOR).await;
        let probes: Vec<_> = (0..B::PROBES).map(|_| admit()).collect();
        for probe in old_probes {
            breaker.record(probe, true);
        }
        all_must_succeed(&breaker, probes, "probes of the time before");
    });
}

/// Lets the probes succeed: with the last of them `breaker` closes, and not before.
fn all_must_succeed<B: BreakerLike>(breaker: &B, probes: Vec<B::Permit>, others: &str) {
    for probe in probes {
        assert!(!breaker.is_closed(), "{others} close it");
        breaker.record(probe, true);
    }
    assert!(breaker.is_closed(), "{others} keep it from closing");
}
