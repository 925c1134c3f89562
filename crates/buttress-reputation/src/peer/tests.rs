//! A peer as a whole: bans, costs, counts, and one judgement over all of it.

mod asking;
mod bans;
mod costs;
mod either;
mod judging;
mod keeping;
mod threads;

use super::*;
use crate::breaker::Kind;
use crate::{BanRules, Builder, Config, FailureKind, Score, Tier};
use std::time::SystemTime;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const FAILURE: Outcome = Outcome::Failure(FailureKind::Response);
const START: Tick = Tick::from_nanos(1_024_000_000_000);

/// A peer, its rules and a clock.
struct Rig {
    peer: Peer,
    rules: Rules,
    now: Tick,
    told: Vec<Change>,
}

impl Rig {
    fn new(change: impl FnOnce(Builder) -> Builder) -> Self {
        let config = change(Config::builder()).build().expect("settings that work");
        let rules = Rules::new(&config, 7, START, SystemTime::UNIX_EPOCH + secs(1_000_000));
        let peer = Peer::new(Seat::apart(rules.scoring.fresh()), &rules, START);
        Self { peer, rules, now: START, told: Vec::new() }
    }

    /// Without a breaker, which would leave it alone before it is banned.
    fn without_breaker() -> Self {
        Self::new(|builder| builder.breaker(Kind::Off))
    }

    fn admit(&mut self) -> Result<Ticket, Refused> {
        let mut changes = Changes::default();
        let ticket = self.peer.admit(&self.rules, self.now, &mut changes);
        self.told.extend(changes.told());
        ticket
    }

    fn ask(&mut self) -> Result<(), Refused> {
        let mut changes = Changes::default();
        let asked = self.peer.ask(&self.rules, self.now, &mut changes);
        self.told.extend(changes.told());
        asked
    }

    fn settle(&mut self, ticket: Ticket, outcome: Outcome, took: impl Into<Option<Duration>>) {
        self.told.extend(self.peer.settle(&self.rules, ticket, outcome, took.into(), self.now).told());
    }

    fn judge(&mut self, deed: Deed) {
        self.told.extend(self.peer.judge(&self.rules, &deed, self.now).told());
    }

    /// Fails until it is banned.
    fn fall(&mut self) {
        while !self.peer.is_banned(self.now) {
            self.judge(Deed::sync(false));
        }
    }

    fn ban(&mut self, reason: &str, until: Option<Tick>) {
        self.told.extend(self.peer.ban(&self.rules, reason.into(), until, self.now).told());
    }

    fn unban(&mut self) {
        self.told.extend(self.peer.unban(&self.rules, self.now).told());
    }

    fn score(&self) -> f64 {
        self.peer.score(&self.rules, self.now).get()
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    fn may(&self) -> Result<(), Refused> {
        self.peer.may(&self.rules, self.now)
    }
}

fn banned_for(time: Duration) -> Result<(), Refused> {
    Err(Refused { why: Why::Banned, retry_after: Some(time) })
}
