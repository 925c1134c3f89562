//! A ledger in a registry.

use crate::{HOUR, MS, folder, live, open};
use buttress::metrics::Exporter;
use buttress::registry::{Concern, PeerTroubles, Registry, Verdict};
use buttress::{Event, EventKind, PeerChange};
use buttress_reputation::{BanRules, Config, Deed, Direction, Ledger, breaker};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::advance;

/// Breakers that open with the first failure, for a second, without a spread; and nobody is banned for a score.
fn quick() -> Config {
    let breaker = breaker::Config::builder()
        .failure_threshold(1)
        .open_for(Duration::from_secs(1))
        .jitter(0.0)
        .build()
        .unwrap();
    Config::builder().breaker(breaker).ban(None).build().unwrap()
}

fn registered(config: Config) -> (Ledger, Registry) {
    let (peers, registry) = (Ledger::<String>::new("swarm", config), Registry::new());
    registry.add(peers.clone()).unwrap();
    (peers, registry)
}

#[test]
fn w47_s3_47_what_a_registry_says_of_peers_is_what_admits_them() {
    let (peers, registry) = registered(Config::default());
    live(&peers);
    let status = registry.status().peers.remove("swarm").unwrap();
    assert_eq!((status.entries, status.banned, status.capacity), (5, 2, 10_000));
    assert_eq!((status.states.closed, status.states.open, status.trips, status.bans), (4, 1, 1, 2));
    for shown in status.best.iter().chain(&status.worst) {
        let peer = peers.peer(&shown.peer).unwrap();
        assert_eq!((shown.score, shown.breaker), (peer.score.get(), peer.breaker.as_str()), "{}", shown.peer);
        assert_eq!(shown.ban.is_some(), peers.is_banned(&shown.peer));
        let admitted = peers.check(&shown.peer).is_ok();
        assert_eq!(admitted, shown.ban.is_none() && shown.breaker != "open");
    }
    let names =
        |of: &[buttress::registry::PeerStatus]| of.iter().map(|peer| peer.peer.clone()).collect::<Vec<_>>();
    assert_eq!(names(&status.best), ["alice", "bob", "carol"], "the banned are not among the best");
    let worst = names(&status.worst);
    assert!(
        worst[..2].contains(&"mallory".to_owned()) && worst[..2].contains(&"oscar".to_owned()),
        "{worst:?}"
    );
    assert_eq!(worst[2..], ["carol", "bob", "alice"]);
    let json = serde_json::to_value(&status).unwrap();
    assert_eq!(json["worst"][2]["breaker"], "open");
    assert_eq!(json["troubles"]["refused"], 3);
    assert!(json["best"][0]["score"].as_f64().unwrap() > 50.0);
    // As many as are asked for, and another ledger of that name is another.
    let few = registry.status_with_keys(1);
    assert_eq!((few.peers["swarm"].best.len(), few.peers["swarm"].worst.len()), (1, 1));
    assert_eq!(registry.get::<Ledger<String>>("swarm").unwrap().len(), 5);
    assert!(registry.add(Ledger::<String>::new("swarm", Config::default())).is_err());
}

#[test]
fn h14_g7_ids_and_reasons_are_shown_in_one_line_that_no_terminal_obeys() {
    let (peers, registry) = registered(Config::default());
    let hostile = "evil\u{1b}[2J\r\n\u{2028}name=\"x\"";
    assert!(peers.ban(hostile, "why\u{1b}[0m\n", None));
    peers.record_failure(&"long".repeat(1_000));
    let status = registry.status();
    for shown in &status.peers["swarm"].worst {
        assert!(
            !shown.peer.contains(buttress::text::is_hostile) && shown.peer.len() <= 256,
            "{}",
            shown.peer
        );
        let reason = shown.ban.as_ref().map(|ban| &ban.reason);
        assert!(reason.is_none_or(|reason| reason == "why\\u{1b}[0m\\n"), "{reason:?}");
    }
    let events = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&events);
    let named = buttress::registry::Peers::events(&peers);
    named.on_event(move |event: &Event| told.lock().unwrap().push(event.to_string()));
    peers.unban(hostile);
    let told = events.lock().unwrap();
    assert!(
        told.len() == 1
            && told[0].starts_with("peers swarm[evil")
            && !told[0].contains(['\n', '\r', '\u{1b}']),
        "{told:?}"
    );
    let page = Exporter::new(registry).render();
    assert!(!page.contains(['\r', '\u{1b}', '\u{2028}']) && page.lines().all(|line| line.len() < 800));
}

#[tokio::test(start_paused = true)]
async fn s3_48_w62_after_a_hundred_trips_it_is_well_again_in_a_while() {
    let (peers, registry) = registered(quick());
    let told = Arc::new(Mutex::new(Vec::new()));
    let say = Arc::clone(&told);
    registry.on_health_change(move |health| say.lock().unwrap().push(health.verdict));
    // Others that are well: one in trouble is what a ledger is for.
    (0..9).for_each(|id| peers.record_success(&format!("well {id}"), MS));
    for trip in 1..=120_u32 {
        peers.record_failure("flapper");
        let concerned = registry.health().verdict == Verdict::Degraded;
        assert_eq!(concerned, trip >= 100, "after {trip} trips");
        advance(Duration::from_millis(1_100)).await;
        // Two probes that succeed close it.
        for _ in 0..2 {
            peers.admit("flapper").unwrap().succeeded(MS);
        }
        assert_eq!(peers.breaker("flapper"), breaker::State::Closed);
    }
    let health = registry.health();
    assert_eq!(health.reasons.len(), 1);
    let Concern { kind, name, state, .. } = &health.reasons[0];
    assert_eq!((*kind, &**name, &**state), ("peers", "swarm", "refusing 0 of 10 peers, 120 trips lately"));
    assert_eq!(registry.status().health, health);
    advance(PeerTroubles::WINDOW + PeerTroubles::WINDOW / 10).await;
    assert_eq!(registry.health().verdict, Verdict::Healthy, "however often they tripped before");
    assert_eq!(registry.status().peers["swarm"].trips, 120);
    assert_eq!(told.lock().unwrap().first(), Some(&Verdict::Degraded));
}

#[tokio::test(start_paused = true)]
async fn s3_48_where_nobody_can_be_asked_it_is_unhealthy_and_a_reset_lets_all_be_asked() {
    let (peers, registry) = registered(quick());
    assert_eq!(registry.health().verdict, Verdict::Healthy, "nobody is known");
    assert!(peers.ban("mallory", "spam", None));
    peers.record_failure("bob");
    assert_eq!(registry.health().verdict, Verdict::Unhealthy);
    peers.record_success("alice", MS);
    assert_eq!(registry.health().verdict, Verdict::Degraded, "two of three");
    let resets = registry.reset_all();
    assert_eq!(resets.reset.len(), 1);
    assert_eq!(resets.reset[0].to_string(), "peers swarm");
    assert!(["mallory", "bob", "alice"].iter().all(|name| peers.should_communicate(*name)));
    assert!(peers.peer("alice").unwrap().score.get() > 50.0, "she keeps what she has earned");
    assert_eq!(registry.health().verdict, Verdict::Healthy);
}

#[tokio::test(start_paused = true)]
async fn s3_52_w58_every_change_of_a_peer_is_told_once_and_the_series_are_what_is() {
    let bans = BanRules::builder().cool_down(HOUR, HOUR).build().unwrap();
    let config = quick().to_builder().ban(bans).build().unwrap();
    let (peers, registry) = registered(config);
    let exporter = Exporter::builder(registry.clone()).per_state(true).build().unwrap();
    let mut events = registry.subscribe_to_changes();
    let mut told = || std::iter::from_fn(|| events.try_next()).collect::<Vec<_>>();
    let value = |series: &str| {
        let page = exporter.render();
        let line = page.lines().find(|line| line.starts_with(series)).map(str::to_owned);
        line.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
    };
    let banned = || value(r#"buttress_peers_banned_current{name="swarm"}"#).unwrap();
    peers.record_failure("bob");
    let opened = told();
    assert!(
        opened.iter().any(|event| matches!(event.kind, EventKind::Peer { change: PeerChange::Opened, .. })),
        "{opened:?}"
    );
    assert!(
        opened
            .iter()
            .all(|event| (event.layer, event.name) == ("peers", "swarm")
                && event.key.as_deref() == Some("bob"))
    );
    assert_eq!(
        value(r#"circuit_breaker_state{peer="bob",state="open",name="swarm",layer="peers"}"#),
        Some(1.0)
    );
    assert_eq!(banned(), 0.0);
    peers.record("bob", Deed::points(-100.0));
    let fell = told();
    let ban = fell.iter().find_map(|event| match event.kind {
        EventKind::Peer { change: PeerChange::Banned { score, times, ban_for }, .. } => {
            Some((score, times, ban_for))
        }
        _ => None,
    });
    assert_eq!(ban, Some((0.0, 1, Some(HOUR))), "{fell:?}");
    assert_eq!(banned(), 1.0);
    assert_eq!(value(r#"buttress_peer_bans_total{name="swarm"}"#), Some(1.0));
    advance(HOUR + HOUR / 60).await;
    assert_eq!(banned(), 0.0, "also where nobody has asked since");
    assert!(peers.should_communicate("bob"));
    let unbanned = |event: &Event| matches!(event.kind, EventKind::Peer { change: PeerChange::Unbanned, .. });
    assert_eq!(told().iter().filter(|event| unbanned(event)).count(), 1);
    peers.add_bytes("bob", Direction::Upload, 5);
    let sent = r#"buttress_bandwidth_bytes_total{name="swarm",layer="peers",direction="upload"}"#;
    assert_eq!(value(sent), Some(5.0));
}

#[test]
fn h15_a_hundred_thousand_ids_make_no_more_series_than_the_top_allows() {
    let small = Config::builder().capacity(500).build().unwrap();
    let (peers, registry) = registered(small);
    let exporter = Exporter::builder(registry).top_keys(5).per_state(true).build().unwrap();
    let mut counts = Vec::new();
    for round in 0..10 {
        for id in 0..10_000 {
            peers.record_failure(&format!("{round}-{id}"));
        }
        let page = exporter.render();
        counts.push(page.lines().filter(|line| !line.starts_with('#')).count());
    }
    assert!(counts[1..].iter().all(|count| *count == counts[1]), "{counts:?}");
    assert!(peers.len() <= 500);
}

#[test]
fn s3_65_a_status_says_how_it_stands_with_the_file() {
    let (_folder, path) = folder();
    let kept = open(&path);
    let registry = Registry::with_capacity(NonZeroUsize::MIN);
    registry.add(kept.ledger().clone()).unwrap();
    kept.save().unwrap();
    let saves = registry.status().peers["swarm"].saves.clone().unwrap();
    assert_eq!((saves.saved, saves.failed), (kept.saves().saved, 0));
    assert!(
        Exporter::new(registry)
            .render()
            .contains(r#"buttress_peers_saves_total{name="swarm",result="saved"} "#)
    );
}
