//! What is known again after a restart.

use crate::{HOUR, MS, folder, live, open, saved_at};
use buttress_reputation::breaker::State;
use buttress_reputation::persist::{Found, Kept};
use buttress_reputation::{Config, Deed, Direction, Ledger, Snapshot};
use std::fs;
use std::time::{Duration, SystemTime};

fn peer(peers: &Ledger, name: &str) -> Snapshot {
    peers.peer(name).unwrap_or_else(|| panic!("{name} is unknown"))
}

#[test]
fn s3_65_w60_a_restart_loses_neither_scores_nor_bans_nor_breakers() {
    let (_folder, path) = folder();
    let kept = open(&path);
    assert!(matches!(kept.found(), Found::Nothing));
    live(kept.ledger());
    kept.ledger().record("alice", Deed::message(true));
    kept.ledger().add_bytes("alice", Direction::Upload, 1_000);
    kept.ledger().add_bytes("alice", Direction::Download, 7);
    let names = ["alice", "bob", "carol", "mallory", "oscar"];
    let before = names.map(|name| peer(kept.ledger(), name));
    drop(kept);

    // Twice, as what was restored is saved again.
    for round in 0..2 {
        let kept = open(&path);
        assert!(matches!(kept.found(), Found::State { age } if *age < HOUR / 60), "{:?}", kept.found());
        assert_eq!(kept.restored(), names.len());
        let peers = kept.ledger();
        for (name, before) in names.iter().zip(&before) {
            let after = peer(peers, name);
            let less = before.score.get() - after.score.get();
            assert!(less.abs() < 0.05, "{name}: {} and {}", before.score, after.score);
            let counts = |of: &Snapshot| (of.successful_syncs, of.failed_syncs, of.successful_messages);
            assert_eq!((counts(&after), after.tier), (counts(before), before.tier), "{name}");
            assert_eq!((after.bytes_sent, after.bytes_received), (before.bytes_sent, before.bytes_received));
            assert_eq!(after.breaker, before.breaker, "{name}");
            let latency = |of: &Snapshot| of.avg_latency.map(|latency| latency.as_micros() / 100);
            assert_eq!(latency(&after), latency(before), "{name}");
            let reason = |of: &Snapshot| of.ban.as_ref().map(|ban| (ban.reason.clone(), ban.times));
            assert_eq!(reason(&after), reason(before), "{name}");
            let seen = |of: &Snapshot, at: SystemTime| {
                of.first_seen.max(at).duration_since(of.first_seen.min(at)).unwrap()
            };
            assert!(seen(&after, before.first_seen) < Duration::from_secs(5), "{name} in round {round}");
        }
        assert_eq!(peer(peers, "carol").breaker, State::Open);
        assert!(!peers.should_communicate("carol") && !peers.should_communicate("mallory"));
        assert!(peers.should_communicate("alice") && peers.should_communicate("nobody"));
        let left =
            peer(peers, "mallory").ban.unwrap().until.unwrap().duration_since(SystemTime::now()).unwrap();
        assert!(left > HOUR - HOUR / 60 && left <= HOUR, "{left:?}");
        assert_eq!(peer(peers, "oscar").ban.unwrap().until, None);
        let top: Vec<_> = peers.top(1).into_iter().map(|ranked| ranked.key).collect();
        assert_eq!(top, ["alice"], "the board knows them too");
    }
}

#[test]
fn f1_w60_a_clock_that_went_back_is_no_time_and_ten_years_lift_no_ban() {
    let (_folder, path) = folder();
    let kept = open(&path);
    live(kept.ledger());
    let [alice, bob] = ["alice", "bob"].map(|name| peer(kept.ledger(), name).score.get());
    drop(kept);
    let millis = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let year = HOUR.as_millis() * 24 * 365;

    saved_at(&path, millis + year);
    let kept = open(&path);
    assert!(matches!(kept.found(), Found::State { age } if age.is_zero()));
    assert!((peer(kept.ledger(), "alice").score.get() - alice).abs() < 0.05);
    drop(kept);

    saved_at(&path, millis - 10 * year);
    let kept = open(&path);
    let peers = kept.ledger();
    assert!(matches!(kept.found(), Found::State { age } if *age > HOUR));
    let left = peer(peers, "mallory").ban.unwrap().until.unwrap().duration_since(SystemTime::now()).unwrap();
    assert!(left > HOUR * 29 / 60 && left <= HOUR / 2, "half of what was left: {left:?}");
    assert!(peers.is_banned("oscar"));
    for (name, before) in [("alice", alice), ("bob", bob)] {
        let score = peer(peers, name).score.get();
        assert!((score - 50.0).abs() < 0.1 && before != score, "{name} decays to where it began: {score}");
    }
    assert!(peers.check("carol").is_ok(), "a probe decides");
}

#[test]
fn g5_who_comes_second_learns_what_there_is_and_overwrites_nothing() {
    let (folder, path) = folder();
    let first = open(&path);
    live(first.ledger());
    first.save().unwrap();
    let second = open(&path);
    assert!(matches!(second.found(), Found::State { .. }) && second.ledger().is_banned("oscar"));
    let trouble = second.saves().trouble.unwrap();
    assert!(trouble.contains(".peers.json.lock is held by another"), "{trouble}");
    let saved = fs::read(&path).unwrap();
    second.ledger().record_failure("dave");
    assert_eq!(second.save().unwrap_err().kind(), std::io::ErrorKind::ResourceBusy);
    assert_eq!(fs::read(&path).unwrap(), saved, "it is the first one's");
    fs::write(&path, "half").unwrap();
    assert!(matches!(open(&path).found(), Found::Unusable { put_aside: None, .. }));
    assert_eq!(fs::read(&path).unwrap(), b"half");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the file and its lock");
    drop(first);
    second.save().unwrap();
    assert_eq!((second.saves().trouble, second.saves().saved), (None, 1));
}

#[test]
fn g5_a_ban_is_saved_before_its_time_and_nothing_is_saved_twice() {
    let (_folder, path) = folder();
    let kept = open(&path).every(HOUR);
    kept.ledger().record_success("alice", MS);
    assert_eq!(kept.saves().saved, 0);
    kept.ledger().ban("mallory", "spam", None);
    while kept.saves().saved < 1 {
        std::thread::yield_now();
    }
    let kept = kept.every(MS);
    let saved = || kept.saves().saved;
    // What is new is saved with the next period, and then nothing is.
    kept.ledger().record_success("alice", MS);
    let before = saved();
    while saved() == before {
        std::thread::yield_now();
    }
    let state = fs::metadata(&path).unwrap().modified().unwrap();
    std::thread::park_timeout(20 * MS);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), state, "nothing is new");
}

#[test]
fn w60_ids_of_any_kind_are_known_again_and_other_rules_hold_from_now_on() {
    let (_folder, path) = folder();
    type Id = (u64, std::net::IpAddr);
    let id: Id = (7, "2001:db8::1".parse().unwrap());
    let kept = Kept::<Id>::open(&path, "swarm", Config::default());
    kept.ledger().record_failure(&id);
    drop(kept);
    let small = Config::builder().capacity(1).build().unwrap();
    let kept = Kept::<Id>::open(&path, "swarm", small);
    assert_eq!(kept.ledger().peer(&id).unwrap().failed_syncs, 1);
    assert_eq!(kept.ledger().config().capacity(), 1);
}

#[test]
fn b6_the_thread_ends_with_its_owner() {
    let (_folder, path) = folder();
    let kept = open(&path);
    let peers = kept.ledger().clone();
    peers.record_failure("bob");
    drop(kept);
    // What comes later is for nobody to save.
    peers.record_failure("bob");
    assert_eq!(peer(open(&path).ledger(), "bob").failed_syncs, 1);
}

/// Ten thousand peers: how long a save takes, and that who records waits for none of it.
#[test]
fn f5_w60_ten_thousand_peers_are_saved_and_known_again() {
    let (_folder, path) = folder();
    let config = || Config::builder().capacity(20_000).build().unwrap();
    let kept = Kept::<String>::open(&path, "swarm", config()).every(HOUR);
    for id in 0..10_000 {
        let name = format!("10.{}.{}.{}:4001", id >> 16, id >> 8 & 255, id & 255);
        kept.ledger().record_success(&name, MS * (id % 100));
    }
    let begin = std::time::Instant::now();
    kept.save().unwrap();
    let saving = begin.elapsed();
    let bytes = fs::metadata(&path).unwrap().len();
    drop(kept);
    let begin = std::time::Instant::now();
    let kept = Kept::<String>::open(&path, "swarm", config());
    eprintln!("10,000 peers: {bytes} bytes, saved in {saving:?}, read in {:?}", begin.elapsed());
    assert_eq!((kept.restored(), kept.ledger().len()), (10_000, 10_000));
    assert!(bytes < 10_000 * 400, "{bytes}");
}
