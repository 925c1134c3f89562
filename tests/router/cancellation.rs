//! Calls that are dropped, and that panic.

use crate::{Id, accounts, peers};
use buttress_reputation::router::{PeerRouter, Trail, Trailed};
use buttress_reputation::selection::Selection;
use support::{PanicAt, Plan, Probe, ProbeError, Readiness, Task, Trap, caught, paused, ready};
use tower::util::MapRequest;
use tower::{Service, ServiceExt};

const IDS: [Id; 3] = ["a", "b", "c"];

/// A plan that carries a trail.
#[derive(Clone)]
struct Sent(Plan, Option<Trail>);

impl Trailed for Sent {
    fn set_trail(&mut self, trail: Trail) {
        self.1 = Some(trail);
    }

    fn take_trail(&mut self) -> Option<Trail> {
        self.1.take()
    }
}

type Node = MapRequest<Probe, fn(Sent) -> Plan>;

fn set() -> ([Probe; 3], Selection<Id, Node>) {
    let probes: [Probe; 3] = std::array::from_fn(|_| Probe::default());
    let node = |probe: &Probe| probe.clone().map_request((|sent: Sent| sent.0) as fn(Sent) -> Plan);
    let selection = peers(IDS.into_iter().zip(probes.iter().map(node)));
    (probes, selection)
}

fn at_rest(probes: &[Probe], selection: &Selection<Id, Node>, when: &str) {
    for probe in probes {
        assert_eq!((probe.live(), probe.reserved(), probe.breaches()), (0, 0, 0), "{when}");
    }
    assert_eq!(accounts(selection, &IDS).2, 0, "{when}: calls are still under way");
}

/// A trail that has been at all of them, so that a call has to choose for itself.
async fn worn(router: &mut (impl Service<Sent, Error: std::fmt::Debug> + Clone)) -> Trail {
    let trail = Trail::new();
    for _ in 0..3 {
        let sent = Sent(Plan::FAIL, Some(trail.clone()));
        let _ = router.ready().await.unwrap().call(sent).await;
    }
    trail
}

#[test]
fn b1_b2_a_call_that_chooses_for_itself_can_be_dropped_at_any_point() {
    paused(async {
        for dropped_after in 0..6 {
            let (probes, selection) = set();
            let mut router = PeerRouter::new(selection.clone()).by_trail();
            let trail = worn(&mut router).await;
            let before = accounts(&selection, &IDS);
            assert_eq!(before, (0, 3, 0), "each attempt went elsewhere");
            ready(&mut router);
            for probe in &probes {
                probe.set_readiness(Readiness::Pending);
            }
            let mut call = Task::new(router.call(Sent(Plan::after(2), Some(trail))));
            for poll in 0..dropped_after {
                assert!(call.poll().is_pending());
                if poll == 1 {
                    assert_eq!(accounts(&selection, &IDS).2, 3, "it waits for all three");
                    for probe in &probes {
                        probe.set_readiness(Readiness::Ready);
                    }
                }
                if poll == 3 {
                    break;
                }
            }
            drop(call);
            at_rest(&probes, &selection, &format!("dropped after poll {dropped_after}"));
            assert_eq!(accounts(&selection, &IDS), before, "a dropped call says nothing");
            for probe in &probes {
                probe.set_readiness(Readiness::Ready);
            }
            ready(&mut router);
            assert!(router.call(Sent(Plan::OK, None)).await.is_ok());
        }
    });
}

#[test]
fn b3_a_panic_of_a_peer_or_a_classifier_costs_one_call() {
    paused(async {
        let (probes, selection) = set();
        let mut router = PeerRouter::new(selection.clone()).classify(Trap).by_trail();
        let trail = worn(&mut router.clone()).await;
        for place in [PanicAt::Call, PanicAt::Future, PanicAt::Classifier] {
            for trail in [None, Some(trail.clone())] {
                let before = accounts(&selection, &IDS);
                ready(&mut router);
                let sent = Sent(Plan::panic(place), trail);
                let ended = caught(|| Task::new(router.call(sent)).finish().is_ok());
                assert!(ended.is_err_and(|text| text.contains("planned")), "{place:?}: it is swallowed");
                at_rest(&probes, &selection, &format!("{place:?}"));
                assert_eq!(
                    accounts(&selection, &IDS),
                    before,
                    "{place:?}: nobody knows how it would have ended"
                );
                ready(&mut router);
                assert!(router.call(Sent(Plan::OK, None)).await.is_ok());
            }
        }
    });
}

/// Panics when it is asked whether it is ready.
#[derive(Clone)]
struct Unready;

impl Service<()> for Unready {
    type Response = ();
    type Error = ProbeError;
    type Future = std::future::Ready<Result<(), ProbeError>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), ProbeError>> {
        panic!("planned: it is not to be asked");
    }

    fn call(&mut self, (): ()) -> Self::Future {
        unreachable!("it is never ready");
    }
}

#[test]
fn b3_a_panic_in_readiness_leaves_nothing() {
    paused(async {
        let selection = peers([("a", Unready)]);
        let mut router = PeerRouter::new(selection.clone());
        for _ in 0..3 {
            caught(|| ready(&mut router)).unwrap_err();
            assert_eq!(accounts(&selection, &["a"]), (0, 0, 0));
        }
    });
}
