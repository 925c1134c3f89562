//! Limits for each peer beneath those for all.

use crate::script::{Script, read};
use crate::{DOWN, MS, SECOND, UP, config, line};
use buttress::bandwidth::{Handle, ShapedBody};
use buttress::{BandwidthLayer, BoxError, clock};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use std::num::NonZeroUsize;
use std::time::Duration;
use support::settle;
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test(start_paused = true)]
async fn s3_41_s3_42_a_peer_that_waits_for_its_own_limit_holds_up_nobody_else() {
    let line = line(|to| to.download(10_000).per_peer_download(100));
    let (slow, other) = (line.peer("slow"), line.peer("other"));
    let crowd: Vec<_> = (0..5).map(|_| tokio::spawn(read(slow.shape(DOWN, Script::of([200]))))).collect();
    settle().await;
    assert_eq!(read(other.shape(DOWN, Script::of([100]))).await.ended, Duration::ZERO);
    assert_eq!(read(line.shape(DOWN, Script::of([9_000]))).await.ended, Duration::ZERO);
    let mut ended = Vec::new();
    for body in crowd {
        ended.push(body.await.unwrap().ended);
    }
    assert_eq!(ended.iter().max(), Some(&(9 * SECOND)), "1,000 bytes of which 100 are the burst");
    let lane = line.snapshot().download;
    assert_eq!((lane.throttled, lane.throttled_peers), (0, 5));
}

#[tokio::test(start_paused = true)]
async fn w56_what_waits_for_the_limit_of_all_costs_its_peer_nothing() {
    let line = line(|to| to.download(100).per_peer_download(100));
    assert!(line.try_consume(DOWN, 100));
    let peer = line.peer(&7);
    let reading = tokio::spawn(read(peer.shape(DOWN, Script::of([30]))));
    settle().await;
    assert_eq!(peer.available(DOWN), Some(100));
    assert!(!peer.try_consume(DOWN, 1));
    assert_eq!(reading.await.unwrap().ended, 300 * MS);
    // In three parts, two of which it worked off meanwhile.
    assert_eq!(peer.available(DOWN), Some(90));
    // And the other way round.
    tokio::time::advance(SECOND).await;
    assert!(peer.try_consume(DOWN, 90));
    assert!(!peer.try_consume(DOWN, 50));
    assert_eq!(line.snapshot().download.available, Some(10));
    assert!(line.peer(&8).try_consume(DOWN, 10));
    assert_eq!(peer.available(UP), None);
}

#[tokio::test(start_paused = true)]
async fn the_two_directions_have_nothing_to_do_with_each_other() {
    let line = line(|to| to.upload(10).download(1_000));
    assert!(line.try_consume(UP, 10));
    let up = tokio::spawn(read(line.shape(UP, Script::of([5]))));
    settle().await;
    assert_eq!(read(line.shape(DOWN, Script::of([1_000]))).await.ended, Duration::ZERO);
    assert_eq!(up.await.unwrap().ended, 500 * MS);
}

fn request(host: &str, size: usize) -> Request<Full<Bytes>> {
    let body = Full::from(vec![b'.'; size]);
    Request::builder().uri(format!("http://{host}/")).body(body).unwrap()
}

async fn echo(request: Request<ShapedBody<Full<Bytes>>>) -> Result<Response<Full<Bytes>>, BoxError> {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::from(body)))
}

#[tokio::test(start_paused = true)]
async fn both_bodies_of_a_call_are_shaped_for_its_peer() {
    let limits = config(|to| to.per_peer_upload(100).per_peer_download(50));
    let layer = BandwidthLayer::new(limits).keyed(|request: &Request<Full<Bytes>>| {
        request.uri().host().filter(|host| *host != "nobody").map(str::to_owned)
    });
    // Every service of the layer, and of its clones, goes through the same limits.
    let call = async |host: &str| {
        let began = clock::now();
        let service = layer.clone().layer(service_fn(echo));
        let response = service.oneshot(request(host, 150)).await.unwrap();
        let up = clock::now().since(began);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.len(), 150);
        (up, clock::now().since(began) - up)
    };
    assert_eq!(call("a").await, (500 * MS, 2 * SECOND));
    // Meanwhile its upload was worked off, and half of a burst came back.
    assert_eq!(call("a").await, (500 * MS, 2_500 * MS));
    assert_eq!(call("b").await, (500 * MS, 2 * SECOND));
    assert_eq!(call("nobody").await, (Duration::ZERO, Duration::ZERO));
    let snapshot = layer.handle().unwrap().snapshot();
    assert_eq!((snapshot.upload.bytes, snapshot.download.bytes, snapshot.peers), (600, 600, 2));
    let off = BandwidthLayer::from_handle(None).layer(service_fn(echo));
    let response = off.oneshot(request("a", 1_000)).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn f4_a_flood_of_peers_takes_no_more_than_its_places_and_forgives_nobody() {
    let places = NonZeroUsize::new(2_000).unwrap();
    let limits = config(|to| to.per_peer_upload(1_000));
    let line = Handle::with_capacity("line", limits, places);
    assert!(line.peer("debtor").try_consume(UP, 1_000));
    for peer in 0..1_000_000_u32 {
        assert!(line.peer(&peer).try_consume(UP, 1));
    }
    assert!(!line.peer("debtor").try_consume(UP, 1), "no time has passed");
    let snapshot = line.snapshot();
    assert_eq!((snapshot.capacity, snapshot.overflowed), (2_000, 0));
    assert!(snapshot.peers <= 2_000 && snapshot.evicted >= 998_000, "{snapshot:?}");
}

#[tokio::test(start_paused = true)]
async fn f4_where_all_owe_new_peers_share_one_debt() {
    let places = NonZeroUsize::new(64).unwrap();
    let line = Handle::with_capacity("line", config(|to| to.per_peer_upload(1_000)), places);
    let owing: Vec<_> = (0..64).map(|peer| line.peer(&peer)).collect();
    assert!(owing.iter().all(|peer| peer.try_consume(UP, 1_000)));
    assert!(line.peer("one").try_consume(UP, 600));
    assert!(!line.peer("another").try_consume(UP, 600));
    assert_eq!(line.snapshot().overflowed, 2);
    tokio::time::advance(SECOND).await;
    drop(owing);
    assert!(line.peer("another").try_consume(UP, 1_000), "one that owes nothing any more makes room");
    assert_eq!((line.snapshot().peers, line.snapshot().evicted), (64, 1));
}
