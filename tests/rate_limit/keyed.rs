//! A limit per key: apart from each other, in memory that is bounded, and not to be got rid of.

use crate::script::{Peer, millis, per_second, refusal};
use buttress::key::by_header;
use buttress::rate_limit::{Config, Keyed, Rate, RateLimitLayer, WindowConfig};
use buttress::{EventKind, Reason, clock};
use http::{HeaderName, Request, Response};
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Task, settle};
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

#[tokio::test(start_paused = true)]
async fn s2_67_callers_that_give_up_early_leave_the_rate_of_a_key_to_the_others() {
    let (peer, clients) = (Peer::default(), Keyed::<u32>::new("clients", per_second(10, 1)));
    let layer =
        RateLimitLayer::from_handle(clients.clone().by(|_: &u32| Some(7))).wait(Duration::from_secs(10));
    for call in 0..200 {
        let service = layer.layer(peer.clone());
        tokio::spawn(async move { tokio::time::timeout(millis(500), service.oneshot(call)).await });
        tokio::time::sleep(millis(50)).await;
    }
    let admitted = peer.calls().len();
    assert!((98..=101).contains(&admitted), "{admitted} in ten seconds at 10 a second");
    let queue = clients.try_acquire(&7, 1).unwrap_err();
    assert!(queue.retry_after() <= Some(millis(100)), "nobody has taken anything ahead: {queue:?}");
}

#[tokio::test(start_paused = true)]
async fn c6_a_call_for_a_key_that_is_held_keeps_nobody_back() {
    let (peer, clients, start) =
        (Peer::default(), Keyed::<u32>::new("clients", per_second(100, 1)), clock::now());
    assert!(clients.try_acquire(&7, 1).is_ok());
    let layer = RateLimitLayer::from_handle(clients.by(|_: &u32| Some(7))).wait(Duration::from_secs(10));
    let mut held = Task::new(layer.layer(peer.clone()).oneshot(0));
    assert!(held.poll().is_pending());
    let calls: Vec<_> = (1..4).map(|call| tokio::spawn(layer.layer(peer.clone()).oneshot(call))).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((peer.calls(), peer.millis_since(start)), (vec![1, 2, 3], vec![30, 40, 50]));
}

#[tokio::test(start_paused = true)]
async fn c2_what_costs_nothing_is_always_admitted() {
    let clients = Keyed::<u32>::new("clients", per_second(1, 1));
    let service = |cost| {
        let layer = RateLimitLayer::from_handle(clients.clone().by(|_: &u32| Some(7)));
        layer.cost(move |_: &u32| cost).layer(Peer::default())
    };
    clients.pause(&7, Duration::from_secs(60));
    assert!(clients.try_acquire(&7, 0).is_ok());
    service(0).oneshot(1).await.unwrap();
    assert!(service(1).oneshot(1).await.is_err());
    let waiting = RateLimitLayer::from_handle(clients.clone().by(|_: &u32| Some(7))).wait(millis(1));
    waiting.cost(|_: &u32| 0).layer(Peer::default()).oneshot(1).await.unwrap();
}

#[test]
#[should_panic(expected = "keys have buckets, and not windows")]
fn c27_a_window_has_no_limit_per_key_and_says_so() {
    let window = WindowConfig::log(Rate::per_minute(5).unwrap()).unwrap();
    let _ = RateLimitLayer::new(window).keyed::<_, u32>(|_: &u32| Some(7));
}
