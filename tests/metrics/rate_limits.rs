//! What moves the metrics of rate limits, and what they say.

use crate::page::Page;
use buttress::metrics::Exporter;
use buttress::rate_limit::{Config, Handle, Keyed, Rate, RateLimitLayer, presets};
use buttress::registry::Registry;
use buttress::{BoxError, DeadlineLayer};
use std::convert::Infallible;
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::time::Duration;
use support::Task;
use tower::{Layer, ServiceExt, service_fn};

/// Does to a rate limit, and to one per key, whatever can be done to it, and looks after each step.
pub(crate) async fn move_all(registry: &Registry, mut look: impl FnMut()) {
    let config = Config::new(Rate::per_minute(6).unwrap(), 2).unwrap();
    let limit = Handle::new("limit", config);
    let clients = Keyed::<u32>::with_capacity("clients", config, NonZeroUsize::new(8).unwrap());
    registry.add(limit.clone()).unwrap();
    registry.add(clients.clone()).unwrap();
    look();
    assert!(limit.try_acquire(3).is_err() && limit.try_acquire(2).is_ok() && limit.try_acquire(1).is_err());

    // One waits in vain, and one's deadline passes: the limit is lowered when they wait already.
    let answer = service_fn(async |(): ()| Ok::<_, Infallible>(()));
    let waiting = |max_wait| RateLimitLayer::from_handle(limit.clone()).wait(max_wait).layer(answer);
    limit.set_rate(Rate::per_second(1).unwrap()).unwrap();
    let mut in_vain = Task::new(waiting(Duration::from_secs(3)).oneshot(()));
    let hurried = DeadlineLayer::new(Duration::from_secs(4)).layer(waiting(Duration::MAX));
    let mut hurried = Task::new(hurried.oneshot(()));
    assert!(in_vain.poll().is_pending() && hurried.poll().is_pending());
    look();
    limit.set_rate(Rate::per_minute(1).unwrap()).unwrap();
    let ends: [Result<(), BoxError>; 2] = [
        poll_fn(|cx| in_vain.poll_with(cx.waker())).await,
        poll_fn(|cx| hurried.poll_with(cx.waker())).await,
    ];
    assert!(ends.iter().all(Result::is_err));

    // Keys come until there is no room, and all that have some are above their rate.
    for client in 0..40 {
        let _ = clients.try_acquire(&client, if client < 8 { 1 } else { 2 });
    }
    assert!(clients.try_acquire(&99, 2).is_err() && clients.try_acquire(&99, 3).is_err());
    look();
}

#[tokio::test(start_paused = true)]
async fn s2_71_what_a_limiter_admitted_and_rejected_and_its_rate_are_exported() {
    let limiter = Handle::adaptive("outbound", presets::dwcp_adaptive());
    let registry = Registry::new();
    registry.add(limiter.clone()).unwrap();
    let exporter = Exporter::new(registry);
    for _ in 0..3 {
        assert!(limiter.allow());
    }
    limiter.try_acquire(1_000).unwrap_err();
    limiter.try_acquire(1_001).unwrap_err();
    let read = |series: &str| Page::scrape(&exporter).get(&series.replace('}', r#"limiter="outbound"}"#));
    assert_eq!(read("rate_limiter_allowed_total{}").to_bits(), 3_f64.to_bits());
    let rejected = |reason| {
        let series = format!(r#"rate_limiter_rejected_total{{limiter="outbound",reason="{reason}"}}"#);
        Page::scrape(&exporter).get(&series).to_bits()
    };
    assert_eq!(["rate_limited", "too_large"].map(rejected), [1_f64.to_bits(); 2]);
    assert_eq!(read("rate_limiter_current_rate{}").to_bits(), 1_000_f64.to_bits());
    for _ in 0..50 {
        limiter.record_latency(Duration::from_secs(1));
    }
    assert_eq!(read("rate_limiter_current_rate{}").to_bits(), 900_f64.to_bits());
}
