//! Peers that somebody else finds.

use crate::{Id, accounts, peers};
use buttress::{BoxError, Rejected};
use buttress_reputation::router::PeerRouter;
use buttress_reputation::router::discover::State;
use futures_core::Stream;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use support::{Plan, Probe, Readiness, Task, WakeCount, paused, poll_ready, ready};
use tower::Service;
use tower::discover::Change;

type News = Result<Change<Id, Probe>, io::Error>;

/// Whatever the test says, one by one.
#[derive(Clone, Default)]
struct Found(Arc<Mutex<Inbox>>);

#[derive(Default)]
struct Inbox {
    news: VecDeque<Option<News>>,
    asked: usize,
    waker: Option<Waker>,
}

impl Found {
    fn say(&self, news: impl IntoIterator<Item = Option<News>>) {
        let mut inbox = self.0.lock().unwrap();
        inbox.news.extend(news);
        if let Some(waker) = inbox.waker.take() {
            waker.wake();
        }
    }

    fn comes(&self, id: Id, probe: &Probe) {
        self.say([Some(Ok(Change::Insert(id, probe.clone())))]);
    }

    fn goes(&self, id: Id) {
        self.say([Some(Ok(Change::Remove(id)))]);
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }
}

impl Stream for Found {
    type Item = News;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<News>> {
        let mut inbox = self.0.lock().unwrap();
        inbox.asked += 1;
        match inbox.news.pop_front() {
            Some(news) => Poll::Ready(news),
            None => {
                inbox.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

fn router(found: &Found) -> PeerRouter<Id, Probe> {
    PeerRouter::new(peers([])).discover(found.clone())
}

async fn call(router: &mut PeerRouter<Id, Probe>) -> Result<&'static str, BoxError> {
    assert!(poll_ready::<Plan, _>(router).is_ready());
    router.call(Plan::OK).await
}

#[test]
fn peers_come_and_go_as_they_are_found() {
    paused(async {
        let (found, probe) = (Found::default(), Probe::default());
        let mut router = router(&found);
        assert!(call(&mut router).await.is_err(), "nobody has been found");
        found.comes("a", &probe);
        call(&mut router).await.unwrap();
        // Found again, with a service that has taken its place.
        let newer = Probe::default();
        found.comes("a", &newer);
        call(&mut router.clone()).await.unwrap();
        assert_eq!((probe.calls(), newer.calls()), (1, 1));
        found.goes("a");
        let error = call(&mut router).await.unwrap_err();
        assert!(Rejected::find(&*error).is_some());
        assert!(matches!(router.discovery().unwrap().state(), State::Running));
    });
}

#[test]
fn e10_a_peer_that_goes_finishes_its_calls_and_is_judged_by_them() {
    paused(async {
        let (found, probe) = (Found::default(), Probe::default());
        found.comes("a", &probe);
        let mut router = router(&found);
        ready(&mut router);
        let mut calls = [Plan::after(1), Plan { result: Plan::FAIL.result, ..Plan::after(1) }].map(|plan| {
            ready(&mut router);
            Task::new(router.call(plan))
        });
        assert!(calls.iter_mut().all(|call| call.poll().is_pending()));
        found.goes("a");
        assert!(call(&mut router).await.is_err());
        assert_eq!(calls.each_mut().map(|call| call.finish().is_ok()), [true, false]);
        assert_eq!(accounts(router.selection(), &["a"]), (1, 1, 0));
    });
}

#[test]
fn a8_a_flood_of_news_is_taken_in_parts_and_nobody_is_forgotten() {
    paused(async {
        let (found, probe) = (Found::default(), Probe::default());
        let names = (0..200).map(|number| &*Box::leak(number.to_string().into_boxed_str()));
        found.say(names.map(|id| Some(Ok(Change::Insert(id, probe.clone())))));
        let (count, waker) = WakeCount::new();
        let mut router = router(&found);
        let mut sizes = Vec::new();
        for _ in 0..5 {
            let _ = Service::<Plan>::poll_ready(&mut router, &mut Context::from_waker(&waker));
            sizes.push(router.selection().len());
        }
        assert_eq!(sizes, [64, 128, 192, 200, 200], "no call has to wait for all of them");
        assert_eq!(count.get(), 3, "who asks is woken while there is more");
    });
}

#[test]
fn where_it_ends_or_fails_the_peers_stay() {
    paused(async {
        for last in [None, Some(Err(io::Error::other("the directory is gone")))] {
            let fails = last.is_some();
            let (found, probe) = (Found::default(), Probe::default());
            found.comes("a", &probe);
            found.say([last]);
            found.goes("a");
            let mut router = router(&found);
            for _ in 0..3 {
                call(&mut router).await.unwrap();
            }
            assert_eq!(found.asked(), 2, "it is not asked again");
            match router.discovery().unwrap().state() {
                State::Ended => assert!(!fails),
                State::Failed(error) => {
                    assert_eq!((fails, &*error.to_string()), (true, "the directory is gone"))
                }
                state => panic!("{state:?}"),
            }
            assert_eq!(Arc::strong_count(&found.0), 1, "and let go");
        }
    });
}

#[test]
fn what_is_said_at_once_counts_in_the_order_in_which_it_is_said() {
    paused(async {
        let (found, [gone, older, newer]) = (Found::default(), std::array::from_fn(|_| Probe::default()));
        let insert = |id: Id, probe: &Probe| Some(Ok(Change::Insert(id, probe.clone())));
        let remove = |id: Id| Some(Ok(Change::Remove(id)));
        found.say([insert("a", &gone), insert("b", &gone), remove("a"), insert("c", &older), remove("b")]);
        found.say([insert("c", &newer), remove("d"), remove("b")]);
        let mut router = router(&found);
        call(&mut router).await.unwrap();
        assert_eq!((router.selection().keys(), newer.calls()), (vec!["c"], 1));
    });
}

struct Panics;

impl Stream for Panics {
    type Item = News;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<News>> {
        panic!("a bug")
    }
}

#[test]
fn b3_a_source_that_panics_has_failed_and_the_peers_stay() {
    paused(async {
        let probe = Probe::default();
        let mut router = PeerRouter::new(peers([("a", probe.clone())])).discover(Panics);
        for _ in 0..3 {
            assert!(
                support::caught(|| poll_ready::<Plan, _>(&mut router)).expect("no caller's fault").is_ready()
            );
            router.call(Plan::OK).await.unwrap();
        }
        assert!(matches!(router.discovery().unwrap().state(), State::Failed(_)));
        assert_eq!(probe.calls(), 3);
    });
}

#[test]
fn a8_who_waits_hears_of_what_is_found_though_another_asked_last() {
    paused(async {
        let (found, [a, b]) = (Found::default(), [Probe::default(), Probe::default()]);
        a.set_readiness(Readiness::Pending);
        found.comes("a", &a);
        let (mut waits, (count, waker)) = (router(&found), WakeCount::new());
        let poll = Service::<Plan>::poll_ready(&mut waits, &mut Context::from_waker(&waker));
        assert!(poll.is_pending());
        let mut other = waits.clone();
        assert!(poll_ready::<Plan, _>(&mut other).is_pending());
        drop(other);
        found.comes("b", &b);
        assert_eq!(count.get(), 1);
        call(&mut waits).await.unwrap();
        assert_eq!(b.calls(), 1);
    });
}
