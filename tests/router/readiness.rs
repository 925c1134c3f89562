//! Whom a call is made with: who is ready.

use crate::{Id, account, accounts, peers};
use buttress_reputation::router::PeerRouter;
use buttress_reputation::selection::Selection;
use std::task::{Context, Poll};
use support::{Plan, Probe, ProbeError, Readiness, WakeCount, paused, poll_ready, ready};
use tower::Service;

const IDS: [Id; 3] = ["a", "b", "c"];

fn probes<const N: usize>() -> [Probe; N] {
    std::array::from_fn(|_| Probe::default())
}

fn router(probes: &[Probe; 3]) -> (PeerRouter<Id, Probe>, Selection<Id, Probe>) {
    let selection = peers(IDS.into_iter().zip(probes.iter().cloned()));
    (PeerRouter::new(selection.clone()), selection)
}

/// How often each was asked whether it is ready, and how many of its instances are.
fn polls(probes: &[Probe]) -> usize {
    probes.iter().map(Probe::ready_polls).sum()
}

fn reserved(probes: &[Probe]) -> usize {
    probes.iter().map(Probe::reserved).sum()
}

#[test]
fn a1_a2_a3_a4_one_peer_is_picked_kept_and_given_back() {
    paused(async {
        let probes = probes();
        let (mut router, selection) = router(&probes);
        for _ in 0..10 {
            ready(&mut router);
        }
        assert_eq!((reserved(&probes), accounts(&selection, &IDS)), (1, (0, 0, 1)), "of one peer, one place");
        let clone = router.clone();
        assert_eq!((reserved(&probes), accounts(&selection, &IDS)), (1, (0, 0, 1)), "the clone has none");
        drop(router);
        assert_eq!((reserved(&probes), accounts(&selection, &IDS)), (0, (0, 0, 0)));
        drop(clone);
    });
}

#[test]
fn a1_a_call_goes_to_the_peer_that_is_ready() {
    paused(async {
        for good in 0..3 {
            let probes = probes();
            for (at, probe) in probes.iter().enumerate() {
                probe.set_readiness(if at == good { Readiness::Ready } else { Readiness::Pending });
            }
            let (mut router, selection) = router(&probes);
            for calls in 1..=20 {
                ready(&mut router);
                assert_eq!(accounts(&selection, &IDS).2, 1, "who was asked besides is let go");
                assert_eq!(router.call(Plan::OK).await.unwrap(), "ok");
                assert_eq!(account(&selection, IDS[good]), (calls, 0, 0));
            }
            assert_eq!((probes[good].calls(), probes[good].breaches()), (20, 0));
        }
    });
}

#[test]
fn a6_a8_the_first_that_becomes_ready_has_the_call_and_few_are_asked() {
    paused(async {
        let hundred: Vec<_> = (0..100).map(|_| Probe::default()).collect();
        for probe in &hundred {
            probe.set_readiness(Readiness::Pending);
        }
        let names: Vec<Id> =
            (0..100).map(|number| &*Box::leak(number.to_string().into_boxed_str())).collect();
        let selection = peers(names.iter().copied().zip(hundred.iter().cloned()));
        let mut router = PeerRouter::new(selection.clone());
        let ((first, first_waker), (last, last_waker)) = (WakeCount::new(), WakeCount::new());
        for waker in [&first_waker, &last_waker] {
            let poll = Service::<Plan>::poll_ready(&mut router, &mut Context::from_waker(waker));
            assert!(poll.is_pending());
        }
        assert_eq!(polls(&hundred), 6, "three of a hundred, twice");
        assert_eq!(accounts(&selection, &names).2, 3, "it waits for three");
        let lucky = hundred.iter().rposition(|probe| probe.ready_polls() > 0).expect("some were asked");
        hundred[lucky].set_readiness(Readiness::Ready);
        assert_eq!((first.get(), last.get()), (0, 1), "wakes of the first waker and of the last");
        ready(&mut router);
        assert_eq!((accounts(&selection, &names).2, account(&selection, names[lucky]).2), (1, 1));
        assert_eq!(router.call(Plan::OK).await.unwrap(), "ok");
        assert_eq!((hundred[lucky].calls(), reserved(&hundred)), (1, 0));
    });
}

#[test]
fn a5_e10_a_failure_of_readiness_is_its_peers_and_another_has_the_call() {
    paused(async {
        let probes = probes();
        probes[0].set_readiness(Readiness::Failed);
        probes[1].set_readiness(Readiness::Failed);
        let (mut router, selection) = router(&probes);
        for calls in 1..=3 {
            ready(&mut router);
            assert_eq!(router.call(Plan::OK).await.unwrap(), "ok");
            assert_eq!(account(&selection, "c"), (calls, 0, 0));
        }
        let (polls, failures) =
            (probes[0].ready_polls() + probes[1].ready_polls(), accounts(&selection, &["a", "b"]));
        assert_eq!(failures, (0, polls as u64, 0), "each is charged, and no call of its own is made up");
    });
}

#[test]
fn a5_where_nobody_becomes_ready_the_call_has_the_last_error() {
    paused(async {
        let probes = probes();
        for probe in &probes {
            probe.set_readiness(Readiness::Failed);
        }
        let (mut router, selection) = router(&probes);
        for _ in 0..3 {
            ready(&mut router);
        }
        assert_eq!(polls(&probes), 3, "each once, however often the router is asked");
        let error = router.call(Plan::OK).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ProbeError("readiness")), "as it is");
        assert_eq!(accounts(&selection, &IDS), (0, 6, 0), "the call asks each once more");
        for probe in &probes {
            probe.set_readiness(Readiness::Ready);
        }
        ready(&mut router);
        assert_eq!(router.call(Plan::OK).await.unwrap(), "ok", "the next call");
    });
}

#[test]
fn a1_what_is_ready_no_more_is_not_called() {
    paused(async {
        let probes = probes();
        let (mut router, selection) = router(&probes);
        ready(&mut router);
        for probe in &probes {
            probe.set_readiness(Readiness::Pending);
        }
        assert!(poll_ready::<Plan, _>(&mut router).is_pending());
        let other = probes.iter().position(|probe| probe.reserved() == 0).expect("one was reserved");
        probes[other].set_readiness(Readiness::Ready);
        ready(&mut router);
        assert_eq!((accounts(&selection, &IDS).2, account(&selection, IDS[other]).2), (1, 1));
        assert!(matches!(poll_ready::<Plan, _>(&mut router), Poll::Ready(Ok(()))));
    });
}
