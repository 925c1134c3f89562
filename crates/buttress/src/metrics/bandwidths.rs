//! Series of bandwidths.

use super::collect::{Page, name_label};
use super::families::family;
use super::family::{Family, Kind, Labels};
use crate::registry::{BandwidthStatus, LaneStatus};

pub(super) static BANDWIDTH_BYTES: Family = family(
    Kind::Counter,
    "bandwidth_bytes_total",
    &["name", "[layer]", "direction"],
    "bytes",
    "Bytes that passed, by direction: upload (bodies of requests), download (bodies of responses). Counted without a limit too. With layer=\"peers\" those of a ledger of peers: upload (to them), download (from them).",
);
pub(super) static BANDWIDTH_THROTTLED: Family = family(
    Kind::Counter,
    "bandwidth_throttled_total",
    &["name", "[layer]", "direction", "scope"],
    "times",
    "How often something had to wait or did not pass, each frame of a body once, by whose limit had no room: global (all peers together), peer (one of them). With layer=\"peers\" those of a ledger of peers.",
);
pub(super) static BANDWIDTH_LIMIT: Family = family(
    Kind::Gauge,
    "bandwidth_limit_bytes_per_second",
    &["name", "direction", "scope"],
    "bytes per second",
    "The limit; 0 is none.",
);
pub(super) static BANDWIDTH_AVAILABLE: Family = family(
    Kind::Gauge,
    "bandwidth_available_bytes",
    &["name", "direction"],
    "bytes",
    "How much of all peers together can pass now; only where there is a limit.",
);
pub(super) static BANDWIDTH_PEERS: Family =
    family(Kind::Gauge, "bandwidth_peers", &["name"], "peers", "How many peers have debts of their own.");
pub(super) static BANDWIDTH_PEERS_EVICTED: Family = family(
    Kind::Counter,
    "bandwidth_peers_evicted_total",
    &["name"],
    "peers",
    "Peers that had to go so that another could have debts of its own.",
);
pub(super) static BANDWIDTH_PEERS_OVERFLOWED: Family = family(
    Kind::Counter,
    "bandwidth_peers_overflowed_total",
    &["name"],
    "times",
    "How often a peer was given the debt that those without room share.",
);

impl Page {
    pub(super) fn bandwidth(&mut self, name: &str, bandwidth: &BandwidthStatus) {
        let lanes = [("upload", &bandwidth.upload), ("download", &bandwidth.download)];
        for (direction, lane) in lanes {
            self.lane(|| vec![name_label(name), ("direction", direction.into())], lane);
        }
        let name = || vec![name_label(name)];
        self.level(&BANDWIDTH_PEERS, name(), bandwidth.peers as f64);
        self.count(&BANDWIDTH_PEERS_EVICTED, name(), bandwidth.evicted);
        self.count(&BANDWIDTH_PEERS_OVERFLOWED, name(), bandwidth.overflowed);
    }

    fn lane(&mut self, labels: impl Fn() -> Labels, lane: &LaneStatus) {
        self.count(&BANDWIDTH_BYTES, labels(), lane.bytes);
        for (scope, throttled, limit) in
            [("global", lane.throttled, lane.limit), ("peer", lane.throttled_peers, lane.per_peer)]
        {
            let labels = || {
                let mut labels = labels();
                labels.push(("scope", scope.into()));
                labels
            };
            self.count(&BANDWIDTH_THROTTLED, labels(), throttled);
            self.level(&BANDWIDTH_LIMIT, labels(), limit as f64);
        }
        if let Some(available) = lane.available {
            self.level(&BANDWIDTH_AVAILABLE, labels(), available as f64);
        }
    }
}
