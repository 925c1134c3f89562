//! What DWCP's manager and client do, each as the stack that it becomes.

use buttress::circuit_breaker::{self, State};
use buttress::presets::{self, Places};
use buttress::rate_limit::{self, Rate};
use buttress::registry::Registry;
use buttress::{Reason, Rejected, Stack, bulkhead, operation, retry};
use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn reason<T>(result: Result<T, buttress::BoxError>) -> Reason {
    Rejected::find(&*result.err().unwrap()).unwrap().reason()
}

#[test]
fn s2_64_s2_72_s2_97_the_numbers_of_all_protections() {
    let all = presets::dwcp::all();
    let limit = all.rate_limit.unwrap();
    assert_eq!((limit.rate(), limit.burst()), (Rate::per_second(1_000).unwrap(), 100));
    let Some(Places::Fixed(places)) = all.bulkhead else { panic!("they are fixed") };
    assert_eq!((places.max_concurrent(), places.queue(), places.max_wait()), (100, 50, Some(secs(5))));
    assert_eq!(all.circuit_breaker, presets::dwcp::default().circuit_breaker);
    assert_eq!((all.retry, all.deadline), (presets::dwcp::default().retry, Some(secs(30))));
}

#[tokio::test(start_paused = true)]
async fn s2_12_one_call_with_all_protections() {
    let registry = Registry::new();
    let stack = Stack::new("orders").preset(&presets::dwcp::all()).operation("submit");
    let stack = stack.register(&registry).unwrap();
    let (limit, places) =
        (registry.get::<rate_limit::Handle>("orders"), registry.get::<bulkhead::Handle>("orders"));
    let (limit, places) = (limit.unwrap(), places.unwrap());
    let sent = Arc::new(AtomicU32::new(0));
    let submit = || {
        let (sent, places) = (sent.clone(), places.clone());
        async move {
            assert_eq!(places.in_flight(), 1);
            if sent.fetch_add(1, SeqCst) == 0 { Err(Error::from(ErrorKind::ConnectionReset)) } else { Ok(42) }
        }
    };
    assert_eq!(stack.run(submit).await.unwrap(), 42);
    // Each attempt took a token and a place, and one call succeeded.
    assert_eq!((sent.load(SeqCst), limit.snapshot().admitted), (2, 2));
    assert_eq!((places.snapshot().completed, places.in_flight()), (2, 0));
    let breaker = registry.get::<circuit_breaker::Handle>("orders").unwrap();
    assert_eq!((breaker.snapshot().totals.successes, breaker.snapshot().totals.failures), (1, 0));
    assert_eq!(registry.get::<operation::Handle>("orders.submit").unwrap().totals().successes, 1);
    assert_eq!(registry.get::<retry::Handle>("orders").unwrap().totals().retries(), 1);
}

#[tokio::test(start_paused = true)]
async fn s2_12_s2_66_s2_74_each_protection_refuses_under_its_name() {
    let preset = presets::dwcp::all();
    let run = async |stack: &Stack| stack.run(async || Ok::<_, Error>(())).await;
    let limit = rate_limit::Handle::new("messages", preset.rate_limit.unwrap());
    let Some(Places::Fixed(places)) = preset.bulkhead else { panic!("they are fixed") };
    let places = bulkhead::Handle::new("connections", places);
    let breaker = circuit_breaker::Handle::new("send", preset.circuit_breaker.unwrap());
    let stack = Stack::new("orders").preset(&preset).rate_limit(limit.clone()).bulkhead(places.clone());
    let stack = stack.circuit_breaker_outside(breaker.clone());
    run(&stack).await.unwrap();

    limit.pause(secs(1));
    assert_eq!(reason(run(&stack).await), Reason::RateLimited);
    limit.reset();

    let held: Vec<_> = (0..100).map(|_| places.try_acquire().unwrap()).collect();
    let begun = buttress::clock::precise();
    let waiting: Vec<_> = (0..50).map(|_| tokio::spawn(stack.run(async || Ok::<_, Error>(())))).collect();
    tokio::task::yield_now().await;
    assert_eq!(places.queued(), 50);
    assert_eq!(reason(run(&stack).await), Reason::Full);
    for waiting in waiting {
        assert_eq!(reason(waiting.await.unwrap()), Reason::QueueTimedOut);
    }
    assert_eq!(buttress::clock::precise().since(begun), secs(5));
    drop(held);

    breaker.force_open();
    assert_eq!(reason(run(&stack).await), Reason::ForcedOpen);
    breaker.reset();
    run(&stack).await.unwrap();
    // What was not sent is no failure of the peer.
    assert_eq!((breaker.state(), breaker.snapshot().totals.failures), (State::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn s2_99_s2_106_s2_107_s2_108_s2_109_a_message_passes_through_the_named_instances() {
    let registry = Registry::new();
    let all = presets::dwcp::all();
    let places = bulkhead::presets::dwcp_connections();
    let messages = rate_limit::Handle::new("outbound-messages", rate_limit::presets::outbound_messages());
    let connections = bulkhead::Handle::new(bulkhead::presets::CONCURRENT_CONNECTIONS, places);
    let again = retry::Handle::new("network-retry", retry::presets::network());
    let sending = circuit_breaker::Handle::new("network-send", all.circuit_breaker.unwrap());
    let stack = Stack::new("network")
        .preset(&all)
        .circuit_breaker_outside(sending)
        .retry(again)
        .rate_limit(messages)
        .bulkhead(connections)
        .register(&registry)
        .unwrap();
    let sent = Arc::new(AtomicU32::new(0));
    let send = || {
        let sent = sent.clone();
        async move { if sent.fetch_add(1, SeqCst) == 0 { Err(Error::from(ErrorKind::TimedOut)) } else { Ok(()) } }
    };
    stack.run(send).await.unwrap();
    let status = registry.status();
    assert_eq!(status.circuit_breakers["network-send"].totals.successes, 1);
    assert_eq!(status.retries["network-retry"].attempts[..2], [1, 1]);
    assert_eq!(registry.get::<rate_limit::Handle>("outbound-messages").unwrap().snapshot().admitted, 2);
    assert_eq!(registry.get::<bulkhead::Handle>("concurrent-connections").unwrap().snapshot().completed, 2);
}
