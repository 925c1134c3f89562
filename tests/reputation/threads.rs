//! Many at once.

use crate::{ledger, secs};
use buttress_reputation::{Deed, Direction, FailureKind, Ledger, Outcome};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const THREADS: u64 = 4;
const RECORDS: u64 = 250_000;

#[test]
fn b7_a_million_records_at_once_balance_exactly() {
    let config =
        buttress_reputation::Config::builder().ban(None).breaker(buttress_reputation::breaker::Kind::Off);
    let peers = Ledger::<u64>::new("busy", config.capacity(100).build().unwrap());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let peers = peers.clone();
            scope.spawn(move || {
                for number in 0..RECORDS {
                    let peer = (number + thread) % 7;
                    match number % 5 {
                        0 => peers.record_success(&peer, secs(1)),
                        1 => peers.record_failure(&peer),
                        2 => peers.record(&peer, Deed::message(number % 2 == 0)),
                        3 => peers.admit(&peer).unwrap().record(Outcome::Success, None),
                        _ => drop(peers.admit(&peer).unwrap()),
                    }
                    peers.add_bytes(&peer, Direction::Upload, 1);
                }
            });
        }
    });
    let all = peers.peers();
    let sum =
        |of: fn(&buttress_reputation::Snapshot) -> u64| all.iter().map(|(_, peer)| of(peer)).sum::<u64>();
    let fifth = THREADS * RECORDS / 5;
    assert_eq!([sum(|peer| peer.successful_syncs), sum(|peer| peer.failed_syncs)], [fifth; 2]);
    assert_eq!(sum(|peer| peer.successful_messages + peer.failed_messages), fifth);
    assert_eq!(
        sum(|peer| peer.successful_calls + peer.failed_calls),
        fifth,
        "those that were dropped say nothing"
    );
    assert_eq!(sum(|peer| peer.in_flight.into()), 0);
    assert_eq!(sum(|peer| peer.bytes_sent), THREADS * RECORDS);
    assert_eq!(peers.summary().bandwidth.total_uploaded, THREADS * RECORDS);
    assert!(all.iter().all(|(_, peer)| (0.0..=100.0).contains(&peer.score.get())));
}

#[test]
fn f7_peers_that_come_and_go_beside_those_who_look_at_them() {
    let peers = ledger(50);
    let trips = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&trips);
    let _listening = peers.on_event(move |_, event| {
        heard.fetch_add(u64::from(event.change.as_str() == "opened"), Ordering::Relaxed);
    });
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let peers = peers.clone();
            scope.spawn(move || {
                for number in 0..5_000_u64 {
                    let name = format!("peer-{}", (number * (thread + 3)) % 200);
                    match number % 8 {
                        0 => peers.reset(name.as_str()),
                        1 => drop(peers.forget(name.as_str())),
                        2 => assert!(peers.top(10).len() <= 10),
                        3 => assert!(peers.summary().reputation.total_peers <= 50),
                        4 => assert!(peers.sync_candidates(5).len() <= 5),
                        5 => {
                            if let Ok(permit) = peers.admit(name.as_str()) {
                                permit.failed(FailureKind::Timeout);
                            }
                        }
                        _ => peers.record_success(name.as_str(), None),
                    }
                }
            });
        }
    });
    assert!(peers.len() <= 50);
    assert!(peers.peers().iter().all(|(_, peer)| peer.in_flight == 0));
    assert_eq!(peers.summary().breakers.trips, trips.load(Ordering::Relaxed));
}

/// A sort that reads what calls change meanwhile finds no order, and panics.
#[test]
fn f7_peers_are_ranked_while_all_of_them_are_called() {
    const PEERS: u64 = 60;
    let config =
        buttress_reputation::Config::builder().ban(None).breaker(buttress_reputation::breaker::Kind::Off);
    let peers = Ledger::<u64>::new("ranked", config.capacity(1_000).build().unwrap());
    thread::scope(|scope| {
        for _ in 1..THREADS {
            scope.spawn(|| {
                for _ in 0..RECORDS / PEERS {
                    for peer in 0..PEERS {
                        peers.forget(&peer);
                        peers.add_bytes(&peer, Direction::Upload, 1);
                    }
                    // None of them was asked before, all of them are now.
                    (0..PEERS).for_each(|peer| drop(peers.admit(&peer)));
                }
            });
        }
        for _ in 0..20_000 {
            assert!(peers.top(PEERS as usize).len() <= PEERS as usize);
            assert!(peers.sync_candidates(20).len() <= 20);
        }
    });
}

#[tokio::test(start_paused = true)]
async fn w48_two_tasks_on_one_thread_never_wait_for_each_other() {
    let config = buttress_reputation::presets::cyberfly();
    let limits = config.bandwidth().to_builder().per_peer_upload(1_000).build().unwrap();
    let peers = Ledger::<String>::new("tasks", config.to_builder().bandwidth(limits).build().unwrap());
    let task = |mine: &'static str, other: &'static str| {
        let peers = peers.clone();
        async move {
            for _ in 0..100 {
                // Held while others run, of the very peer that the other task asks.
                let permit = peers.admit(mine).unwrap();
                let short = peers.try_transfer(other, Direction::Upload, 100).err();
                tokio::task::yield_now().await;
                if let Some(short) = short {
                    tokio::time::sleep(short.wait).await;
                }
                permit.succeeded(None);
                assert!(peers.should_communicate(other));
                tokio::task::yield_now().await;
            }
        }
    };
    let both = async { tokio::join!(tokio::spawn(task("a", "b")), tokio::spawn(task("b", "a"))) };
    let (one, other) = tokio::time::timeout(secs(3_600), both).await.expect("nobody hangs");
    one.unwrap();
    other.unwrap();
    assert_eq!(peers.peer("a").unwrap().successful_calls, 100);
}
