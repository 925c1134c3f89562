//! What a peer network expects of its ledger, one promise after the other.

use crate::{ledger, of, secs};
use buttress_reputation::breaker::{self, State};
use buttress_reputation::{Change, Deed, Direction, FailureKind, Ledger, Outcome, Why};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn names(ranked: &[buttress_reputation::Ranked<String>]) -> Vec<&str> {
    ranked.iter().map(|peer| peer.key.as_str()).collect()
}

fn fails(peers: &Ledger, name: &str, times: u32) {
    (0..times).for_each(|_| peers.record_failure(name));
}

fn syncs(peers: &Ledger, name: &str, times: u32) {
    (0..times).for_each(|_| peers.record_success(name, None));
}

#[tokio::test(start_paused = true)]
async fn s3_01_s3_55_s3_56_s3_57_one_answer_of_breaker_and_ban_fed_by_one_call() {
    let peers = ledger(100);
    fails(&peers, "bad", 5);
    assert!(!peers.should_communicate("bad") && peers.should_communicate("good"));
    assert_eq!(peers.check("bad").unwrap_err().why, Why::Open);
    assert_eq!(peers.check("bad").unwrap_err().retry_after, Some(secs(30)));
    let bad = peers.peer("bad").unwrap();
    assert_eq!((bad.score.get(), bad.failed_syncs, bad.breaker), (25.0, 5, State::Open));

    tokio::time::advance(secs(30)).await;
    for probe in 0..2 {
        assert!(peers.should_communicate("bad"), "probe {probe}");
    }
    assert!(!peers.should_communicate("bad"), "as many probes as it takes to close");
    peers.record_success("bad", 20 * MS);
    peers.record_success("bad", 20 * MS);
    let bad = peers.peer("bad").unwrap();
    assert_eq!((bad.breaker, bad.avg_latency, bad.successful_syncs), (State::Closed, Some(20 * MS), 2));
    assert!((bad.score.get() - 29.0).abs() < 0.01, "{bad:?}");

    assert!(peers.ban("bad", "sent garbage", None));
    assert!(!peers.should_communicate("bad"));
    assert_eq!(peers.check("bad").unwrap_err().why, Why::Banned);
}

#[tokio::test(start_paused = true)]
async fn s3_14_w50_who_is_unknown_reads_closed_and_makes_no_entry() {
    let peers = ledger(100);
    assert!(peers.should_communicate("nobody") && peers.check("nobody").is_ok());
    assert_eq!(peers.breaker("nobody"), State::Closed);
    assert_eq!(peers.peer("nobody"), None);
    assert!(!peers.is_banned("nobody") && !peers.unban("nobody") && !peers.forget("nobody"));
    peers.reset("nobody");
    assert!(peers.is_empty());

    fails(&peers, "one", 5);
    fails(&peers, "other", 5);
    peers.reset("one");
    let one = peers.peer("one").unwrap();
    assert_eq!((one.breaker, one.score.get(), one.failed_syncs), (State::Closed, 50.0, 5));
    assert_eq!(peers.breaker("other"), State::Open);
    peers.clear();
    assert!(peers.is_empty() && peers.should_communicate("other"));
}

#[tokio::test(start_paused = true)]
async fn s3_15_s3_33_s3_47_s3_52_w47_a_summary_is_what_admits_and_refuses() {
    let peers = ledger(100);
    let none = peers.summary();
    assert_eq!((none.reputation.avg_score, none.reputation.avg_reliability), (50.0, 0.5));
    syncs(&peers, "good", 5);
    fails(&peers, "open", 5);
    fails(&peers, "half", 5);
    peers.add_bytes("good", Direction::Upload, 100);
    peers.add_bytes("good", Direction::Download, 20);
    assert!(peers.ban("banned", "spam", None));
    tokio::time::advance(secs(30)).await;
    assert!(peers.should_communicate("half"));
    // Of the same ledger by another handle.
    let summary = peers.clone().summary();
    let breakers = summary.breakers;
    assert_eq!((breakers.total_peers, breakers.closed, breakers.open, breakers.half_open), (4, 2, 1, 1));
    assert_eq!(breakers.trips, 2);
    let reputation = summary.reputation;
    assert_eq!((reputation.total_peers, reputation.banned_peers), (4, 1));
    assert!((reputation.avg_score - (60.0 + 25.0 + 25.0 + 50.0) / 4.0).abs() < 0.01, "{reputation:?}");
    assert_eq!(reputation.avg_reliability, (1.0 + 0.0 + 0.0 + 0.5) / 4.0);
    assert_eq!((summary.bandwidth.total_uploaded, summary.bandwidth.total_downloaded), (100, 20));

    let json = serde_json::to_value(&summary).unwrap();
    let keys =
        |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&json), "bandwidth breakers reputation");
    assert_eq!(keys(&json["breakers"]), "closed half_open open total_peers trips");
    assert_eq!(keys(&json["reputation"]), "avg_reliability avg_score banned_peers total_peers");

    peers.unban("banned");
    assert_eq!(peers.summary().reputation.banned_peers, 0);
}

#[tokio::test(start_paused = true)]
async fn s3_16_states_have_the_words_of_the_peer_network() {
    let words = [State::Closed, State::Open, State::HalfOpen].map(State::as_str);
    assert_eq!(words, ["closed", "open", "half_open"]);
}

#[tokio::test(start_paused = true)]
async fn s3_26_s3_28_s3_34_s3_51_a_peer_shows_all_that_is_known_of_it() {
    let peers = ledger(100);
    peers.record("p", Deed::points(0.0));
    assert_eq!(peers.peer("p").unwrap().reliability, 0.5, "nothing succeeded and nothing failed");
    peers.record_success("p", 100 * MS);
    tokio::time::advance(secs(60)).await;
    peers.record_success("p", 200 * MS);
    peers.record_failure("p");
    peers.record("p", Deed::message(true));
    peers.record("p", Deed::message(false));
    peers.record("p", Deed::call(Outcome::Success));
    peers.add_bytes("p", Direction::Upload, 7);
    peers.try_transfer("p", Direction::Download, 11).unwrap();
    assert!(peers.ban("p", "sent garbage", secs(600)));
    let permit = peers.admit("q").unwrap();

    let p = peers.peer("p").unwrap();
    assert_eq!((p.successful_syncs, p.failed_syncs), (2, 1));
    assert_eq!((p.successful_messages, p.failed_messages), (1, 1));
    assert_eq!((p.successful_calls, p.failed_calls), (1, 0));
    assert_eq!((p.bytes_sent, p.bytes_received), (7, 11));
    assert_eq!(p.reliability, 4.0 / 6.0);
    assert_eq!(p.avg_latency, Some(120 * MS), "a fifth of the way from the first one to the second");
    assert!((p.score.get() - 49.0).abs() < 0.01, "{p:?}");
    let ban = p.ban.as_ref().unwrap();
    assert!(p.is_banned() && &*ban.reason == "sent garbage" && ban.times == 1);
    let lasts = ban.until.unwrap().duration_since(ban.since).unwrap();
    assert!(lasts <= secs(600) && lasts + MS > secs(600), "cut to a thousandth of a millisecond: {lasts:?}");
    assert_eq!(p.last_seen.duration_since(p.first_seen).unwrap(), secs(60));
    assert_eq!(p.uptime, secs(60));
    assert_eq!(peers.peer("q").unwrap().in_flight, 1);
    permit.succeeded(None);
    assert_eq!(peers.peer("q").unwrap().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn s3_02_s3_30_s3_35_the_best_come_first_and_none_that_is_banned() {
    let peers = ledger(100);
    for (name, times) in [("third", 1), ("first", 9), ("second", 5), ("banned", 20)] {
        syncs(&peers, name, times);
    }
    fails(&peers, "last", 3);
    assert!(peers.ban("banned", "by hand, with the best score of all", None));
    assert_eq!(names(&peers.top(10)), ["first", "second", "third", "last"]);
    assert_eq!(names(&peers.top(2)), ["first", "second"]);
    assert_eq!(names(&peers.top(1)), ["first"], "also when the best one of all is out");
    let best = peers.top(1).remove(0);
    assert_eq!((best.score.get(), best.reliability, best.avg_latency), (68.0, 1.0, None));
    assert!(peers.top(0).is_empty());
    assert_eq!(peers.top(usize::MAX).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn w59_among_many_of_which_most_are_banned_the_best_are_found() {
    let peers = Ledger::<u64>::new("many", of(20_000));
    for peer in 0..2_000_u64 {
        peers.record(&peer, Deed::points((peer % 500) as f64 / 10.0));
        if peer % 500 >= 10 {
            assert!(peers.ban(&peer, "all but a few", None));
        }
    }
    let best: Vec<_> = peers.top(8).iter().map(|peer| peer.key % 500).collect();
    assert_eq!(best, [9, 9, 9, 9, 8, 8, 8, 8]);
    assert_eq!(peers.top(100).len(), 40);
}

#[tokio::test(start_paused = true)]
async fn s3_31_s3_64_candidates_are_ranked_by_score_and_a_little_by_latency() {
    let peers = ledger(100);
    for name in ["slow", "quick", "unmeasured", "poor", "broken", "banned"] {
        syncs(&peers, name, 5);
    }
    // 0.1 of min(10, 1000 / ms): one point at most.
    peers.record("slow", Deed::sync(true).taking(2_000 * MS));
    peers.record("quick", Deed::sync(true).taking(20 * MS));
    peers.record("unmeasured", Deed::sync(true));
    peers.record("unmeasured", Deed::points(0.9));
    peers.record("poor", Deed::points(-37.5));
    fails(&peers, "broken", 5);
    peers.record("broken", Deed::points(40.0));
    assert!(peers.ban("banned", "spam", None));
    for _ in 0..50 {
        let candidates = peers.sync_candidates(20);
        assert_eq!(names(&candidates), ["quick", "unmeasured", "slow"], "not those that may not be asked");
    }
    assert!(peers.peer("poor").unwrap().score.get() <= 25.0);
    assert_eq!(names(&peers.sync_candidates(1)), ["quick"]);
}

#[tokio::test(start_paused = true)]
async fn s3_31_a_quick_peer_is_found_behind_better_scores() {
    // So many that those with the best scores alone would not include it.
    let peers = ledger(1_000);
    for number in 0..200 {
        let name = format!("peer-{number}");
        syncs(&peers, &name, 5);
        peers.record(name.as_str(), Deed::points(f64::from(number) / 1_000.0));
    }
    peers.record("peer-7", Deed::points(0.0).taking(10 * MS));
    peers.record("peer-7", Deed::sync(true).taking(10 * MS));
    peers.record("peer-7", Deed::points(-2.0));
    let best = peers.sync_candidates(3);
    assert_eq!(best[0].key, "peer-7", "{best:?}");
}

#[tokio::test(start_paused = true)]
async fn w61_a_tenth_of_the_candidates_is_new_and_a_number_is_never_negative() {
    let peers = ledger(1_000);
    for number in 0..40 {
        syncs(&peers, &format!("known-{number}"), 10);
    }
    let asked: Vec<_> = (0..4).map(|number| format!("new-{number}")).collect();
    for name in &asked {
        peers.add_bytes(name.as_str(), Direction::Download, 1);
    }
    let mut found = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let candidates = peers.sync_candidates(10);
        let new: Vec<_> = candidates.iter().filter(|peer| peer.key.starts_with("new")).collect();
        assert_eq!((candidates.len(), new.len()), (10, 1), "{candidates:?}");
        // It is asked, and so is another one the next time.
        tokio::time::advance(secs(1)).await;
        peers.admit(new[0].key.as_str()).unwrap().record(Outcome::Ignored, None);
        found.insert(new[0].key.clone());
    }
    assert_eq!(found.into_iter().collect::<Vec<_>>(), asked);
    let alone = (0..1_000).filter(|_| peers.sync_candidates(1)[0].key.starts_with("new")).count();
    assert!((40..=190).contains(&alone), "one in ten: {alone} of 1000");
    assert!(peers.sync_candidates(0).is_empty());
    assert_eq!(peers.sync_candidates(usize::MAX).len(), 44);
    assert!(usize::try_from(-1_i32).is_err(), "what a caller with a signed number says before it asks");
}

#[tokio::test(start_paused = true)]
async fn w63_s3_58_who_is_refused_takes_no_place_of_those_to_dial() {
    let peers = ledger(100);
    let found: Vec<_> = (0..10).map(|number| format!("peer-{number}")).collect();
    for name in &found[..7] {
        assert!(peers.ban(name.as_str(), "spam", None));
    }
    let dialed: Vec<_> = peers.admitted(&found).take(3).collect();
    assert_eq!(dialed, [&found[7], &found[8], &found[9]]);
    assert_eq!(peers.len(), 7, "to be looked at makes no entry");
}

#[tokio::test(start_paused = true)]
async fn s3_58_who_cannot_be_dialed_is_dialed_after_twice_as_long_each_time() {
    let breaker = breaker::Config::builder().failure_threshold(1).failure_rate(0.0).success_threshold(1);
    let breaker = breaker.open_for(secs(2)).escalation(2.0, secs(300)).jitter(0.0).build().unwrap();
    let peers =
        Ledger::<String>::new("dial", of(100).to_builder().breaker(breaker).ban(None).build().unwrap());
    for wait in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        assert!(peers.should_communicate("p"));
        peers.record_failure("p");
        assert_eq!(peers.check("p").unwrap_err().retry_after, Some(secs(wait)));
        tokio::time::advance(secs(wait)).await;
    }
    assert!(peers.should_communicate("p"));
    peers.record_success("p", None);
    assert_eq!(peers.breaker("p"), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn w46_the_outcome_of_a_permit_cannot_be_forgotten() {
    let peers = ledger(100);
    for _ in 0..5 {
        peers.admit("p").unwrap().failed(FailureKind::Connection);
    }
    assert!(peers.admit("p").is_err());
    tokio::time::advance(secs(30)).await;
    // Probes whose callers lost interest: their leases come back at once.
    for _ in 0..100 {
        let lost = [peers.admit("p").unwrap(), peers.admit("p").unwrap()];
        assert!(peers.admit("p").is_err());
        drop(lost);
    }
    let p = peers.peer("p").unwrap();
    assert_eq!((p.in_flight, p.failed_calls, p.breaker), (0, 5, State::HalfOpen));
    peers.admit("p").unwrap().succeeded(MS);
    peers.admit("p").unwrap().succeeded(MS);
    assert_eq!(peers.breaker("p"), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_listener_hears_each_change_once_until_it_is_dropped_and_its_panic_is_its_own() {
    let peers = ledger(100);
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Arc::clone(&heard);
    peers.on_event(|_, _| panic!("a listener's own trouble")).forever();
    let listening = peers
        .on_event(move |key, event| told.lock().unwrap().push(format!("{key} {}", event.change.as_str())));
    let inner = peers.clone();
    let asking = peers.on_event(move |key, event| {
        // Nothing is locked while it is told.
        inner.record(key.as_str(), Deed::points(0.0));
        assert!(!matches!(event.change, Change::Banned { .. }) || inner.is_banned(key.as_str()));
    });
    fails(&peers, "p", 10);
    let expected = ["p opened", "p tier", "p banned"];
    let mut seen = std::mem::take(&mut *heard.lock().unwrap());
    seen.retain(|told| told != "p tier");
    assert_eq!(seen, [expected[0], expected[2]]);
    let panics = peers.listener_panics();
    assert!(panics >= 2, "each time: {panics}");
    assert_eq!(peers.summary().reputation.banned_peers, 1);
    drop((listening, asking));
    peers.unban("p");
    assert!(heard.lock().unwrap().is_empty());
    assert_eq!(peers.listener_panics(), panics + 2, "it is neutral again, and no longer banned");
}

#[test]
fn d3_what_is_told_of_a_peer_has_numbers_that_grow_also_when_it_is_known_anew() {
    let peers = ledger(100);
    let heard: Arc<Mutex<Vec<(u64, &str)>>> = Arc::default();
    let told = Arc::clone(&heard);
    peers
        .on_event(move |_, event| told.lock().unwrap().push((event.number, event.change.as_str())))
        .forever();
    assert!(peers.ban("p", "spam", secs(60)));
    assert!(peers.ban("p", "more spam", None), "for longer, and it is told");
    peers.clear();
    assert!(peers.ban("p", "spam", None));
    assert!(peers.unban("p"));
    let heard = heard.lock().unwrap();
    assert_eq!(
        heard.iter().map(|told| told.1).collect::<Vec<_>>(),
        ["banned", "banned", "banned", "unbanned"]
    );
    assert!(heard.is_sorted_by(|one, next| one.0 < next.0), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn w53_who_is_back_from_a_ban_is_ranked_as_such_before_anybody_asks() {
    let peers = ledger(100);
    let others: Vec<_> = (0..30).map(|number| format!("other-{number}")).collect();
    assert!(peers.ban("fell", "sent garbage", secs(600)));
    peers.record("fell", Deed::points(-50.0));
    assert!(peers.ban("rose", "was loud", secs(600)));
    peers.record("rose", Deed::points(50.0));
    for (number, other) in others.iter().enumerate() {
        peers.record(other.as_str(), Deed::points(if number == 0 { 10.0 } else { -40.0 }));
    }
    tokio::time::advance(secs(600)).await;
    let rose = peers.peer("rose").unwrap();
    assert_eq!((rose.score.get().round(), rose.ban), (25.0, None));
    let best: Vec<_> = peers.top(3).into_iter().map(|peer| (peer.key, peer.score.get().round())).collect();
    assert_eq!(best[0], ("other-0".to_owned(), 60.0));
    let mut back = best[1..].to_vec();
    back.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(back, [("fell".to_owned(), 25.0), ("rose".to_owned(), 25.0)]);
}
