//! Peers that do not answer, or are never ready.

use crate::{Id, peers};
use buttress::{BoxError, clock};
use buttress_reputation::router::PeerRouter;
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use support::paused;
use tokio::time::{sleep, timeout};
use tower::{Service, ServiceExt};

/// A peer that answers after 10 ms, as long as it does.
#[derive(Clone, Default)]
struct Node(Arc<State>);

#[derive(Default)]
struct State {
    calls: AtomicUsize,
    hangs: AtomicBool,
    is_never_ready: AtomicBool,
}

impl Node {
    fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }

    fn hangs(&self) -> bool {
        self.0.hangs.load(Ordering::Relaxed)
    }
}

impl Service<()> for Node {
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.0.is_never_ready.load(Ordering::Relaxed) { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn call(&mut self, (): ()) -> Self::Future {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        let hangs = self.hangs();
        Box::pin(async move {
            sleep(Duration::from_millis(10)).await;
            if hangs { pending().await } else { Ok(()) }
        })
    }
}

const IDS: [Id; 5] = ["a", "b", "c", "d", "e"];

/// 300 calls a second for so long, each by a caller who waits a second for the router and the call; how many were answered.
async fn load<S>(router: &PeerRouter<Id, S>, seconds: u32) -> usize
where
    PeerRouter<Id, S>: Service<(), Response = (), Error = BoxError, Future: Send> + Clone + Send + 'static,
{
    let mut calls = Vec::new();
    let began = clock::now();
    for call in 0..300 * seconds {
        sleep((began + Duration::from_secs(1) * call / 300).since(clock::now())).await;
        let router = router.clone();
        calls.push(tokio::spawn(timeout(Duration::from_secs(1), router.oneshot(()))));
    }
    let mut answered = 0;
    for call in calls {
        answered += usize::from(matches!(call.await.unwrap(), Ok(Ok(_))));
    }
    answered
}

#[test]
fn g3_a_peer_that_stops_answering_is_found_out_by_callers_who_only_wait_for_the_router() {
    paused(async {
        let nodes: [Node; 5] = Default::default();
        let router = PeerRouter::new(peers(IDS.into_iter().zip(nodes.iter().cloned())));
        assert_eq!(load(&router, 12).await, 3600);
        nodes[0].0.hangs.store(true, Ordering::Relaxed);
        load(&router, 5).await;
        let before = nodes[0].calls();
        let answered = load(&router, 20).await;
        let share = nodes[0].calls() - before;
        assert!(share * 100 <= 6000 * 3, "{share} of 6000 went to the one that never answers");
        assert!(answered * 100 >= 6000 * 96, "{answered} of 6000");
    });
}

#[test]
fn g3_who_gives_up_says_how_long_it_takes_at_least_and_who_keeps_a_peer_says_nothing() {
    paused(async {
        let selection = peers([("a", Node::default())]);
        let ledger = selection.ledger();
        let takes = || ledger.appraise(&"a").and_then(|appraisal| appraisal.takes);
        let mut router = PeerRouter::new(selection.clone());
        router.ready().await.unwrap();
        sleep(Duration::from_secs(9)).await;
        drop(router);
        assert_eq!(takes(), None, "the peer was ready all the time");
        for seconds in [1, 2] {
            let permit = ledger.admit(&"a").unwrap();
            sleep(Duration::from_secs(seconds)).await;
            drop(permit);
            assert_eq!(takes(), Some(Duration::from_secs(seconds)));
        }
        let picked = selection.pick().unwrap();
        sleep(Duration::from_secs(4)).await;
        drop(picked);
        assert_eq!(takes(), Some(Duration::from_secs(4)));
    });
}

#[test]
fn g3_peers_that_are_never_ready_take_nobody_with_them() {
    paused(async {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        let nodes: [Node; 10] = Default::default();
        for node in &nodes[5..] {
            node.0.is_never_ready.store(true, Ordering::Relaxed);
        }
        let router = PeerRouter::new(peers(names.into_iter().zip(nodes.iter().cloned())));
        assert_eq!(load(&router, 10).await, 3000, "each call finds one that is ready");
    });
}
