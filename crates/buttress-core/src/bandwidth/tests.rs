//! What the limits let pass, against exact arithmetic.

mod oracle;
mod settings;
mod threads;

use super::{Bandwidth, Builder, Config, Direction, Peer, Scope, Short};
use crate::Tick;
use crate::keyed::Worth;
use std::time::Duration;

const UP: Direction = Direction::Upload;
const DOWN: Direction = Direction::Download;
const SECOND: u64 = 1_000_000_000;

fn at(nanos: u64) -> impl FnOnce() -> Tick {
    move || Tick::from_nanos(nanos)
}

fn never() -> Tick {
    panic!("without a limit nobody asks for the time")
}

fn config(set: impl FnOnce(Builder) -> Builder) -> Config {
    set(Config::builder()).build().expect("they are valid")
}

fn bandwidth(set: impl FnOnce(Builder) -> Builder) -> Bandwidth {
    Bandwidth::new(&config(set))
}

fn short(scope: Scope, nanos: u64) -> Result<(), Short> {
    Err(Short { scope, wait: Duration::from_nanos(nanos) })
}

#[test]
fn s3_36_s3_37_s3_38_s3_39_c32_zero_is_no_limit_and_is_counted() {
    let line = bandwidth(|to| to);
    for (direction, peer) in [(UP, None), (DOWN, Some(&Peer::new()))] {
        assert!(!line.is_limited(direction));
        assert_eq!(line.try_consume(direction, u64::MAX / 2, peer, never), Ok(()));
        assert_eq!(line.take(direction, 1, peer, never), Ok(1));
        assert_eq!(line.consume(direction, 6, peer, never), Duration::ZERO);
        let lane = line.lane(direction, Tick::ZERO);
        assert_eq!((lane.bytes, lane.limit, lane.available), (u64::MAX / 2 + 7, 0, None));
    }
    // No limit of its own leaves a peer that of all together.
    let line = bandwidth(|to| to.upload(10));
    let peer = Peer::new();
    assert_eq!(line.available_to(&peer, UP, Tick::ZERO), None);
    assert_eq!(line.try_consume(UP, 10, Some(&peer), at(0)), Ok(()));
    assert_eq!(line.try_consume(UP, 1, Some(&peer), at(0)), short(Scope::Global, SECOND / 10));
    assert_eq!(line.try_consume(DOWN, 1_000, Some(&peer), never), Ok(()));
}

#[test]
fn s3_43_s3_44_s3_45_c27_it_starts_full_and_without_room_nothing_passes() {
    let line = bandwidth(|to| to.upload(1_000));
    assert_eq!(line.lane(UP, Tick::from_nanos(77)).available, Some(1_000), "10 refills of 100 ms");
    assert_eq!(line.try_consume(UP, 700, None, at(77)), Ok(()));
    assert_eq!(line.try_consume(UP, 400, None, at(77)), short(Scope::Global, SECOND / 10));
    let lane = line.lane(UP, Tick::from_nanos(77));
    assert_eq!((lane.bytes, lane.available, lane.throttled, lane.throttled_peers), (700, Some(300), 1, 0));
    assert_eq!(line.try_consume(UP, 0, None, at(77)), Ok(()), "nothing is always there");
}

#[test]
fn c5_a_wait_is_exact_to_the_nanosecond() {
    for (rate, bytes) in [(3, 2), (7, 7), (999_999_937, 640_001), (u64::MAX, 12_345)] {
        let line = bandwidth(|to| to.download(rate));
        assert_eq!(line.take(DOWN, u64::MAX, None, at(5)), Ok(rate));
        let wait = line.try_consume(DOWN, bytes, None, at(5)).unwrap_err().wait;
        let due = 5 + wait.as_nanos() as u64;
        assert!(line.try_consume(DOWN, bytes, None, at(due - 1)).is_err(), "{rate}");
        assert_eq!(line.try_consume(DOWN, bytes, None, at(due)), Ok(()), "{rate}");
    }
}

#[test]
fn w32_w54_nothing_is_lost_however_often_and_how_little_it_is_asked() {
    for (rate, poll) in [(100, 7_000_000), (1_000_000, 60_000_000), (9, 1), (1, 333_333_333), (3, 7)] {
        let line = bandwidth(|to| to.upload(rate));
        line.take(UP, u64::MAX, None, at(0)).unwrap();
        let polls = (3 * SECOND / poll).min(100_000);
        let passed: u64 = (1..=polls).filter_map(|n| line.take(UP, u64::MAX, None, at(n * poll)).ok()).sum();
        let due = u128::from(rate) * u128::from(polls * poll) / u128::from(SECOND);
        assert!(u128::from(passed) <= due, "{rate}");
        let line_after = line.lane(UP, Tick::from_nanos(polls * poll)).available.unwrap();
        assert_eq!(u128::from(passed + line_after), due, "{rate} a second, asked every {poll} ns");
    }
    // One byte a second, and not one nanosecond sooner.
    let line = bandwidth(|to| to.upload(1));
    assert_eq!(line.try_consume(UP, 1, None, at(0)), Ok(()));
    assert_eq!(line.try_consume(UP, 1, None, at(SECOND - 1)), short(Scope::Global, 1));
    assert_eq!(line.try_consume(UP, 1, None, at(SECOND)), Ok(()));
}

#[test]
fn w55_what_is_above_the_burst_passes_without_debt_and_is_worked_off() {
    let line = bandwidth(|to| to.upload(1_000));
    assert_eq!(line.try_consume(UP, 1_001, None, at(0)), Ok(()), "one byte over");
    assert_eq!(line.try_consume(UP, 1_001, None, at(0)), short(Scope::Global, SECOND + SECOND / 1_000));
    assert_eq!(line.try_consume(UP, 5_000, None, at(2 * SECOND)), Ok(()));
    assert_eq!(line.try_consume(UP, 1, None, at(6 * SECOND)), short(Scope::Global, SECOND / 1_000));
    // In parts, it never has to: the burst, and then refill by refill.
    let line = bandwidth(|to| to.upload(1_000));
    assert_eq!(line.take(UP, 5_000, None, at(0)), Ok(1_000));
    assert_eq!(line.take(UP, 4_000, None, at(0)).unwrap_err().wait, Duration::from_millis(100));
    assert_eq!(line.take(UP, 4_000, None, at(SECOND / 10)), Ok(100));
    assert_eq!(line.take(UP, 3, None, at(SECOND / 10)).unwrap_err().wait, Duration::from_millis(3));
}

#[test]
fn what_cannot_be_held_back_is_a_debt() {
    let line = bandwidth(|to| to.upload(1_000).per_peer_upload(100));
    let peer = Peer::new();
    assert_eq!(line.consume(UP, 60, Some(&peer), at(0)), Duration::ZERO);
    assert_eq!(line.consume(UP, 60, Some(&peer), at(0)), Duration::from_millis(200));
    assert_eq!(line.consume(UP, 1_880, None, at(0)), Duration::from_secs(1));
    assert_eq!(line.lane(UP, Tick::ZERO).available, Some(0));
    assert_eq!(line.try_consume(UP, 0, Some(&peer), at(0)), short(Scope::Global, SECOND));
}

#[test]
fn s3_41_s3_42_w56_both_limits_have_room_or_neither_loses_any() {
    let line = bandwidth(|to| to.upload(1_000).per_peer_upload(10));
    let [one, other] = [Peer::new(), Peer::new()];
    assert_eq!(line.try_consume(UP, 10, Some(&one), at(0)), Ok(()));
    for _ in 0..100 {
        assert_eq!(line.try_consume(UP, 10, Some(&one), at(0)), short(Scope::Peer, SECOND));
    }
    assert_eq!(line.lane(UP, Tick::ZERO).available, Some(990), "refused for the peer");
    assert_eq!(line.try_consume(UP, 980, None, at(0)), Ok(()));
    assert_eq!(line.try_consume(UP, 10, Some(&other), at(0)), Ok(()));
    let third = Peer::new();
    for _ in 0..100 {
        assert_eq!(line.try_consume(UP, 2, Some(&third), at(0)), short(Scope::Global, 2 * SECOND / 1_000));
    }
    assert_eq!(line.available_to(&third, UP, Tick::ZERO), Some(10), "refused for all together");
    let lane = line.lane(UP, Tick::ZERO);
    assert_eq!((lane.bytes, lane.throttled, lane.throttled_peers), (1_000, 100, 100));
    // What passes in parts is never more than either has.
    assert_eq!(line.take(UP, 50, Some(&third), at(SECOND)), Ok(10));
}

#[test]
fn f1_a_clock_that_goes_back_gives_nothing_twice() {
    let line = bandwidth(|to| to.upload(10));
    assert_eq!(line.try_consume(UP, 10, None, at(5 * SECOND)), Ok(()));
    assert_eq!(line.take(UP, 10, None, at(3 * SECOND)).unwrap_err().wait, Duration::from_millis(100));
    assert_eq!(line.take(UP, 10, None, at(5 * SECOND)).unwrap_err().wait, Duration::from_millis(100));
    assert_eq!(line.take(UP, 10, None, at(6 * SECOND)), Ok(10));
}

#[test]
fn f8_c10_numbers_at_their_ends_stay_numbers() {
    let century = Tick::from_nanos(u64::MAX / 6);
    let line = bandwidth(|to| to.upload(u64::MAX).burst(u32::MAX).refill_interval(Duration::from_secs(3600)));
    assert_eq!(line.take(UP, u64::MAX, None, || century), Ok(u64::MAX));
    assert_eq!(line.consume(UP, 1, None, || century), Duration::ZERO);
    let line = bandwidth(|to| to.upload(1));
    for _ in 0..3 {
        line.consume(UP, u64::MAX, None, || century);
    }
    assert_eq!(line.try_consume(UP, u64::MAX, None, || century), short(Scope::Global, u64::MAX));
    assert_eq!(line.lane(UP, Tick::MAX).available, Some(0));
}

#[test]
fn f4_a_peer_that_owes_more_than_half_a_burst_is_not_forgotten() {
    let line = bandwidth(|to| to.per_peer_upload(100).per_peer_download(100));
    let peer = Peer::new();
    assert_eq!(peer.worth(Tick::ZERO), Worth::Nothing);
    line.try_consume(DOWN, 50, Some(&peer), at(0)).unwrap();
    assert_eq!(peer.worth(Tick::ZERO), Worth::Memory);
    line.try_consume(UP, 51, Some(&peer), at(0)).unwrap();
    assert_eq!(peer.worth(Tick::ZERO), Worth::Penalty);
    assert_eq!(peer.worth(Tick::from_nanos(SECOND / 100)), Worth::Memory);
    assert_eq!(peer.worth(Tick::from_nanos(SECOND * 51 / 100 - 1)), Worth::Memory);
    assert_eq!(peer.worth(Tick::from_nanos(SECOND * 51 / 100)), Worth::Nothing);
}
