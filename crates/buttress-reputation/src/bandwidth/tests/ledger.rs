//! The same by the ids of peers.

use super::*;
use crate::adjust::{self, Adjuster, Why};
use crate::{Ledger, Scope};
use buttress_core::bandwidth::presets;

/// With a burst that it takes an hour to bring anew, so that nothing is worked off in a test.
fn ledger(capacity: usize, set: impl FnOnce(Builder) -> Builder) -> Ledger<u64> {
    let builder = Config::builder().refill_interval(Duration::from_secs(3_600)).burst(1);
    let config =
        crate::Config::builder().capacity(capacity).bandwidth(set(builder).build().expect("it is valid"));
    Ledger::new("line", config.build().expect("it is valid"))
}

#[test]
fn s3_26_s3_34_s3_47_bytes_are_known_by_peer_and_in_all_also_of_who_is_forgotten() {
    let peers = ledger(10, |to| to);
    peers.add_bytes(&1, UP, 1_000);
    assert_eq!(peers.transfer(&1, DOWN, 300), Duration::ZERO);
    assert_eq!(peers.try_transfer(&2, DOWN, 50), Ok(()));
    let bytes = |key| peers.peer(&key).map(|peer| (peer.bytes_sent, peer.bytes_received));
    assert_eq!([bytes(1), bytes(2), bytes(3)], [Some((1_000, 300)), Some((0, 50)), None]);
    assert!(peers.forget(&1));
    let summary = peers.summary().bandwidth;
    assert_eq!((summary.total_uploaded, summary.total_downloaded), (1_000, 350));
    assert_eq!((summary.upload_available, summary.upload_limit_bps), (None, 0));
}

#[test]
fn s3_38_s3_39_s3_42_s3_45_each_peer_has_its_own_limit_and_it_changes_while_it_runs() {
    let peers = ledger(10, |to| to.upload(1_000).per_peer_upload(1));
    assert_eq!(peers.available(&1, UP), None, "nothing is known of it");
    assert!(peers.try_transfer(&1, UP, 3_600).is_ok());
    assert_eq!(peers.try_transfer(&1, UP, 3_600).unwrap_err().scope, Scope::Peer);
    assert!(peers.try_transfer(&2, UP, 3_600).is_ok(), "another one has its own");
    assert!(peers.available(&1, UP).is_some_and(|left| left < 3_600));
    assert_eq!(peers.available(&1, DOWN), None);
    let lane = peers.lane(UP);
    assert_eq!((lane.bytes, lane.throttled, lane.throttled_peers), (7_200, 0, 1), "S3-54");
    peers.set_bandwidth(presets::peer_network());
    assert_eq!(peers.bandwidth().limit(UP), 0);
    assert!(peers.try_transfer(&1, UP, u64::MAX / 2).is_ok());
}

#[test]
fn w50_unknown_ids_take_no_more_than_their_places_and_share_what_is_beyond() {
    // Who owes more than half of a burst stays, so those that come later find no room.
    let peers = ledger(8, |to| to.per_peer_upload(1));
    let passed: Vec<_> = (0..10_000).filter(|key| peers.try_transfer(key, UP, 2_000).is_ok()).collect();
    assert_eq!(passed, (0..=8).collect::<Vec<_>>(), "the ninth for all that have no place");
    assert_eq!((peers.len(), peers.lane(UP).bytes), (8, 9 * 2_000));
}

#[test]
fn s3_67_the_ledger_moves_the_limit_that_the_adjuster_is_for() {
    let peers = ledger(10, |to| to.upload(5_000).download(7_000));
    let adjuster = Adjuster::new(adjust::Config::new(DOWN, 100, 2_000).unwrap());
    let moved = peers.adjust_bandwidth(&adjuster).unwrap();
    assert_eq!((moved.from, moved.to, moved.why), (7_000, 2_000, Why::Start));
    assert_eq!((peers.bandwidth().limit(DOWN), peers.bandwidth().limit(UP)), (2_000, 5_000));
    assert_eq!(peers.summary().bandwidth.download_limit_bps, 2_000);
    assert_eq!(peers.adjust_bandwidth(&adjuster), None, "it has seen nothing");
}

#[test]
fn f4_a_flood_of_names_does_not_take_the_totals_of_who_only_moved_bytes() {
    let peers = ledger(2, |to| to);
    peers.add_bytes(&1, UP, 1_000);
    for key in 2..100 {
        // An entry of which nothing is known.
        drop(peers.admit(&key));
    }
    assert_eq!(peers.peer(&1).map(|peer| peer.bytes_sent), Some(1_000));
}
