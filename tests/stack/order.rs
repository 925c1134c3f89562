//! The order of the layers, as seen from outside.

use crate::peer::{Act, Peer};
use buttress::circuit_breaker::{self, State};
use buttress::fallback::AnyError;
use buttress::rate_limit::{self, Rate};
use buttress::{FallbackLayer, Reason, Rejected, Stack, bulkhead, operation, presets, retry, timeout};
use std::time::Duration;
use tower::{Layer, Service, ServiceExt};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// So many attempts, one right after the other.
fn attempts(name: &str, attempts: u32) -> retry::Handle {
    let config = retry::Config::builder().attempts(attempts).fixed(Duration::ZERO).build().unwrap();
    retry::Handle::without_budget(name, config)
}

/// Opens at so many failures in a row, for a minute.
fn breaker(name: &str, failures: u16) -> circuit_breaker::Handle {
    let config = circuit_breaker::Config::builder().no_rules().consecutive_failures(failures);
    circuit_breaker::Handle::new(name, config.open_for(secs(60)).build().unwrap())
}

fn rate(a_second: u64, burst: u32) -> rate_limit::Config {
    rate_limit::Config::new(Rate::per_second(a_second).unwrap(), burst).unwrap()
}

/// How many failures on the wire it takes until the breaker is open.
async fn wire_attempts_until_open(stack: &Stack, handle: &circuit_breaker::Handle) -> usize {
    let peer = Peer::new(&[Act::Fail]);
    let mut service = stack.layer(peer.service());
    while handle.state() == State::Closed {
        assert!(service.ready().await.unwrap().call(1).await.is_err());
    }
    let sent = peer.calls().len();
    // From now on nothing is sent, not even once.
    let error = service.ready().await.unwrap().call(1).await.unwrap_err();
    assert_eq!(Rejected::find(&*error).unwrap().reason(), Reason::Open);
    assert_eq!(peer.calls().len(), sent);
    sent
}

#[tokio::test(start_paused = true)]
async fn c14_s1_30_a_breaker_outside_counts_exhausted_loops() {
    let outside = breaker("outside", 2);
    let stack = Stack::new("c14").circuit_breaker_outside(outside.clone()).retry(attempts("c14", 3));
    assert_eq!(wire_attempts_until_open(&stack, &outside).await, 6);
    assert_eq!(outside.snapshot().totals.failures, 2);
}

#[tokio::test(start_paused = true)]
async fn c14_a_breaker_per_attempt_counts_attempts() {
    let each = breaker("each", 2);
    let stack = Stack::new("c14").circuit_breaker(each.clone()).retry(attempts("c14", 3));
    assert_eq!(wire_attempts_until_open(&stack, &each).await, 2);
}

#[tokio::test(start_paused = true)]
async fn c14_what_an_open_breaker_refuses_is_not_tried_again() {
    for outside in [false, true] {
        let (handle, retry) = (breaker("open", 2), attempts("open", 3));
        let stack = Stack::new("c14").retry(retry.clone());
        let stack = if outside {
            stack.circuit_breaker_outside(handle.clone())
        } else {
            stack.circuit_breaker(handle.clone())
        };
        handle.force_open();
        let peer = Peer::new(&[Act::Answer]);
        let error = stack.layer(peer.service()).oneshot(1).await.unwrap_err();
        assert!(!Rejected::find(&*error).unwrap().was_sent());
        assert_eq!((peer.calls().len(), retry.totals().retries()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn s0_46_the_breaker_is_around_the_retries() {
    let circuit = breaker("s0", 5);
    let stack = Stack::new("s0").circuit_breaker_outside(circuit.clone()).retry(attempts("s0", 3));
    let peer = Peer::new(&[Act::Fail, Act::Fail, Act::Answer]);
    assert_eq!(stack.layer(peer.service()).oneshot(1).await.unwrap(), 2);
    assert_eq!(peer.calls().len(), 3);
    // The failures stayed beneath it.
    assert_eq!((circuit.snapshot().totals.failures, circuit.snapshot().totals.successes), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn s2_13_the_breaker_is_around_the_retries_and_these_around_the_limit_of_an_attempt() {
    let (circuit, limit) = (breaker("s2", 5), timeout::Handle::new("s2", secs(1)));
    let stack = Stack::new("s2")
        .circuit_breaker_outside(circuit.clone())
        .retry(attempts("s2", 3))
        .timeout(limit.clone());
    let peer = Peer::new(&[Act::Hang]);
    let error = stack.layer(peer.service()).oneshot(1).await.unwrap_err();
    assert_eq!(Rejected::find(&*error).unwrap().layer(), "timeout");
    assert_eq!(peer.calls(), [secs(0), secs(1), secs(2)]);
    assert_eq!(limit.snapshot().timed_out, 3);
    assert_eq!(circuit.snapshot().totals.failures, 1);
}

#[tokio::test(start_paused = true)]
async fn c19_one_limit_for_all_attempts_and_one_for_each() {
    let peer = Peer::new(&[Act::Hang]);
    let each = breaker("c19", 5);
    let stack = Stack::new("c19").deadline(secs(10)).retry(attempts("c19", 5)).circuit_breaker(each.clone());
    let stack = stack.timeout(secs(4));
    let error = stack.layer(peer.service()).oneshot(1).await.unwrap_err();
    // The third attempt has the two seconds that are left.
    assert_eq!(peer.calls(), [secs(0), secs(4), secs(8)]);
    assert_eq!(peer.now(), secs(10));
    assert!(Rejected::find(&*error).unwrap().was_sent());
    // Only the limit over all.
    let peer = Peer::new(&[Act::Hang]);
    let error = stack.timeout(None::<Duration>).layer(peer.service()).oneshot(1).await.unwrap_err();
    assert_eq!((peer.calls(), peer.now()), (vec![secs(0)], secs(10)));
    assert_eq!(Rejected::find(&*error).unwrap().layer(), "deadline");
}

#[tokio::test(start_paused = true)]
async fn s2_25_c19_a_breaker_outside_counts_a_call_whose_deadline_is_over() {
    let circuit = breaker("s2", 1);
    let stack =
        Stack::new("s2").circuit_breaker_outside(circuit.clone()).deadline(secs(10)).retry(attempts("s2", 3));
    assert!(stack.layer(Peer::new(&[Act::Hang]).service()).oneshot(1).await.is_err());
    assert_eq!(circuit.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn the_operation_sees_calls_and_not_attempts() {
    let charge = operation::Handle::new("charge", "payments");
    let each = breaker("charge", 5);
    let stack = Stack::new("payments")
        .operation(charge.clone())
        .retry(attempts("charge", 3))
        .circuit_breaker(each.clone());
    let peer = Peer::new(&[Act::Fail, Act::Answer]);
    assert_eq!(stack.layer(peer.service()).oneshot(1).await.unwrap(), 2);
    assert_eq!((charge.totals().successes, charge.totals().failures), (1, 0));
    assert_eq!(each.snapshot().totals.failures, 1);
    each.force_open();
    assert!(stack.layer(peer.service()).oneshot(1).await.is_err());
    assert_eq!((charge.totals().ignored, charge.totals().failures), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_fallback_is_around_the_deadline_and_the_operation_around_it() {
    let quote = operation::Handle::new("quote", "prices");
    let outside = breaker("quote", 5);
    let stack = Stack::new("prices")
        .operation(quote.clone())
        .fallback(FallbackLayer::value(7_u32).when(AnyError))
        .circuit_breaker_outside(outside.clone())
        .deadline(secs(2))
        .retry(attempts("quote", 9))
        .timeout(secs(1));
    let peer = Peer::new(&[Act::Hang]);
    assert_eq!(stack.layer(peer.service()).oneshot(1).await.unwrap(), 7);
    assert_eq!((peer.calls().len(), peer.now()), (2, secs(2)));
    // What is inside of the fallback has seen the failure, and what is outside an answer.
    assert_eq!(outside.snapshot().totals.failures, 1);
    assert_eq!((quote.totals().successes, quote.totals().failures), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stack_says_its_order_and_its_numbers() {
    let stack = Stack::new("orders")
        .preset(&presets::default())
        .operation("submit")
        .fallback(FallbackLayer::value(0_u32))
        .rate_limit(rate(100, 10))
        .rate_wait(secs(2))
        .circuit_breaker_outside(presets::walgit::sui().circuit_breaker);
    assert_eq!(stack.to_string(), stack.explain());
    let lines = stack.explain();
    let lines: Vec<_> = lines.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            r#"stack "orders", outermost first:"#,
            r#"operation "submit" of "orders""#,
            r#"fallback "orders""#,
            r#"circuit_breaker "orders", around all attempts: opens at 5 failures in a row, for 30s, closes at 2 successes"#,
            r#"deadline "orders": 30s for all attempts"#,
            r#"retry "orders": 3 attempts, waits of 50ms and 2 times as long each time, full jitter, at most 2s, with a budget"#,
            r#"rate_limit "orders": 100/s, 10 at once, waits for up to 2s"#,
            r#"circuit_breaker "orders", before each attempt: opens at 5 failures in a row (20 when busy) or 50.0 % of at least 10 calls in 10s failed, for 1s up to 60s, closes at 3 successes"#,
            r#"bulkhead "orders": 10 to 1000, as the peer bears it, at a time, 100 wait for up to 1s"#,
            r#"timeout "orders": 5s for each attempt"#,
        ]
    );
    let fixed = |queue| bulkhead::Config::builder().queue(queue).max_wait(None).build().unwrap();
    for (queue, words) in [(7, "7 wait"), (0, "none waits")] {
        let told = Stack::new("fixed").bulkhead(fixed(queue)).explain();
        assert_eq!(told.lines().last(), Some(&*format!(r#"  bulkhead "fixed": 100 at a time, {words}"#)));
    }
    assert_eq!(
        Stack::new("none").explain(),
        "stack \"none\", outermost first:\n  nothing, as every part is off"
    );
}
