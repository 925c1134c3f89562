//! A ledger as a plain map: what a peer has done, and what follows from it by the rules of the peer network, in seconds.

use std::collections::HashMap;

pub(crate) const THRESHOLD: usize = 3;
pub(crate) const WINDOW: u64 = 1_000;
const OPEN_FOR: u64 = 30;
const LEASE: u64 = 10;
const PROBES: u32 = 2;
const COOL_DOWN: u64 = 600;
const DAY: u64 = 86_400;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Breaker {
    /// When what failed failed, since the last success.
    Closed(Vec<u64>),
    Open {
        until: u64,
    },
    HalfOpen {
        out: u32,
        leased_at: u64,
        succeeded: u32,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Peer {
    score: f64,
    scored_at: u64,
    /// While it is banned, also where that is over and nobody said it: until when, if not for ever.
    pub(crate) ban: Option<Option<u64>>,
    times: u32,
    /// Its score, and since when, when somebody banned it by hand.
    stood: Option<(f64, u64)>,
    lifted_at: u64,
    pub(crate) breaker: Breaker,
    /// How often it was reopened without a success, and when it closed since.
    reopened: u32,
    closed_at: Option<u64>,
    pub(crate) syncs: [u64; 2],
    pub(crate) calls: [u64; 2],
}

impl Peer {
    fn new(now: u64) -> Self {
        let breaker = Breaker::Closed(Vec::new());
        Self {
            score: 50.0,
            scored_at: now,
            ban: None,
            times: 0,
            stood: None,
            lifted_at: 0,
            breaker,
            reopened: 0,
            closed_at: None,
            syncs: [0; 2],
            calls: [0; 2],
        }
    }

    pub(crate) fn score(&self, now: u64) -> f64 {
        let (score, since) = self.probation(now).unwrap_or((self.score, self.scored_at));
        decayed(score, since, now)
    }

    /// The score it goes on with, from when on, if its ban is over and nobody has lifted it: no better than it stood.
    fn probation(&self, now: u64) -> Option<(f64, u64)> {
        let until = self.ban?.filter(|until| *until <= now)?;
        let stood = self.stood.map_or(f64::MAX, |(score, since)| decayed(score, since, until));
        Some((stood.min(25.0), until))
    }

    pub(crate) fn is_banned(&self, now: u64) -> bool {
        self.ban.is_some_and(|until| until.is_none_or(|until| now < until))
    }

    pub(crate) fn may(&self, now: u64) -> bool {
        let asked = match &self.breaker {
            Breaker::Closed(_) => true,
            Breaker::Open { until } => now >= *until,
            Breaker::HalfOpen { out, leased_at, succeeded } => {
                *out < PROBES - *succeeded || now >= leased_at + LEASE
            }
        };
        asked && !self.is_banned(now)
    }

    fn remembered(&self, now: u64) -> u32 {
        let over = self.probation(now).map_or(self.lifted_at, |(_, over)| over);
        if self.is_banned(now) || now < over + DAY { self.times } else { 0 }
    }

    /// Whether it must keep its place.
    pub(crate) fn is_penalised(&self, now: u64) -> bool {
        let open = match &self.breaker {
            Breaker::Closed(_) => false,
            Breaker::Open { until } => until + WINDOW >= now,
            Breaker::HalfOpen { leased_at, .. } => leased_at + LEASE + WINDOW >= now,
        };
        // Opened soon after it closed, it would stay open for longer.
        let escalates = self.reopened > 0 && self.closed_at.is_some_and(|at| at + WINDOW >= now);
        escalates || self.is_banned(now) || self.remembered(now) > 0 || self.score(now) < 25.0 || open
    }

    /// A ban that is over is so from the first deed, question or ranking on that comes after it.
    pub(crate) fn lift_if_due(&mut self, now: u64) {
        if let Some(probation) = self.probation(now) {
            (self.score, self.scored_at) = probation;
            (self.ban, self.stood, self.lifted_at) = (None, None, probation.1);
        }
    }

    /// Admitted: with a probe, if its breaker is not closed.
    pub(crate) fn admit(&mut self, now: u64) -> bool {
        if !self.may(now) {
            return false;
        }
        self.lift_if_due(now);
        if matches!(self.breaker, Breaker::Open { .. }) {
            self.breaker = Breaker::HalfOpen { out: 0, leased_at: 0, succeeded: 0 };
        }
        if let Breaker::HalfOpen { out, leased_at, succeeded } = &mut self.breaker {
            *out = if *out < PROBES - *succeeded { *out + 1 } else { 1 };
            *leased_at = now;
        }
        true
    }

    pub(crate) fn cancel(&mut self) {
        if let Breaker::HalfOpen { out, .. } = &mut self.breaker {
            *out = out.saturating_sub(1);
        }
    }

    pub(crate) fn judge(&mut self, points: f64, now: u64) {
        self.lift_if_due(now);
        match &mut self.breaker {
            Breaker::Closed(failures) if points > 0.0 => failures.clear(),
            Breaker::Closed(failures) => {
                failures.push(now);
                failures.retain(|at| at + WINDOW >= now);
                if failures.len() >= THRESHOLD {
                    if self.closed_at.is_none_or(|at| at + WINDOW < now) {
                        self.reopened = 0;
                    }
                    self.breaker = Breaker::Open { until: now + OPEN_FOR };
                }
            }
            Breaker::Open { .. } | Breaker::HalfOpen { out: 0, .. } => {}
            Breaker::HalfOpen { succeeded, .. } if points < 0.0 => {
                self.reopened += u32::from(*succeeded == 0);
                self.breaker = Breaker::Open { until: now + OPEN_FOR };
            }
            Breaker::HalfOpen { succeeded, .. } if *succeeded + 1 == PROBES => {
                self.breaker = Breaker::Closed(Vec::new());
                self.closed_at = Some(now);
            }
            Breaker::HalfOpen { out, succeeded, .. } => (*out, *succeeded) = (*out - 1, *succeeded + 1),
        }
        self.score = (self.score(now) + points).clamp(0.0, 100.0);
        self.scored_at = now;
        if self.score <= 0.0 && points < 0.0 && self.ban.is_none() {
            let times = self.remembered(now) + 1;
            let lasts = (COOL_DOWN << (times - 1).min(20)).min(DAY);
            (self.ban, self.times) = (Some(Some(now + lasts)), times);
        }
    }

    pub(crate) fn ban(&mut self, until: Option<u64>, now: u64) {
        self.lift_if_due(now);
        if self.ban.is_none() {
            self.times = self.remembered(now) + 1;
            self.stood = Some((self.score, self.scored_at));
        }
        self.ban = Some(until);
    }

    pub(crate) fn unban(&mut self, now: u64) -> bool {
        let was = self.ban.take().is_some();
        if was {
            (self.score, self.scored_at, self.lifted_at) = (50.0, now, now);
            self.stood = None;
        }
        was
    }

    pub(crate) fn reset(&mut self, now: u64) {
        *self = Self { syncs: self.syncs, calls: self.calls, ..Self::new(now) };
    }
}

/// Who is known.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) peers: HashMap<&'static str, Peer>,
}

impl Model {
    pub(crate) fn enter(&mut self, id: &'static str, now: u64) -> &mut Peer {
        self.peers.entry(id).or_insert_with(|| Peer::new(now))
    }
}

fn decayed(score: f64, since: u64, now: u64) -> f64 {
    50.0 + (score - 50.0) * 0.99_f64.powf((now - since) as f64 / 3600.0)
}
