//! How peers stand: who is asked, and who is left alone, and why.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::time::SystemTime;

use serde::Deserialize;

use crate::terminal::words::{ago, bytes, count, grouped, percent, seconds};
use crate::terminal::{Cell, Ink, Screen};

/// What is read of `/peers`. What another version leaves out is empty.
#[derive(Debug, Deserialize)]
pub(crate) struct Peers {
    entries: u64,
    #[serde(default)]
    banned: u64,
    #[serde(default)]
    trips: u64,
    best: Vec<Peer>,
    #[serde(default)]
    worst: Vec<Peer>,
}

#[derive(Debug, Deserialize)]
struct Peer {
    peer: String,
    score: f64,
    tier: String,
    reliability: f64,
    #[serde(default)]
    successes: u64,
    #[serde(default)]
    failures: u64,
    avg_latency: Option<f64>,
    #[serde(default)]
    bytes_sent: u64,
    #[serde(default)]
    bytes_received: u64,
    ban: Option<Ban>,
    breaker: Option<String>,
    #[serde(default)]
    in_flight: u64,
    last_seen: String,
}

#[derive(Debug, Deserialize)]
struct Ban {
    reason: String,
    #[serde(default)]
    times: u64,
    left: Option<f64>,
}

impl Peers {
    /// A table of them, the best first, and below it those that are left alone.
    pub(crate) fn show(&self, screen: &mut Screen<impl Write>, now: SystemTime) -> io::Result<()> {
        let mut shown = BTreeSet::new();
        // Those with troubles come the worst first, and the best first here.
        let peers = self.best.iter().chain(self.worst.iter().rev());
        let peers: Vec<_> = peers.filter(|peer| shown.insert(&peer.peer)).collect();
        if peers.is_empty() {
            return screen.line("no peer was heard of so far");
        }
        let rows = peers.iter().map(|peer| peer.row(now)).collect();
        screen.table(["peer", "score", "tier", "well", "takes", "busy", "bytes", "seen"], rows)?;
        let left_alone: Vec<_> = peers.iter().filter_map(|peer| peer.left_alone()).collect();
        if !left_alone.is_empty() {
            screen.line("")?;
        }
        left_alone.iter().try_for_each(|said| screen.paragraph("  ", said))?;
        self.rest(peers.len() as u64, screen)
    }

    fn rest(&self, shown: u64, screen: &mut Screen<impl Write>) -> io::Result<()> {
        let mut said = Vec::new();
        if self.entries > shown {
            said.push(format!("{shown} of {} are shown", count(self.entries, "peer")));
        }
        if self.banned > 0 {
            let are = if self.banned == 1 { "is" } else { "are" };
            said.push(format!("{} {are} banned", grouped(self.banned)));
        }
        if self.trips > 0 {
            said.push(format!("breakers of peers opened {}", count(self.trips, "time")));
        }
        if said.is_empty() {
            return Ok(());
        }
        screen.line("")?;
        screen.line(format_args!("{}.", said.join(", ")))
    }
}

impl Peer {
    fn row(&self, now: SystemTime) -> [Cell; 8] {
        let none = || "–".to_owned();
        let did = self.successes.saturating_add(self.failures);
        let seen = humantime::parse_rfc3339_weak(&self.last_seen);
        [
            Cell::text(&self.peer),
            Cell::number(format_args!("{:.1}", self.score)),
            Cell::text(&self.tier).ink(tier_ink(&self.tier)),
            Cell::number(if did == 0 { none() } else { percent(self.reliability) }),
            Cell::number(self.avg_latency.and_then(seconds).unwrap_or_else(none)),
            Cell::number(self.in_flight),
            Cell::number(bytes(self.bytes_sent.saturating_add(self.bytes_received))),
            Cell::text(seen.map_or_else(|_| none(), |at| ago(at, now))),
        ]
    }

    /// Why it is not asked, if it is not.
    fn left_alone(&self) -> Option<String> {
        let said = match (&self.ban, self.breaker.as_deref()) {
            (Some(ban), _) => ban.to_string(),
            (None, Some("open" | "forced_open")) => "is left alone: its breaker is open".to_owned(),
            (None, Some("half_open")) => "is asked now and then, to see whether it is back".to_owned(),
            _ => return None,
        };
        Some(format!("{} {said}", self.peer))
    }
}

impl fmt::Display for Ban {
    /// `is banned for 9 min more, for the 2nd time: sent garbage`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.left.and_then(seconds) {
            Some(left) => write!(f, "is banned for {left} more")?,
            None => f.write_str("is banned until somebody lifts that")?,
        }
        if self.times > 1 {
            write!(f, ", for the {} time", ordinal(self.times))?;
        }
        write!(f, ": {}", self.reason)
    }
}

fn tier_ink(tier: &str) -> Option<Ink> {
    match tier {
        "trusted" | "good" => Some(Ink::Green),
        "poor" => Some(Ink::Yellow),
        "banned" => Some(Ink::Red),
        _ => None,
    }
}

fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (1, not) if not != 11 => "st",
        (2, not) if not != 12 => "nd",
        (3, not) if not != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::clean;
    use serde_json::json;
    use std::time::Duration;

    fn peer(name: &str, score: f64, tier: &str, breaker: &str) -> serde_json::Value {
        json!({
            "peer": name, "score": score, "tier": tier, "reliability": 0.987, "successes": 77, "failures": 1,
            "avg_latency": 0.0042, "bytes_sent": 1_234_567, "bytes_received": 999, "ban": null, "breaker": breaker,
            "in_flight": 3, "first_seen": "1970-01-01T00:00:00Z", "last_seen": "1970-01-01T00:01:30Z", "new": 1,
        })
    }

    fn shown(page: serde_json::Value) -> String {
        let peers: Peers = serde_json::from_value(clean(page)).unwrap();
        let mut screen = Screen::plain(80);
        peers.show(&mut screen, SystemTime::UNIX_EPOCH + Duration::from_secs(100)).unwrap();
        screen.into_text()
    }

    #[test]
    fn s3_63_each_peer_has_a_line_and_who_is_left_alone_a_reason() {
        let mut banned = peer("evil\u{1b}[2J\nname", 0.0, "banned", "open");
        banned["ban"] = json!({ "reason": "sent \u{202e}garbage", "times": 2, "left": 540.0 });
        let page = json!({
            "entries": 12_000, "banned": 1, "trips": 3, "verdict": "healthy",
            "best": [peer("192.0.2.1:9001", 98.04, "trusted", "closed"), peer("192.0.2.2:9001", 50.0, "neutral", "half_open")],
            "worst": [banned, peer("192.0.2.2:9001", 50.0, "neutral", "half_open")],
        });
        let text = shown(page);
        for words in [
            "192.0.2.1:9001",
            "98.0",
            "trusted",
            "98.7 %",
            "4.2 ms",
            "1.2 MB",
            "10 s ago",
            "192.0.2.2:9001 is asked now and then",
            "is banned for 9 min more, for the 2nd time: sent",
            "3 of 12,000 peers are shown, 1 is banned, breakers of peers opened 3 times.",
        ] {
            assert!(text.contains(words), "no {words:?} in\n{text}");
        }
        assert_eq!(
            text.matches("192.0.2.2:9001").count(),
            2,
            "once in the table, once with its reason\n{text}"
        );
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(shown(json!({ "entries": 0, "best": [] })), "no peer was heard of so far\n");
    }

    #[test]
    fn a_ban_without_an_end_says_so() {
        let ban = Ban { reason: "spam".to_owned(), times: 1, left: None };
        assert_eq!(ban.to_string(), "is banned until somebody lifts that: spam");
        let said = [1, 2, 3, 11, 12, 13, 21, 102].map(ordinal);
        assert_eq!(said, ["1st", "2nd", "3rd", "11th", "12th", "13th", "21st", "102nd"]);
    }
}
