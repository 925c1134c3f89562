//! Retries are a share of the requests, whoever makes them.

use crate::script::{Peer, REFUSED, attempts, secs};
use buttress::retry::budget::{self, Budget};
use buttress::retry::{GiveUp, Handle, RetryLayer};
use std::time::Duration;
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt};

/// A tenth of the requests, and none besides.
fn tenth() -> Budget {
    Budget::new(budget::Config::new(0.1, 0.0, secs(10)).unwrap())
}

#[tokio::test(start_paused = true)]
async fn e2_one_deposit_per_request_whatever_its_attempts_and_layers() {
    let budget = Budget::default();
    let [outer, inner] =
        ["outer", "inner"].map(|name| Handle::with_budget(name, attempts(3), budget.clone()));
    let peer = Peer::always(REFUSED);
    let beneath = RetryLayer::from_handle(inner.clone()).layer(peer.clone());
    let mut service = RetryLayer::from_handle(outer.clone()).layer(beneath);
    service.ready().await.unwrap().call(7).await.unwrap_err();
    let spent = budget.snapshot();
    assert_eq!((spent.deposits, spent.withdrawn), (Some(1), 2));
    assert_eq!(peer.calls(), 3, "not nine");
    assert_eq!((outer.totals().retries(), inner.totals().retries()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn e2_w13_when_everything_fails_retries_are_the_share_that_was_set() {
    let budget = tenth();
    let handle = Handle::with_budget("orders", attempts(3), budget.clone());
    let peer = Peer::always(REFUSED);
    let service = RetryLayer::from_handle(handle.clone()).layer(peer.clone());
    for _ in 0..1_000 {
        let mut service = service.clone();
        tokio::spawn(async move { service.ready().await.unwrap().call(7).await });
        advance(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(secs(60)).await;
    assert_eq!(peer.calls(), 1_000 + 100, "a tenth more than calls");
    let totals = handle.totals();
    assert_eq!((totals.failures(), totals.retries()), (1_000, 100));
    assert_eq!(totals.gave_up(GiveUp::Budget) + totals.gave_up(GiveUp::Attempts), 1_000);
    assert_eq!(totals.gave_up(GiveUp::Budget), budget.snapshot().refused);
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_ends_the_call_at_once_with_its_last_error() {
    let handle = Handle::with_budget("orders", attempts(3), tenth());
    let peer = Peer::always(REFUSED);
    let start = buttress::clock::now();
    let error = RetryLayer::from_handle(handle.clone()).layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!(error.to_string(), "the peer is down");
    assert_eq!((buttress::clock::now(), peer.calls()), (start, 1));
    assert_eq!(handle.totals().gave_up(GiveUp::Budget), 1);
}

#[tokio::test(start_paused = true)]
async fn layers_that_share_a_budget_spend_from_it_together() {
    let budget = Budget::new(budget::Config::new(0.0, 0.3, secs(10)).unwrap());
    let [orders, stock] =
        ["orders", "stock"].map(|name| Handle::with_budget(name, attempts(3), budget.clone()));
    let peer = Peer::always(REFUSED);
    RetryLayer::from_handle(orders.clone()).layer(peer.clone()).oneshot(7).await.unwrap_err();
    RetryLayer::from_handle(stock.clone()).layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!((orders.totals().retries(), stock.totals().retries()), (2, 1));
    assert_eq!(stock.totals().gave_up(GiveUp::Budget), 1);
    assert_eq!((budget.snapshot().balance, budget.snapshot().deposits), (0, Some(2)));
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_every_call_has_all_its_attempts() {
    let handle = Handle::without_budget("migration", attempts(50));
    let peer = Peer::always(REFUSED);
    RetryLayer::from_handle(handle.clone()).layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert_eq!((peer.calls(), handle.budget().is_none()), (50, true));
    // By default there is one, with ten retries in reserve.
    let handle = Handle::new("migration", attempts(50));
    let peer = Peer::always(REFUSED);
    let retry = RetryLayer::from_handle(handle.clone()).retry_if(|_: Result<&u32, &std::io::Error>| true);
    retry.layer(peer.clone()).oneshot(7).await.unwrap_err();
    assert!((10..50).contains(&peer.calls()), "{}", peer.calls());
    assert_eq!(handle.totals().gave_up(GiveUp::Budget), 1);
}

#[tokio::test(start_paused = true)]
async fn b7_each_handle_counts_its_own_calls_also_where_one_lends_its_budget() {
    let owner = Handle::new("orders", attempts(3));
    let guest = Handle::with_budget("stock", attempts(3), owner.budget().unwrap().clone());
    let (up, down) = (Peer::default(), Peer::always(REFUSED));
    for (handle, calls) in [(&owner, 3), (&guest, 5)] {
        for _ in 0..calls {
            RetryLayer::from_handle(handle.clone()).layer(up.clone()).oneshot(7).await.unwrap();
        }
        RetryLayer::from_handle(handle.clone()).layer(down.clone()).oneshot(7).await.unwrap_err();
        drop(RetryLayer::from_handle(handle.clone()).layer(up.clone()).call(7));
    }
    for (handle, succeeded) in [(&owner, 3), (&guest, 5)] {
        let totals = handle.totals();
        assert_eq!((totals.successes(), totals.failures(), totals.cancelled), (succeeded, 1, 1));
        assert_eq!(totals.attempts()[..3], [succeeded + 2, 1, 1]);
        assert_eq!(handle.snapshot().budget.unwrap().deposits, Some(12));
    }
}

#[test]
fn b7_successes_are_exact_beside_failures_and_never_shown_too_many_or_fewer_than_before() {
    const CALLS: u64 = 200_000;
    let handle = Handle::new("orders", attempts(1));
    let call = |fails: bool| handle.run_blocking(|_| if fails { Err("down") } else { Ok(7) });
    std::thread::scope(|scope| {
        let calls = || {
            (0..CALLS).for_each(|number| {
                let _ = call(number % 2 == 0);
            });
        };
        let callers = [scope.spawn(calls), scope.spawn(calls)];
        let mut last = 0;
        while !callers.iter().all(|caller| caller.is_finished()) {
            let successes = handle.totals().successes();
            assert!((last..=CALLS).contains(&successes), "{successes} after {last}");
            last = successes;
        }
    });
    let totals = handle.totals();
    assert_eq!((totals.successes(), totals.failures(), totals.attempts()[0]), (CALLS, CALLS, 2 * CALLS));
}
