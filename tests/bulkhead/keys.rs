//! A bulkhead per key.

use crate::config;
use buttress::bulkhead::{BulkheadLayer, Keyed};
use buttress::registry::{Registry, Verdict};
use buttress::{BoxError, EventKind, Reason, Rejected};
use std::num::NonZeroUsize;
use support::Task;
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn one_tenant_that_hangs_takes_nothing_from_another() {
    let tenants = Keyed::<String>::new("tenants", config(2, 0));
    let registry = Registry::new();
    registry.add(tenants.clone()).unwrap();
    let find = |tenant: &&'static str| (*tenant != "nobody").then(|| (*tenant).to_owned());
    let service = BulkheadLayer::from_handle(tenants.clone().by(find)).layer(service_fn(
        async |tenant: &'static str| {
            if tenant == "slow" { std::future::pending().await } else { Ok::<_, BoxError>(()) }
        },
    ));
    let mut hang: Vec<_> = (0..2).map(|_| Task::new(service.clone().oneshot("slow"))).collect();
    hang.iter_mut().for_each(|call| assert!(call.poll().is_pending()));
    let error = service.clone().oneshot("slow").await.unwrap_err();
    assert_eq!(Rejected::find(&*error).unwrap().reason(), Reason::Full);
    for tenant in ["fast", "nobody"].repeat(10) {
        service.clone().oneshot(tenant).await.unwrap();
    }
    let status = registry.status();
    let keyed = &status.keyed_bulkheads["tenants"];
    assert_eq!((keyed.entries, keyed.in_flight, keyed.refused, keyed.verdict), (2, 2, 1, Verdict::Degraded));
    assert_eq!(keyed.keys["slow"].in_flight, 2);
    assert_eq!(
        status.health.to_string(),
        "degraded: keyed_bulkhead tenants is closed for 0 and full for 1 of 2 keys"
    );
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_keys_leaves_those_that_are_full_where_they_are() {
    let capacity = NonZeroUsize::new(1_000).unwrap();
    let clients = Keyed::<u64>::with_capacity("clients", config(1, 0), capacity);
    let greedy = clients.of(&u64::MAX).try_acquire().unwrap();
    for client in 0..100_000 {
        drop(clients.of(&client).try_acquire().unwrap());
    }
    assert!(clients.len() <= 1_000);
    assert!(clients.of(&u64::MAX).try_acquire().is_err(), "it lost its place, and its call with it");
    drop(greedy);
    assert!(clients.of(&u64::MAX).try_acquire().is_ok());
}

#[tokio::test(start_paused = true)]
async fn c1_f4_a_flood_of_keys_forgets_none_that_has_a_call_in_flight() {
    let capacity = NonZeroUsize::new(1_000).unwrap();
    let clients = Keyed::<u64>::with_capacity("clients", config(10, 0), capacity);
    let greedy: Vec<_> = (0..9).map(|_| clients.of(&u64::MAX).try_acquire().unwrap()).collect();
    // As many as there is room for, and then as many as share the overflow.
    let others: Vec<_> = (0..20_000).filter_map(|client| clients.of(&client).try_acquire().ok()).collect();
    let more: Vec<_> = std::iter::from_fn(|| clients.of(&u64::MAX).try_acquire().ok()).collect();
    assert_eq!(greedy.len() + more.len(), 10, "it stayed below its limit to begin anew");
    assert_eq!((clients.evicted(), clients.overflow().in_flight()), (0, 10));
    assert_eq!(others.len(), clients.len() - 1 + 10);
    drop((greedy, others, more));
    drop(clients.of(&20_000).try_acquire().unwrap());
    assert_eq!(clients.overflow().in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_who_listens_is_counted_for_all_keys() {
    let clients = Keyed::<u64>::new("clients", config(1, 0));
    clients.on_event(|event| {
        if let EventKind::Rejected(_) = event.kind {
            panic!("a bug of who listens");
        }
    });
    for client in 0..3 {
        let _held = clients.of(&client).try_acquire().unwrap();
        assert!(clients.of(&client).try_acquire().is_err());
    }
    assert_eq!(clients.listener_panics(), 3);
}
