//! The oracle: what a breaker is to do, said as plainly as possible, one thread at a time.

use crate::generate::Knobs;
use crate::window::RollingWindow;
use buttress_core::circuit_breaker::{Cause, State};
use buttress_core::{FailureKind, Outcome, Ratio, Reason};

/// A change of state: when, from, to, why, and for how long it is open.
pub(crate) type Change = (u64, State, State, Cause, Option<u64>);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Judged,
    Probe,
    Unjudged,
}

#[derive(Debug)]
pub(crate) struct Ticket {
    generation: u64,
    pub(crate) kind: Kind,
    started: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Sums {
    pub(crate) good: u64,
    pub(crate) bad: u64,
    pub(crate) slow: u64,
    pub(crate) throttled: u64,
    pub(crate) ignored: u64,
    pub(crate) cancelled: u64,
    pub(crate) rejected: u64,
    pub(crate) would_reject: u64,
    pub(crate) expired: u64,
}

#[derive(Debug)]
pub(crate) struct Oracle {
    knobs: Knobs,
    pub(crate) state: State,
    pub(crate) shadow: bool,
    generation: u64,
    window: RollingWindow,
    run: u64,
    run_since: u64,
    /// Probes that are out, that succeeded, that failed.
    pub(crate) probes: (u64, u64, u64),
    pub(crate) leased_at: u64,
    pub(crate) due: u64,
    open_for: u64,
    level: u32,
    pub(crate) entered_at: u64,
    pub(crate) sums: Sums,
    pub(crate) last_failure: Option<(FailureKind, u64)>,
    pub(crate) changes: Vec<Change>,
}

impl Oracle {
    pub(crate) fn new(knobs: Knobs) -> Self {
        let (shadow, window) = (knobs.shadow, knobs.window);
        Self {
            knobs,
            state: State::Closed,
            shadow,
            generation: 0,
            window: RollingWindow::new(window),
            run: 0,
            run_since: 0,
            probes: (0, 0, 0),
            leased_at: 0,
            due: 0,
            open_for: 0,
            level: 0,
            entered_at: 0,
            sums: Sums::default(),
            last_failure: None,
            changes: Vec::new(),
        }
    }

    pub(crate) fn acquire(&mut self, now: u64) -> Result<Ticket, (Reason, Option<u64>)> {
        if self.state == State::Open && now >= self.due {
            self.enter(State::HalfOpen, Cause::OpenTimeOver, now);
        }
        let leased = self.state == State::HalfOpen && self.leases(now);
        let kind = match self.state {
            State::Closed => Kind::Judged,
            State::ForcedClosed => Kind::Unjudged,
            State::HalfOpen if leased => Kind::Probe,
            state if self.shadow && state != State::ForcedOpen => {
                self.sums.would_reject += 1;
                Kind::Unjudged
            }
            state => {
                self.sums.rejected += 1;
                return Err(match state {
                    State::Open => (Reason::Open, Some(self.due - now)),
                    State::HalfOpen => {
                        (Reason::HalfOpen, Some((self.leased_at + self.knobs.lease - now).max(1)))
                    }
                    _ => (Reason::ForcedOpen, None),
                });
            }
        };
        Ok(Ticket { generation: self.generation, kind, started: now })
    }

    fn leases(&mut self, now: u64) -> bool {
        let missing = u64::from(self.knobs.successes) - self.probes.1;
        if self.probes.0 >= missing.min(self.knobs.probes.into()) {
            if now < self.leased_at + self.knobs.lease {
                return false;
            }
            self.sums.expired += self.probes.0;
            self.probes.0 = 0;
            self.generation += 1;
        }
        self.probes.0 += 1;
        self.leased_at = self.leased_at.max(now);
        true
    }

    pub(crate) fn release(&mut self, ticket: &Ticket) {
        if ticket.kind == Kind::Probe && ticket.generation == self.generation {
            self.probes.0 -= 1;
        }
    }

    pub(crate) fn cancel(&mut self, ticket: &Ticket) {
        self.sums.cancelled += 1;
        self.release(ticket);
    }

    /// `drawn` is the open time that the breaker drew, if this opened it: taken over if the settings allow it.
    pub(crate) fn record(
        &mut self,
        ticket: &Ticket,
        outcome: Outcome,
        hint: u64,
        now: u64,
        drawn: Option<u64>,
    ) {
        match outcome {
            Outcome::Ignored => self.sums.ignored += 1,
            Outcome::Throttled => self.sums.throttled += 1,
            Outcome::Failure(kind) => self.last_failure = Some((kind, now)),
            _ => {}
        }
        let bad = match outcome {
            Outcome::Success => false,
            Outcome::Failure(_) => true,
            Outcome::Throttled if self.knobs.throttling => true,
            Outcome::Cancelled => return self.cancel(ticket),
            _ => return self.release(ticket),
        };
        let slow = self.knobs.slow.is_some_and(|(_, than)| now.saturating_sub(ticket.started) >= than);
        (self.sums.good, self.sums.bad) = (self.sums.good + u64::from(!bad), self.sums.bad + u64::from(bad));
        self.sums.slow += u64::from(slow);
        match ticket.kind {
            Kind::Judged if ticket.generation == self.generation => {
                self.window.add(bad, slow, now);
                self.count_run(outcome, now);
                if let Some(cause) = self.rule_that_opens(bad, slow, outcome == Outcome::Throttled, now) {
                    if now.saturating_sub(self.entered_at) >= self.knobs.calm_after() {
                        self.level = 0;
                    }
                    self.open(cause, hint, now, drawn);
                }
            }
            Kind::Judged if bad && self.knobs.extends && self.state == State::Open => {
                self.due = self.due.max(now + self.open_for);
            }
            Kind::Probe if ticket.generation == self.generation => self.judge_probe(bad, hint, now, drawn),
            _ => {}
        }
    }

    fn judge_probe(&mut self, bad: bool, hint: u64, now: u64, drawn: Option<u64>) {
        let (out, good, failed) = self.probes;
        self.probes = (out - 1, good + u64::from(!bad), failed + u64::from(bad));
        let (_, good, failed) = self.probes;
        if failed == u64::from(self.knobs.failures) {
            self.level += u32::from(good == 0);
            self.open(Cause::ProbesFailed(failed), hint, now, drawn);
        } else if good == u64::from(self.knobs.successes) {
            self.enter(State::Closed, Cause::ProbesSucceeded(good), now);
        }
    }

    /// Calls, failures and slow calls in the window; nothing but while closed.
    pub(crate) fn window(&self, now: u64) -> (u64, u64, u64) {
        if self.state == State::Closed { self.window.sums(now) } else { (0, 0, 0) }
    }

    pub(crate) fn run_at(&self, now: u64) -> u64 {
        let within = self.knobs.run.and_then(|(_, _, within)| within).unwrap_or(u64::MAX);
        if now.saturating_sub(self.run_since) > within { 0 } else { self.run }
    }

    fn count_run(&mut self, outcome: Outcome, now: u64) {
        match outcome {
            Outcome::Success => {
                self.run = 0;
                if self.knobs.clear {
                    self.window.forget_failures();
                }
            }
            Outcome::Failure(_) if self.knobs.run.is_some() || self.knobs.clear => {
                self.run = self.run_at(now) + 1;
                if self.run == 1 {
                    self.run_since = now;
                }
            }
            _ => {}
        }
    }

    fn rule_that_opens(&self, bad: bool, slow: bool, throttled: bool, now: u64) -> Option<Cause> {
        let (calls, failures, slow_calls) = self.window.sums(now);
        let busy = calls >= self.knobs.minimum.into();
        let reached = |part: u64, share: f64| busy && part as f64 / calls as f64 >= share;
        if let Some((limit, when_busy, _)) = self.knobs.run {
            let limit = u64::from(if busy { when_busy } else { limit });
            if bad && !throttled && self.run >= limit {
                return Some(Cause::ConsecutiveFailures { failures: self.run, limit });
            }
        }
        if let Some(limit) = self.knobs.count.map(u64::from).filter(|limit| bad && failures >= *limit) {
            return Some(Cause::FailuresInWindow { failures, limit });
        }
        if let Some(rate) = self.knobs.rate.filter(|rate| bad && reached(failures, *rate)) {
            return Some(Cause::FailureRate { failures, calls, threshold: Ratio::new(rate)? });
        }
        let (rate, _) = self.knobs.slow.filter(|(rate, _)| (bad || slow) && reached(slow_calls, *rate))?;
        Some(Cause::SlowCallRate { slow: slow_calls, calls, threshold: Ratio::new(rate)? })
    }

    fn open(&mut self, cause: Cause, hint: u64, now: u64, drawn: Option<u64>) {
        let (least, most) = self.knobs.open_times(self.level, hint);
        let drawn = drawn.unwrap_or_else(|| panic!("the breaker did not open by {cause:?}"));
        assert!((least..=most).contains(&drawn), "open for {drawn}, allowed is {least} to {most}");
        (self.open_for, self.due) = (drawn, now + drawn);
        self.enter(State::Open, cause, now);
    }

    pub(crate) fn force(&mut self, to: State, now: u64) {
        let reset = to == State::Closed;
        if reset {
            self.level = 0;
        }
        if reset || self.state != to {
            self.enter(to, if reset { Cause::Reset } else { Cause::Forced }, now);
        }
    }

    fn enter(&mut self, to: State, cause: Cause, now: u64) {
        let open_for = (to == State::Open).then_some(self.open_for);
        self.changes.push((now, self.state, to, cause, open_for));
        (self.state, self.entered_at) = (to, now);
        (self.generation, self.run, self.probes) = (self.generation + 1, 0, (0, 0, 0));
        self.window.clear();
    }
}
