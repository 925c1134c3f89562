//! One body: when which of its bytes pass.

use crate::script::{Read, Script, data, read, trailers};
use crate::{DOWN, MS, SECOND, UP, config, line};
use buttress::bandwidth::{Handle, ShapedBody, presets};
use http_body::Body;
use http_body_util::BodyExt;
use std::time::Duration;
use support::{assert_send_sync, settle};

#[tokio::test(start_paused = true)]
async fn c5_a_body_has_its_burst_at_once_and_the_rest_refill_by_refill() {
    let line = line(|to| to.download(1_000));
    let came = read(line.shape(DOWN, Script::of([3_050]))).await;
    let mut expected = vec![(Duration::ZERO, 1_000)];
    expected.extend((1..=20).map(|n| (100 * n * MS, 100)));
    expected.push((2_050 * MS, 50));
    assert_eq!(came, Read { frames: expected, ended: 2_050 * MS, ..Read::default() });
    let lane = line.snapshot().download;
    assert_eq!((lane.bytes, lane.throttled, lane.available), (3_050, 1, Some(0)), "one frame waited");
}

#[tokio::test(start_paused = true)]
async fn c5_frames_that_fit_stay_whole_and_the_last_is_followed_by_the_end() {
    let line = line(|to| to.upload(1_000));
    let came = read(line.shape(UP, Script::of([400, 600, 100, 100]))).await;
    assert_eq!(came.frames, [(Duration::ZERO, 400), (Duration::ZERO, 600), (100 * MS, 100), (200 * MS, 100)]);
    assert_eq!(came.ended, 200 * MS);
    // What is there passes at once also after a while.
    tokio::time::advance(500 * MS).await;
    assert_eq!(read(line.shape(UP, Script::of([500]))).await.ended, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn w54_one_byte_a_second_works() {
    let line = line(|to| to.download(1));
    let came = read(line.shape(DOWN, Script::of([3, 2]))).await;
    let expected: Vec<_> = (0..5).map(|n| (SECOND * n, 1)).collect();
    assert_eq!(came.frames, expected);
}

#[tokio::test(start_paused = true)]
async fn c5_trailers_sizes_errors_and_empty_frames_pass_as_they_are() {
    let line = line(|to| to.download(10));
    let script = Script::new([data(10), data(0), data(5), data(0), trailers()]);
    let mut body = line.shape(DOWN, script);
    let mut sizes = vec![(body.size_hint().exact(), body.is_end_stream())];
    while let Some(frame) = body.frame().await {
        sizes.push((body.size_hint().exact(), body.is_end_stream()));
        drop(frame.unwrap());
    }
    let left = [15, 5, 5, 4, 3, 2, 1, 0, 0, 0].map(Some);
    let expected: Vec<_> = left.into_iter().enumerate().map(|(n, left)| (left, n == 9)).collect();
    assert_eq!(sizes, expected);

    let came = read(line.shape(DOWN, Script::new([data(1), Err("cut"), data(1)]))).await;
    assert_eq!((came.bytes(), came.error), (1, Some("cut")));
    let came = read(line.shape(DOWN, Script::new([data(0), data(0), trailers()]))).await;
    assert_eq!((came.frames.len(), came.trailers, came.ended), (2, true, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn who_sends_is_held_up_and_one_frame_waits() {
    let line = line(|to| to.download(10));
    let script = Script::of([10, 10, 10]);
    let asked = script.asked();
    let reading = tokio::spawn(read(line.shape(DOWN, script)));
    for _ in 0..9 {
        settle().await;
        assert_eq!(asked(), 2);
        tokio::time::advance(100 * MS).await;
    }
    assert_eq!(reading.await.unwrap().ended, 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn s3_36_s3_37_without_a_limit_everything_passes_at_once_and_is_counted() {
    let free = Handle::new("free", presets::peer_network());
    let never = line(|to| to.upload(1));
    for (body, counted) in [
        (free.shape(UP, Script::of([1_000_000; 50])), 50_000_000),
        (never.shape(DOWN, Script::of([1_000_000; 50])), 50_000_000),
        (ShapedBody::default(), 0),
    ] {
        let came = read(body).await;
        assert_eq!((came.bytes(), came.ended), (counted, Duration::ZERO));
        assert!(came.frames.iter().all(|(_, bytes)| *bytes == 1_000_000), "in one part each");
    }
    assert_eq!(free.snapshot().upload.bytes, 50_000_000);
    assert_eq!(never.snapshot().download.bytes, 50_000_000);
    assert_eq!((free.snapshot().upload.available, never.snapshot().upload.available), (None, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn s3_45_a_change_is_felt_by_a_body_under_way() {
    let line = line(|to| to.download(1));
    let reading = tokio::spawn(read(line.shape(DOWN, Script::of([5_001]))));
    settle().await;
    // It would take 5,000 s. Of the larger burst 999 are left, and go at once; then the new rate holds.
    line.set(config(|to| to.download(1_000)));
    let came = reading.await.unwrap();
    assert_eq!((came.bytes(), came.ended), (5_001, 4_001 * MS));
    assert_eq!(came.frames[..3], [(Duration::ZERO, 1), (Duration::ZERO, 999), (100 * MS, 100)]);
    // Lifted while it waits.
    let reading = tokio::spawn(read(line.shape(DOWN, Script::of([50_000]))));
    settle().await;
    line.set(config(|to| to));
    assert_eq!(reading.await.unwrap().ended, Duration::ZERO);
    assert_eq!(line.config(), config(|to| to));
}

#[tokio::test(start_paused = true)]
async fn a_reset_forgets_debts_and_wakes_who_waits() {
    let line = line(|to| to.download(1));
    assert_eq!(line.consume(DOWN, 3_600), Duration::from_secs(3_599));
    let reading = tokio::spawn(read(line.shape(DOWN, Script::of([1]))));
    settle().await;
    line.reset();
    assert_eq!(reading.await.unwrap().ended, Duration::ZERO);
}

#[test]
fn a_shaped_body_goes_to_other_threads() {
    assert_send_sync(&ShapedBody::<Script>::default());
    const fn unpin<T: Unpin>(_: &T) {}
    unpin(&ShapedBody::<Script>::default());
}
