//! What is exported of peers is what their status says.

use crate::page::Page;
use crate::promtool;
use buttress::metrics::Exporter;
use buttress::registry::{
    LaneStatus, PeerEvents, PeerStates, PeerStatus, PeerTroubles, Peers, PeersStatus, Registry,
};
use std::sync::{Arc, Mutex};

/// Peers that stand as a test says.
#[derive(Clone, Debug)]
struct Said(Arc<(PeerEvents, Mutex<PeersStatus>)>);

impl Said {
    fn named(name: &str) -> Self {
        let events = PeerEvents::new(name);
        let mut status = PeersStatus::default();
        status.seed = events.seed();
        Self(Arc::new((events, Mutex::new(status))))
    }

    fn say(&self, change: impl FnOnce(&mut PeersStatus)) {
        change(&mut self.0.1.lock().unwrap());
    }
}

impl Peers for Said {
    fn events(&self) -> &PeerEvents {
        &self.0.0
    }

    fn status(&self, peers: usize) -> PeersStatus {
        let mut status = self.0.1.lock().unwrap().clone();
        status.best.truncate(peers);
        status.worst.truncate(peers);
        status
    }

    fn troubles(&self) -> PeerTroubles {
        self.0.1.lock().unwrap().troubles
    }

    fn forgive(&self) {}
}

fn peer(id: &str, score: f64) -> PeerStatus {
    let mut peer = PeerStatus::new(id.to_owned(), score);
    peer.breaker = Some("closed");
    peer
}

fn states(closed: usize, open: usize) -> PeerStates {
    let mut states = PeerStates::default();
    (states.closed, states.open) = (closed, open);
    states
}

fn lane(bytes: u64) -> LaneStatus {
    let mut lane = LaneStatus::default();
    (lane.bytes, lane.throttled, lane.throttled_peers) = (bytes, bytes, bytes);
    lane
}

/// Moves every family of a ledger.
pub(crate) fn move_all(registry: &Registry, mut look: impl FnMut()) {
    let peers = Said::named("swarm");
    registry.add(peers.clone()).unwrap();
    look();
    for step in 1..3 {
        peers.say(|status| {
            (status.entries, status.capacity) = (step, 10 * step);
            status.states = Some(states(step, 0));
            status.banned = step;
            status.best = vec![peer("a", step as f64)];
            status.avg_score = Some(1.0);
            let count = step as u64;
            (status.evicted, status.overflowed, status.trips, status.bans) =
                (count, count, Some(count), count);
            (status.upload, status.download) = (Some(lane(count)), Some(lane(count)));
            let mut saves = buttress::disk::keeper::Saves::default();
            (saves.saved, saves.failed) = (count, count);
            status.saves = Some(saves);
        });
        look();
    }
}

#[test]
fn s3_49_s3_50_s3_51_s3_52_s3_53_s3_54_peers_have_the_series_of_their_names() {
    let registry = Registry::new();
    let peers = Said::named("swarm");
    registry.add(peers.clone()).unwrap();
    let exporter = Exporter::builder(registry).per_state(true).build().unwrap();
    peers.say(|status| {
        (status.entries, status.banned, status.bans, status.trips) = (3, 1, 4, Some(7));
        status.states = Some(states(2, 1));
        status.avg_score = Some(40.0);
        status.best = vec![peer("good", 90.0)];
        status.worst = vec![peer("bad", 0.0)];
        status.worst[0].breaker = Some("open");
        (status.upload, status.download) = (Some(lane(5)), Some(lane(6)));
    });
    let page = Page::scrape(&exporter);
    let get = |series: &str| page.get(series);
    assert_eq!(get(r#"peer_reputation_score{name="swarm",peer="good"}"#), 90.0);
    assert_eq!(get(r#"peer_reputation_score{name="swarm",peer="bad"}"#), 0.0);
    assert_eq!(get(r#"peer_reputation_score{name="swarm",peer="other"}"#), 30.0, "the third has 120 - 90");
    assert_eq!(get(r#"peers_banned_current{name="swarm"}"#), 1.0);
    assert_eq!(get(r#"peer_bans_total{name="swarm"}"#), 4.0);
    assert_eq!(get(r#"peer_circuit_breaker_trips_total{name="swarm"}"#), 7.0);
    assert_eq!(get("circuit_breaker_trips_total"), 7.0, "they are among all that opened");
    for (peer, state, is) in
        [("bad", "open", 1.0), ("bad", "closed", 0.0), ("bad", "half_open", 0.0), ("good", "closed", 1.0)]
    {
        let series =
            format!(r#"circuit_breaker_state{{peer="{peer}",state="{state}",name="swarm",layer="peers"}}"#);
        assert_eq!(get(&series), is, "{series}");
    }
    assert_eq!(get(r#"peers{name="swarm",state="open"}"#), 1.0);
    for (direction, bytes) in [("upload", 5.0), ("download", 6.0)] {
        let labels = format!(r#"name="swarm",layer="peers",direction="{direction}""#);
        assert_eq!(get(&format!("bandwidth_bytes_total{{{labels}}}")), bytes);
        for scope in ["global", "peer"] {
            assert_eq!(get(&format!(r#"bandwidth_throttled_total{{{labels},scope="{scope}"}}"#)), bytes);
        }
    }
    assert_eq!(promtool::check(&exporter), Ok(()));
}

#[test]
fn h15_g7_a_few_peers_have_series_and_none_can_be_taken_for_the_others() {
    let registry = Registry::new();
    let peers = Said::named("swarm");
    registry.add(peers.clone()).unwrap();
    let exporter = Exporter::builder(registry).top_keys(4).per_state(true).build().unwrap();
    peers.say(|status| {
        let many = |word: &str, score| (0..100).map(|id| peer(&format!("{word}{id}"), score)).collect();
        (status.best, status.worst) = (many("good", 80.0), many("bad", 20.0));
        status.best.insert(0, peer("other", 100.0));
        status.worst.insert(0, peer("", 0.0));
        (status.entries, status.avg_score) = (202, Some(50.0));
    });
    let page = Page::scrape(&exporter);
    let scores: Vec<_> = page.of("buttress_peer_reputation_score").collect();
    let [mut named, mut others] = [Vec::new(), Vec::new()];
    for (series, score) in scores {
        if series.contains(r#"peer="other""#) { others.push(score) } else { named.push(score) }
    }
    assert_eq!(named.len() + others.len(), 5);
    assert_eq!((named.iter().sum::<f64>(), others), (200.0, vec![50.0]));
    assert_eq!(page.of("circuit_breaker_state").count(), 3 * 4);
}

#[test]
fn s3_48_w62_health_is_by_what_is_refused_now_and_tripped_lately() {
    use buttress::registry::Verdict::{Degraded, Healthy, Unhealthy};
    let registry = Registry::new();
    let peers = Said::named("swarm");
    registry.add(peers.clone()).unwrap();
    for (known, refused, trips, verdict) in [
        (0, 0, 0, Healthy),
        (10, 0, 99, Healthy),
        (10, 0, 100, Degraded),
        (10, 4, 0, Healthy),
        (10, 5, 0, Degraded),
        (10, 10, 0, Unhealthy),
        (1, 1, 0, Unhealthy),
        (1_000, 10, 7, Healthy),
    ] {
        let troubles = PeerTroubles::new(known, refused, trips);
        peers.say(|status| (status.troubles, status.verdict) = (troubles, troubles.verdict()));
        assert_eq!(registry.health().verdict, verdict, "{troubles}");
        assert_eq!(registry.status().health, registry.health());
    }
    // However often breakers opened since the start.
    peers.say(|status| {
        (status.trips, status.troubles, status.verdict) = (Some(10_000), PeerTroubles::new(9, 0, 0), Healthy)
    });
    assert_eq!(registry.health().verdict, Healthy);
    assert_eq!(registry.status().peers["swarm"].states, None);
}
