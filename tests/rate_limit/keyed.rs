//! A limit per key: apart from each other, in memory that is bounded, and not to be got rid of.

use crate::script::{Peer, millis, per_second, refusal};
use buttress::key::by_header;
use buttress::rate_limit::{Config, Keyed, Rate, RateLimitLayer};
use buttress::{EventKind, Reason, clock};
use http::{HeaderName, Request, Response};
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::settle;
use tokio::time::advance;
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn one_key_takes_nothing_from_another() {
    let answer = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let tenant = HeaderName::from_static("x-tenant");
    let service =
        RateLimitLayer::http(per_second(1, 2)).keyed(by_header(tenant)).respond().headers().layer(answer);
    let ask = async |tenant: Option<&str>| {
        let mut request = Request::new(());
        if let Some(tenant) = tenant {
            request.headers_mut().insert("x-tenant", tenant.parse().unwrap());
        }
        let response = service.clone().oneshot(request).await.unwrap();
        let rest = response.headers().get("ratelimit").map(|rest| rest.to_str().unwrap().to_owned());
        (response.status().as_u16(), rest)
    };
    let told = |rest: &str| Some(format!("\"default\";{rest}"));
    assert_eq!(ask(Some("blue")).await, (200, told("r=1;t=1")));
    assert_eq!(ask(Some("blue")).await, (200, told("r=0;t=1")));
    assert_eq!(ask(Some("blue")).await, (429, told("r=0;t=1")));
    assert_eq!(ask(Some("red")).await, (200, told("r=1;t=1")));
    assert_eq!(ask(None).await, (200, None), "without a key it passes");
}

#[tokio::test(start_paused = true)]
async fn w56_a_refusal_names_its_key_and_is_counted() {
    let clients = Keyed::<u32>::new("clients", per_second(1, 1));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    clients.on_event(move |event| {
        let EventKind::Rejected(refusal) = event.kind else { return };
        ears.lock().unwrap().push((event.key.as_deref().map(str::to_owned), refusal.reason()));
    });
    let layer = RateLimitLayer::from_handle(clients.clone().by(|request: &u32| Some(request % 10)));
    let service = layer.layer(Peer::default());
    service.clone().oneshot(7).await.unwrap();
    let error = service.clone().oneshot(17).await.unwrap_err();
    assert_eq!(refusal(&*error), (Reason::RateLimited, Some(Duration::from_secs(1))));
    assert!(clients.try_acquire(&7, 2).is_err());
    let key = Some("7".to_owned());
    assert_eq!(*heard.lock().unwrap(), [(key.clone(), Reason::RateLimited), (key, Reason::TooLarge)]);
    assert_eq!((clients.standing(&7).remaining, clients.standing(&8).remaining, clients.len()), (0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn f4_a_million_keys_leave_memory_as_it_is_and_a_penalty_where_it_is() {
    const CAPACITY: usize = 16_384;
    let room = NonZeroUsize::new(CAPACITY).unwrap();
    // A penalty of an hour, under a flood of a million others that take one of their two tokens.
    let config = Config::new(Rate::per_hour(1).unwrap(), 2).unwrap();
    let clients = Keyed::<str>::with_capacity("clients", config, room);
    assert!(clients.try_acquire("abuser", 2).is_ok());
    for number in 0..1_000_000_u32 {
        clients.try_acquire(&*number.to_string(), 1).unwrap();
        if number % 100_000 == 0 {
            assert!(clients.try_acquire("abuser", 1).is_err(), "after {number} others");
        }
    }
    assert!(clients.try_acquire("abuser", 1).is_err());
    assert!(clients.len() <= clients.capacity());
    assert_eq!(clients.capacity(), CAPACITY, "no more words than were asked for");
}

#[tokio::test(start_paused = true)]
async fn f4_keys_that_are_all_penalised_share_what_is_left() {
    let room = NonZeroUsize::new(1_024).unwrap();
    let clients =
        Keyed::<u32>::with_capacity("clients", Config::new(Rate::per_hour(1).unwrap(), 1).unwrap(), room);
    let admitted = (0..100_000).filter(|client| clients.try_acquire(client, 1).is_ok()).count();
    assert!(
        admitted <= clients.capacity() + 1,
        "{admitted}: each word once, and once the one that they share"
    );
    assert!(clients.len() <= clients.capacity());
}

#[tokio::test(start_paused = true)]
async fn s2_67_who_waits_for_a_key_waits_in_order_and_no_longer_than_allowed() {
    let clients = Keyed::<u32>::new("clients", per_second(10, 1));
    let layer = RateLimitLayer::from_handle(clients.by(|request: &u32| Some(request % 2))).wait(millis(250));
    let (peer, start) = (Peer::default(), clock::now());
    let calls: Vec<_> = (0..8).map(|call| tokio::spawn(layer.layer(peer.clone()).oneshot(call))).collect();
    settle().await;
    let mut refused = 0;
    for call in calls {
        if let Err(error) = call.await.unwrap() {
            assert_eq!(refusal(&*error), (Reason::RateLimited, Some(millis(300))));
            refused += 1;
        }
    }
    assert_eq!((peer.calls(), refused), (vec![0, 1, 2, 3, 4, 5], 2), "each key has its own turns");
    assert_eq!(peer.millis_since(start), [0, 0, 100, 100, 200, 200]);
}

#[tokio::test(start_paused = true)]
async fn a_key_is_paused_for_a_minute_at_most() {
    let clients = Keyed::<u32>::new("clients", per_second(10, 5));
    clients.pause(&1, Duration::from_secs(3_600));
    assert!(clients.try_acquire(&2, 1).is_ok());
    advance(Duration::from_secs(60) - Duration::from_nanos(1)).await;
    assert!(clients.try_acquire(&1, 1).is_err());
    advance(Duration::from_nanos(1)).await;
    assert!(clients.try_acquire(&1, 1).is_ok());
    assert!(clients.try_acquire(&1, 1).is_err(), "a pause ends with one token");
}
