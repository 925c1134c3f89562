//! Whom a call is made with: who is ready.

use crate::{Id, account, accounts, peers, peers_by};
use buttress::clock;
use buttress_reputation::router::PeerRouter;
use buttress_reputation::selection::Selection;
use buttress_reputation::{breaker, presets};
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;
use support::{Plan, Probe, ProbeError, Readiness, WakeCount, paused, poll_ready, ready};
use tokio::time::{advance, timeout};
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
        assert_eq!(polls(&probes), 4, "the call asks one of them once more, to say what is wrong");
        assert_eq!(accounts(&selection, &IDS), (0, 3, 0), "each is charged once");
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

#[test]
fn a8_who_waits_hears_of_peers_that_come_and_of_its_own_that_goes() {
    paused(async {
        let [a, b] = probes();
        a.set_readiness(Readiness::Pending);
        let selection = peers([("a", a.clone())]);
        let (count, waker) = WakeCount::new();
        let mut cx = Context::from_waker(&waker);
        let mut poll = |router: &mut _| Service::<Plan>::poll_ready(router, &mut cx).is_ready();

        let mut router = PeerRouter::new(selection.clone());
        assert!(!poll(&mut router));
        selection.insert("b", b);
        assert_eq!(count.get(), 1, "somebody has come");
        assert!(poll(&mut router));
        assert_eq!((account(&selection, "a").2, account(&selection, "b").2), (0, 1));

        let mut other = router.clone();
        drop(router);
        selection.remove(&"b");
        assert!(!poll(&mut other));
        let newer = Probe::default();
        selection.insert("a", newer.clone());
        assert_eq!(count.get(), 2, "whom it waited for is another one now");
        assert!(poll(&mut other));
        assert_eq!(newer.reserved(), 1);
        drop(other);

        newer.set_readiness(Readiness::Pending);
        let mut last = PeerRouter::new(selection.clone());
        assert!(!poll(&mut last));
        selection.remove(&"a");
        assert_eq!(count.get(), 3, "there is nobody left to wait for");
        assert!(poll(&mut last), "so the call is refused");
        assert!(last.call(Plan::OK).await.is_err());
    });
}

#[test]
fn a8_who_waits_long_asks_all_in_turn_and_waits_for_few_at_once() {
    paused(async {
        let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let probes: [Probe; 8] = probes();
        for probe in &probes {
            probe.set_readiness(Readiness::Pending);
        }
        let selection = peers(ids.into_iter().zip(probes.iter().cloned()));
        let mut router = PeerRouter::new(selection.clone());
        for (millis, waits_for) in [(0, 3), (100, 4), (200, 5), (400, 6), (800, 6), (1600, 6)] {
            advance(Duration::from_millis(millis)).await;
            assert!(poll_ready::<Plan, _>(&mut router).is_pending());
            assert_eq!(accounts(&selection, &ids).2, waits_for);
        }
        assert!(probes.iter().all(|probe| probe.ready_polls() > 0), "nobody is left out");
        for (id, probe) in ids.iter().zip(&probes).filter(|(id, _)| account(&selection, id).2 == 0) {
            probe.set_readiness(Readiness::Ready);
            assert!(poll_ready::<Plan, _>(&mut router).is_pending(), "{id} was given up");
        }
        advance(Duration::from_millis(3200)).await;
        ready(&mut router);
    });
}

#[test]
fn a8_who_waits_for_one_asks_another_when_that_may_be_asked() {
    paused(async {
        let [a, b] = probes();
        a.set_readiness(Readiness::Pending);
        let open_for = Duration::from_secs(5);
        let breaker = breaker::Config::builder().failure_threshold(1).open_for(open_for).jitter(0.0);
        let config = presets::router().to_builder().breaker(breaker.build().unwrap()).build().unwrap();
        let selection = peers_by(config, [("a", a), ("b", b)]);
        selection.ledger().record_failure(&"b");
        let began = clock::now();
        let mut router = PeerRouter::new(selection.clone());
        let mut polls = 0;
        let is_ready = poll_fn(|cx| {
            polls += 1;
            Service::<Plan>::poll_ready(&mut router, cx)
        });
        timeout(Duration::from_secs(60), is_ready).await.expect("one may be asked by now").unwrap();
        assert_eq!(router.call(Plan::OK).await.unwrap(), "ok");
        assert_eq!(clock::now().since(began).as_secs(), 5, "at the end of the open time");
        assert!(polls < 10, "and it was not busy until then: {polls}");
    });
}

#[test]
fn a1_what_was_kept_is_not_called_where_it_may_not_be_asked_any_more() {
    paused(async {
        type Speaks = fn(&Selection<Id, Probe>, Id);
        let left: Speaks = |peers, id| assert!(peers.remove(&id));
        let banned: Speaks = |peers, id| assert!(peers.ledger().ban(&id, "to see what happens", None));
        let open: Speaks = |peers, id| (0..300).for_each(|_| peers.ledger().record_failure(&id));
        for (speaks, is_asked_again) in [left, banned, open].into_iter().zip([true, false].repeat(3)) {
            let probes = probes();
            let (mut router, selection) = router(&probes);
            ready(&mut router);
            let kept = probes.iter().position(|probe| probe.reserved() == 1).expect("one was reserved");
            speaks(&selection, IDS[kept]);
            if is_asked_again {
                ready(&mut router);
                assert_eq!((probes[kept].reserved(), reserved(&probes)), (0, 1), "another one is kept");
            }
            assert_eq!(router.call(Plan::OK).await.unwrap(), "ok");
            assert_eq!(probes[kept].calls(), 0);
        }
    });
}
