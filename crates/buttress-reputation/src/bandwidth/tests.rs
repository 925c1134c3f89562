//! The limits of a ledger. What one limit lets pass is tested where it is decided, in the core.

mod ledger;

use super::*;
use buttress_core::bandwidth::{Builder, Scope};

const UP: Direction = Direction::Upload;
const DOWN: Direction = Direction::Download;
const SECOND: u64 = 1_000_000_000;

fn line(set: impl FnOnce(Builder) -> Builder) -> Line {
    Line::new(set(Config::builder()).build().expect("they are valid"))
}

fn at(nanos: u64) -> impl FnOnce() -> Tick {
    move || Tick::from_nanos(nanos)
}

fn never() -> Tick {
    panic!("without a limit nobody asks for the time")
}

/// What is kept of one peer.
#[derive(Default)]
struct One {
    traffic: Traffic,
    cold: Cold,
}

impl One {
    fn account(&self) -> Account<'_> {
        Account { traffic: &self.traffic, cold: &self.cold }
    }
}

#[test]
fn s3_03_s3_26_s3_53_bytes_count_for_the_peer_and_for_all_whichever_way_they_pass() {
    let line = line(|to| to);
    let [one, other] = [One::default(), One::default()];
    other.traffic.restore([1_000, 1]);
    line.try_transfer(one.account(), UP, 10, never).unwrap();
    assert_eq!(line.transfer(other.account(), UP, 5, never), Duration::ZERO);
    line.add_bytes(&one.traffic, DOWN, 7);
    line.transfer(one.account(), DOWN, 1, never);
    let of = |one: &One| Direction::ALL.map(|direction| one.traffic.bytes(direction));
    assert_eq!([of(&one), of(&other)], [[10, 8], [1_005, 1]]);
    let summary = line.summary(Tick::ZERO);
    assert_eq!(
        (summary.total_uploaded, summary.total_downloaded),
        (15, 8),
        "what is read from a file is not of today"
    );
    assert!(one.cold.lock().debts_if_any().is_none(), "without a limit nobody owes");
}

#[test]
fn s3_41_s3_42_s3_44_a_peer_without_room_takes_none_of_that_of_all() {
    let line = line(|to| to.upload(1_000).per_peer_upload(100));
    let [one, other] = [One::default(), One::default()];
    assert_eq!(line.try_transfer(one.account(), UP, 100, at(0)), Ok(()));
    let short = line.try_transfer(one.account(), UP, 50, at(0));
    assert_eq!(short, Err(Short { scope: Scope::Peer, wait: Duration::from_millis(500) }));
    assert_eq!(one.traffic.bytes(UP), 100, "what did not pass does not count");
    assert_eq!(line.lane(UP, Tick::ZERO).available, Some(900));
    assert_eq!(line.available_to(other.account(), UP, Tick::ZERO), Some(100));
    assert_eq!(line.available_to(one.account(), DOWN, Tick::ZERO), None);
    let lane = line.lane(UP, Tick::ZERO);
    assert_eq!((lane.throttled, lane.throttled_peers), (0, 1));
    // What cannot be held back is a debt of both.
    assert_eq!(line.transfer(one.account(), UP, 100, at(0)), Duration::from_secs(1));
    assert_eq!(line.lane(UP, Tick::ZERO).available, Some(800));
}

#[test]
fn s3_45_s3_46_limits_change_while_it_runs_and_without_one_nothing_is_said_to_be_left() {
    let line = line(|to| to);
    let peer = One::default();
    line.transfer(peer.account(), UP, 5_000, never);
    let unlimited = line.summary(Tick::ZERO);
    assert_eq!((unlimited.upload_available, unlimited.upload_limit_bps), (None, 0));
    let limited = line.config().to_builder().upload(1_000).per_peer_upload(10).build().unwrap();
    line.set(limited, Tick::from_nanos(SECOND));
    assert_eq!(line.config(), limited);
    let summary = line.summary(Tick::from_nanos(SECOND));
    assert_eq!((summary.upload_available, summary.upload_limit_bps), (Some(1_000), 1_000), "it starts full");
    assert_eq!((summary.download_available, summary.total_uploaded), (None, 5_000));
    assert!(line.try_transfer(peer.account(), UP, 10, at(SECOND)).is_ok());
    assert!(line.try_transfer(peer.account(), UP, 1, at(SECOND)).is_err());
    line.set(Config::default(), Tick::from_nanos(SECOND));
    assert!(line.try_transfer(peer.account(), UP, u64::MAX / 2, never).is_ok());
}

#[test]
fn f4_who_owes_more_than_half_of_a_burst_keeps_its_place() {
    let line = line(|to| to.per_peer_upload(100));
    let peer = One::default();
    assert_eq!(peer.account().worth(Tick::ZERO), Worth::Nothing);
    line.transfer(peer.account(), UP, 51, at(0));
    assert_eq!(peer.account().worth(Tick::ZERO), Worth::Penalty);
    peer.account().reset();
    assert_eq!(peer.account().worth(Tick::ZERO), Worth::Memory, "its totals");
    assert_eq!(peer.traffic.bytes(UP), 51, "what passed stays so");
}

#[test]
fn f4_a_peer_without_a_limit_of_its_own_takes_two_words() {
    assert!(size_of::<Traffic>() <= 16, "{}", size_of::<Traffic>());
}
