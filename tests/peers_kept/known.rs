//! What is known again after a restart.

use crate::{HOUR, MS, folder, live, open, saved_at};
use buttress::clock::{precise, system_time};
use buttress_reputation::breaker::State;
use buttress_reputation::persist::{Found, Kept};
use buttress_reputation::{Config, Deed, Direction, Ledger, Snapshot};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

fn wall() -> SystemTime {
    system_time(precise())
}

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
        // What it costs to ask her goes by what is known, and of nobody is it as of a new one.
        for name in ["alice", "carol"] {
            assert!(peers.appraise(name).unwrap().takes.is_some(), "{name} in round {round}");
        }
        assert!(!peers.should_communicate("carol") && !peers.should_communicate("mallory"));
        assert!(peers.should_communicate("alice") && peers.should_communicate("nobody"));
        let left = peer(peers, "mallory").ban.unwrap().until.unwrap().duration_since(wall()).unwrap();
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
    let millis = wall().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
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
    let left = peer(peers, "mallory").ban.unwrap().until.unwrap().duration_since(wall()).unwrap();
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
    live(open(&path).ledger());
    // Who has nothing new writes nothing.
    let first = open(&path);
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
    assert!(kept.ledger().ban("mallory", "spam", None));
    while kept.saves().saved < 1 {
        std::thread::yield_now();
    }
    // What is new is saved, and then nothing is, also at the end.
    kept.ledger().record_success("alice", MS);
    kept.save().unwrap();
    let file = fs::metadata(&path).unwrap().ino();
    drop(kept);
    assert_eq!(fs::metadata(&path).unwrap().ino(), file, "each save is another file");
    let kept = open(&path).every(MS);
    kept.ledger().record_success("alice", MS);
    while kept.saves().saved < 1 {
        std::thread::yield_now();
    }
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
fn g5_a_pardon_is_saved_without_a_deed() {
    let (_folder, path) = folder();
    live(open(&path).ledger());
    let kept = open(&path);
    kept.ledger().reset("bob");
    kept.ledger().reset("carol");
    assert!(kept.ledger().forget("alice"));
    drop(kept);
    let kept = open(&path);
    let peers = kept.ledger();
    assert!((peer(peers, "bob").score.get() - 50.0).abs() < 0.05);
    assert_eq!((peer(peers, "carol").breaker, peers.peer("alice")), (State::Closed, None));
}

#[test]
fn g5_a_ban_that_replaces_another_is_saved_before_its_time_and_without_a_deed() {
    let (_folder, path) = folder();
    let kept = open(&path).every(HOUR);
    assert!(kept.ledger().ban("mallory", "spam", HOUR));
    kept.save().unwrap();
    assert!(kept.ledger().ban("mallory", "spam", None));
    drop(kept);
    let kept = open(&path).every(HOUR);
    assert_eq!(peer(kept.ledger(), "mallory").ban.unwrap().until, None);
    assert!(kept.ledger().ban("mallory", "much more spam", None));
    while kept.saves().saved < 1 {
        std::thread::yield_now();
    }
    drop(kept);
    let kept = open(&path);
    assert_eq!(&*peer(kept.ledger(), "mallory").ban.unwrap().reason, "much more spam");
}

#[test]
fn w60_less_room_than_before_keeps_who_is_banned() {
    let (_folder, path) = folder();
    let kept = open(&path).every(HOUR);
    for id in 0..9_000 {
        kept.ledger().record_success(&format!("a peer with a name of some length, {id}"), MS);
    }
    assert!(kept.ledger().ban("mallory", "spam", None));
    drop(kept);
    let small = Config::builder().capacity(200).build().unwrap();
    let kept = Kept::<String>::open(&path, "swarm", small);
    assert!(matches!(kept.found(), Found::State { .. }), "{:?}", kept.found());
    assert_eq!(kept.restored(), 200);
    assert!(kept.ledger().is_banned("mallory"));
}

#[test]
fn g5_whatever_ids_and_reasons_are_as_long_as_what_there_is_room_for_is_saved() {
    let (_folder, path) = folder();
    let kept = open(&path).every(HOUR);
    assert!(kept.ledger().ban("mallory", "spam ".repeat(1 << 22), None));
    kept.ledger().record_success(&"long".repeat(1 << 24), MS);
    kept.ledger().record_success("alice", MS);
    kept.save().unwrap();
    drop(kept);
    let kept = open(&path);
    let ban = peer(kept.ledger(), "mallory").ban.unwrap();
    assert!(ban.reason.starts_with("spam spam") && ban.reason.len() <= 1_024, "{}", ban.reason.len());
    assert!(kept.ledger().peer("alice").is_some());
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

/// An id that takes as long to write as the disk does, while the disk hangs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
struct Slow(u32);

/// Locked while the disk hangs.
static DISK: Mutex<()> = Mutex::new(());
static WRITES: AtomicUsize = AtomicUsize::new(0);

impl serde::Serialize for Slow {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        WRITES.fetch_add(1, Ordering::SeqCst);
        drop(DISK.lock());
        to.serialize_u32(self.0)
    }
}

#[test]
fn f5_nobody_who_records_bans_or_looks_waits_for_a_disk_that_hangs() {
    let (_folder, path) = folder();
    let kept = Kept::<Slow>::open(&path, "swarm", Config::default());
    let hangs = DISK.lock().unwrap();
    assert!(kept.ledger().ban(&Slow(0), "spam", None));
    while WRITES.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    // In the middle of a save, and for as long as this test likes.
    for id in 0..1_000 {
        kept.ledger().record_failure(&Slow(id));
        assert!(kept.ledger().ban(&Slow(id), "spam", HOUR));
        assert!(!kept.ledger().should_communicate(&Slow(id)));
    }
    assert_eq!((kept.saves().saved, kept.ledger().summary().reputation.banned_peers), (0, 1_000));
    drop(hangs);
    drop(kept);
    assert_eq!(Kept::<Slow>::open(&path, "swarm", Config::default()).restored(), 1_000);
}

#[test]
fn w60_ten_thousand_peers_are_known_again_and_take_little_room() {
    let (_folder, path) = folder();
    let open = || Kept::<String>::open(&path, "swarm", Config::builder().capacity(20_000).build().unwrap());
    let kept = open().every(HOUR);
    for id in 0..10_000 {
        let name = format!("10.{}.{}.{}:4001", id >> 16, id >> 8 & 255, id & 255);
        kept.ledger().record_success(&name, MS * (id % 100));
    }
    let began = precise();
    kept.save().unwrap();
    let saved = precise();
    let bytes = fs::metadata(&path).unwrap().len();
    drop(kept);
    let begins = precise();
    let kept = open();
    println!("{bytes} bytes, saved in {:?}, read in {:?}", saved.since(began), precise().since(begins));
    assert_eq!((kept.restored(), kept.ledger().len()), (10_000, 10_000));
    assert!(bytes < 10_000 * 400, "{bytes}");
}
