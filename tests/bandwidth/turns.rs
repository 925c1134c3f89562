//! Several bodies in one line.

use crate::script::{Read, Script, read};
use crate::{DOWN, MS, SECOND, UP, line};
use buttress::bandwidth::ShapedBody;
use buttress::clock;
use http_body_util::BodyExt;
use std::time::Duration;
use support::settle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

async fn all(reading: Vec<JoinHandle<Read>>) -> Vec<Read> {
    let mut came = Vec::new();
    for body in reading {
        came.push(body.await.unwrap());
    }
    came
}

#[tokio::test(start_paused = true)]
async fn c5_no_second_sees_more_than_burst_and_rate_whatever_the_bodies() {
    let line = line(|to| to.download(10_000));
    let bodies = (0..12_usize).map(|n| {
        let body = line.shape(DOWN, Script::of(vec![1 + n * n * 97; 12]));
        tokio::spawn(async move {
            // Some come later, when there is something of the burst again.
            tokio::time::sleep(SECOND * (n as u32 / 4)).await;
            let began = clock::now();
            (began, read(body).await)
        })
    });
    let mut passed = Vec::new();
    for body in bodies.collect::<Vec<_>>() {
        let (began, came) = body.await.unwrap();
        passed.extend(came.frames.iter().map(|(after, bytes)| (began + *after, *bytes)));
    }
    passed.sort();
    let total: usize = passed.iter().map(|(_, bytes)| bytes).sum();
    assert_eq!(total as u64, line.snapshot().download.bytes);
    for (begin, _) in &passed {
        let second = passed.iter().filter(|(at, _)| at >= begin && at.since(*begin) < SECOND);
        let bytes: usize = second.map(|(_, bytes)| bytes).sum();
        assert!(bytes <= 20_000, "{bytes} in the second from {begin}");
    }
    // And the rate is reached: what is left over is less than one part.
    let lasted = passed.last().unwrap().0.since(passed[0].0);
    let least = (total - 10_000 - 3 * 10_000) as f64 / 10_000.0;
    let most = (total - 10_000) as f64 / 10_000.0 + 0.1;
    assert!((least..=most).contains(&lasted.as_secs_f64()), "{lasted:?} for {total}");
}

#[tokio::test(start_paused = true)]
async fn nobody_starves_each_has_its_turn_in_the_order_they_came() {
    let line = line(|to| to.upload(1_000));
    assert!(line.try_consume(UP, 1_000));
    // One with large frames among those with small ones, which would always fit first.
    let sizes = [10, 10, 5_000, 10, 10];
    let mut reading = Vec::new();
    for size in sizes {
        reading.push(tokio::spawn(read(line.shape(UP, Script::of([size; 20])))));
        settle().await;
    }
    let came = all(reading).await;
    let first: Vec<_> = came.iter().map(|body| body.frames[0].0).collect();
    // The large one waits for a refill, the others for their ten bytes.
    assert_eq!(first, [10, 20, 120, 130, 140].map(|after| after * MS));
    let rounds: Vec<_> = (0..20).map(|n| came[0].frames[n].0).collect();
    assert!(rounds.windows(2).all(|pair| pair[1] - pair[0] == 140 * MS), "{rounds:?}");
    assert_eq!(came[2].bytes(), 100_000);
}

#[tokio::test(start_paused = true)]
async fn room_is_for_those_who_wait_and_not_for_who_comes_later() {
    let line = line(|to| to.download(1_000));
    assert!(line.try_consume(DOWN, 1_000));
    let reading = tokio::spawn(read(line.shape(DOWN, Script::of([50]))));
    settle().await;
    tokio::time::advance(40 * MS).await;
    assert!(!line.try_consume(DOWN, 1), "there is room for 40");
    let late = tokio::spawn(read(line.shape(DOWN, Script::of([1]))));
    assert_eq!(reading.await.unwrap().ended, 50 * MS);
    assert_eq!(late.await.unwrap().ended, 11 * MS);
    let lane = line.snapshot().download;
    assert_eq!((lane.bytes, lane.throttled), (1_051, 3));
}

#[tokio::test(start_paused = true)]
async fn b1_a_dropped_body_gives_up_its_turn_and_nothing_that_passed() {
    let line = line(|to| to.download(1_000));
    assert!(line.try_consume(DOWN, 1_000));
    let [first, second, third] =
        [80, 60, 50].map(|size| tokio::spawn(read(line.shape(DOWN, Script::of([size; 2])))));
    settle().await;
    tokio::time::advance(20 * MS).await;
    // One while it waits for room, one while it waits for its turn.
    first.abort();
    second.abort();
    let came = third.await.unwrap();
    assert_eq!(came.frames, [(50 * MS, 50), (100 * MS, 50)], "as if it had been alone");
    assert_eq!(line.snapshot().download.bytes, 1_100);
    assert_eq!(line.snapshot().download.available, Some(0));
}

#[tokio::test(start_paused = true)]
async fn b1_dropped_at_any_point_it_leaves_nothing_behind() {
    let line = line(|to| to.download(1_000).per_peer_download(900));
    for after in 0..300 {
        let peer = line.peer(&(after % 3));
        let reading: Vec<_> =
            (0..3).map(|n| tokio::spawn(read(peer.shape(DOWN, Script::of([70 + n, 900, 3]))))).collect();
        tokio::time::sleep(after * 7 * MS).await;
        reading.iter().for_each(JoinHandle::abort);
        settle().await;
        let before = line.snapshot().download.bytes;
        tokio::time::sleep(5 * SECOND).await;
        assert_eq!(line.snapshot().download.bytes, before);
        assert_eq!(read(peer.shape(DOWN, Script::of([900]))).await.ended, Duration::ZERO);
        tokio::time::sleep(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_body_passes_in_turn_too() {
    let line = line(|to| to.upload(1_000));
    let began = clock::now();
    line.pass(UP, 0).await;
    line.pass(UP, 2_500).await;
    assert_eq!(clock::now().since(began), 1_500 * MS);
    let lane = line.snapshot().upload;
    assert_eq!((lane.bytes, lane.throttled), (2_500, 1));
}

/// A body that has a place in line and is not read any more.
async fn kept(mut body: ShapedBody<Script>) -> ShapedBody<Script> {
    timeout(MS, body.frame()).await.unwrap_err();
    body
}

#[tokio::test(start_paused = true)]
async fn c5_a_body_that_nobody_reads_stops_nobody_else() {
    let line = line(|to| to.download(1_000));
    assert!(line.try_consume(DOWN, 1_000));
    let mut kept_bodies = Vec::new();
    for _ in 0..3 {
        kept_bodies.push(kept(line.shape(DOWN, Script::of([50, 50]))).await);
    }
    // Who only asks finds the room that is left over once each of them has had its turn.
    tokio::time::advance(3_600 * SECOND).await;
    assert!(line.try_consume(DOWN, 850));
    assert!(!line.try_consume(DOWN, 1));
    // Each of them has what was its turn, without a wait, and waits again for what comes then.
    for body in &mut kept_bodies {
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), 50);
    }
    assert_eq!(line.snapshot().download.bytes, 2_000);
}

#[tokio::test(start_paused = true)]
async fn c5_who_waits_behind_bodies_that_nobody_reads_has_its_turn_in_time() {
    let line = line(|to| to.download(1_000));
    assert!(line.try_consume(DOWN, 1_000));
    let _first = kept(line.shape(DOWN, Script::of([50]))).await;
    let _second = kept(line.shape(DOWN, Script::of([50]))).await;
    let came = all(vec![
        tokio::spawn(read(line.shape(DOWN, Script::of([50; 4])))),
        tokio::spawn(read(line.shape(DOWN, Script::of([50; 4])))),
    ])
    .await;
    // As if the others were read, but for the moment it takes to see that they are not.
    let ended: Vec<_> = came.iter().map(|body| body.ended).collect();
    assert!(ended[0] >= 448 * MS && ended[1] <= 500 * MS + 30 * MS, "{ended:?}");
    assert_eq!(line.snapshot().download.bytes, 1_500);
}

#[tokio::test(start_paused = true)]
async fn c5_a_peer_with_a_body_that_nobody_reads_stops_neither_itself_nor_others() {
    let line = line(|to| to.download(1_000).per_peer_download(100));
    let (peer, other) = (line.peer("peer"), line.peer("other"));
    assert!(peer.try_consume(DOWN, 100));
    let of_peer = kept(peer.shape(DOWN, Script::of([10]))).await;
    assert_eq!(read(other.shape(DOWN, Script::of([100]))).await.ended, Duration::ZERO);
    let behind = read(peer.shape(DOWN, Script::of([10, 10]))).await;
    assert!(behind.ended <= 320 * MS, "{behind:?}");
    // And one that the peer has room for, but not all together.
    tokio::time::advance(SECOND).await;
    assert!(line.try_consume(DOWN, 1_000));
    let of_all = kept(peer.shape(DOWN, Script::of([50]))).await;
    let mut reading = Vec::new();
    for waiting in [&peer, &other, &other] {
        reading.push(tokio::spawn(read(waiting.shape(DOWN, Script::of([10])))));
        settle().await;
    }
    for came in all(reading).await {
        assert!(came.ended <= SECOND + 100 * MS, "{came:?}");
    }
    drop((of_peer, of_all));
    tokio::time::advance(SECOND).await;
    assert!(peer.try_consume(DOWN, 100) && line.try_consume(DOWN, 900));
}

#[tokio::test(start_paused = true)]
async fn b1_what_was_its_turn_and_was_not_read_has_passed() {
    let line = line(|to| to.upload(1_000));
    assert!(line.try_consume(UP, 1_000));
    let body = kept(line.shape(UP, Script::of([50, 50]))).await;
    tokio::time::advance(100 * MS).await;
    assert!(!line.try_consume(UP, 60));
    drop(body);
    let lane = line.snapshot().upload;
    assert_eq!((lane.bytes, lane.available), (1_050, Some(51)));
    assert!(line.try_consume(UP, 51));
}
