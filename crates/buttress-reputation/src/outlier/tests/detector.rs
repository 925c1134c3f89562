//! Interval after interval, with peers that come and go.

use super::*;

fn peers(count: usize) -> Vec<Peer> {
    (0..count).map(|_| Peer::default()).collect()
}

/// An interval in which the first one fails this many of its hundred calls, and the others none.
fn interval(peers: &[Peer], failures: u32) {
    for (place, peer) in peers.iter().enumerate() {
        peer.did(100, if place == 0 { failures } else { 0 });
    }
}

#[test]
fn a_peer_is_left_out_longer_each_time_and_an_interval_among_the_others_makes_up_for_one() {
    let peers = peers(10);
    let detector = Detector::new(Config::default());
    detector.look(1, &peers, at(0));
    let lasted = |peer: &Peer| peer.ejections().last().map(|(_, time)| time.as_secs());
    // 30 s, and it is back at 40; from 50 on it may be judged again.
    for (seconds, failures, last) in [
        (10, 100, 30),
        (20, 0, 30),
        (30, 0, 30),
        // Out for a part of it, which makes up for nothing.
        (40, 0, 30),
        (50, 100, 60),
        (110, 100, 90),
        // Back at 200, and good for two whole intervals: one more than one time.
        (200, 0, 90),
        (210, 0, 90),
        (220, 0, 90),
        (230, 100, 60),
    ] {
        interval(&peers, failures);
        detector.look(1, &peers, at(seconds));
        assert_eq!(lasted(&peers[0]), Some(last), "at {seconds}");
    }
    assert!(peers[1..].iter().all(|peer| peer.ejections().is_empty()));
    assert!(peers[0].ejections().iter().all(|(rule, _)| *rule == Rule::SuccessRate));
}

#[test]
fn no_ejection_is_longer_than_the_longest() {
    let peers = peers(10);
    let detector = Detector::new(Config::default());
    detector.look(1, &peers, at(0));
    let mut now = 10;
    for _ in 0..20 {
        interval(&peers, 100);
        detector.look(1, &peers, at(now));
        now += peers[0].ejections().last().unwrap().1.as_secs();
    }
    let lasted: Vec<u64> = peers[0].ejections().iter().map(|(_, time)| time.as_secs()).collect();
    assert_eq!(lasted[..4], [30, 60, 90, 120]);
    assert_eq!(lasted[8..12], [270, 300, 300, 300]);
}

#[test]
fn what_was_before_the_first_look_is_nobodys_interval() {
    let mut peers = peers(10);
    interval(&peers, 100);
    let detector = Detector::new(Config::default());
    detector.look(1, &peers, at(0));
    interval(&peers, 0);
    detector.look(1, &peers, at(10));
    assert!(peers[0].ejections().is_empty());
    // One that comes later, and did a lot elsewhere.
    peers.push(Peer::default());
    peers[10].did(1_000, 1_000);
    interval(&peers[..10], 0);
    detector.look(2, &peers, at(20));
    assert!(peers[10].ejections().is_empty());
    interval(&peers[..10], 0);
    peers[10].did(1_000, 1_000);
    detector.look(2, &peers, at(30));
    assert_eq!(peers[10].ejections().len(), 1);
}

#[test]
fn an_interval_is_looked_at_once_and_a_slice_of_many_at_a_time() {
    let peers = peers(1_000);
    let detector = Detector::new(Config::default());
    for _ in 0..4 {
        detector.look(1, &peers, at(0));
    }
    interval(&peers, 100);
    for seconds in [1, 9] {
        detector.look(1, &peers, at(seconds));
    }
    // 256 at a time.
    for _ in 0..3 {
        detector.look(1, &peers, at(10));
        assert!(peers[0].ejections().is_empty());
    }
    // What happens meanwhile is the next one's, but for those that were not yet looked at.
    peers[0].did(1_000_000, 0);
    detector.look(1, &peers, at(10));
    assert_eq!(peers[0].ejections().len(), 1);
    peers[1].did(100, 100);
    for _ in 0..100 {
        detector.look(1, &peers, at(19));
    }
    assert!(peers[1].ejections().is_empty());
}

#[test]
fn a_look_that_is_under_way_begins_again_where_the_list_changes() {
    let mut peers = peers(600);
    let detector = Detector::new(Config::default());
    for _ in 0..3 {
        detector.look(1, &peers, at(0));
    }
    interval(&peers, 100);
    detector.look(1, &peers, at(10));
    // The first one was counted, and is in another place now.
    let last = peers.len() - 1;
    peers.swap(0, last);
    detector.look(2, &peers, at(10));
    detector.look(2, &peers, at(10));
    assert!(peers.iter().all(|peer| peer.ejections().is_empty()));
    detector.look(2, &peers, at(10));
    assert_eq!(peers[last].ejections().len(), 1);
    assert!(peers[..last].iter().all(|peer| peer.ejections().is_empty()));
}

#[test]
fn picks_that_read_different_lists_never_mix_them_up() {
    let (old, new) = (peers(300), peers(300));
    let detector = Detector::new(Config::default());
    for (version, list) in [(1, &old), (1, &old)] {
        detector.look(version, list, at(0));
    }
    interval(&old, 100);
    interval(&new, 100);
    // The new one is looked at for the first time, which judges nobody, and the old one is over.
    for (version, list) in [(1, &old), (2, &new), (1, &old), (2, &new)] {
        detector.look(version, list, at(100));
    }
    assert!(old.iter().chain(&new).all(|peer| peer.ejections().is_empty()));
    interval(&new, 100);
    for (version, list) in [(2, &new), (1, &old), (2, &new)] {
        detector.look(version, list, at(200));
    }
    assert_eq!((old[0].ejections().len(), new[0].ejections().len()), (0, 1));
}

#[test]
fn of_two_lists_in_one_place_the_second_begins_again() {
    let mut peers = peers(600);
    let detector = Detector::new(Config::default());
    (0..3).for_each(|_| detector.look(1, &peers, at(0)));
    interval(&peers, 100);
    detector.look(1, &peers, at(10));
    // Where the first list was there is another one now, as after two changes, and the one to be judged is in another place.
    let last = peers.len() - 1;
    peers.swap(0, last);
    (0..2).for_each(|_| detector.look(3, &peers[..], at(10)));
    assert!(peers.iter().all(|peer| peer.ejections().is_empty()));
    detector.look(3, &peers, at(10));
    assert_eq!(peers.iter().position(|peer| !peer.ejections().is_empty()), Some(last));
}

#[test]
fn f1_a_clock_that_jumps_stops_no_detector() {
    let peers = peers(10);
    let detector = Detector::new(Config::default());
    detector.look(1, &peers, Tick::MAX);
    interval(&peers, 100);
    detector.look(1, &peers, at(5));
    assert_eq!(peers[0].ejections().len(), 1);
    // Counters that wrap around are still counters.
    let peers = self::peers(10);
    peers.iter().for_each(|peer| peer.did(u32::MAX - 50, u32::MAX - 50));
    detector.look(1, &peers, at(100));
    interval(&peers, 20);
    detector.look(1, &peers, at(200));
    assert_eq!(peers[0].ejections().len(), 1);
    assert!(peers[1..].iter().all(|peer| peer.ejections().is_empty()));
}

#[test]
fn nobody_waits_for_whoever_looks() {
    let peers = peers(10);
    let detector = Detector::new(Config::default());
    detector.look(1, &peers, at(0));
    interval(&peers, 100);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|_| detector.look(1, &peers, at(10))));
        }
    });
    assert_eq!(peers[0].ejections().len(), 1);
    // Of nobody there is nothing to say.
    Detector::new(Config::default()).look::<Peer>(1, &[], at(0));
}
