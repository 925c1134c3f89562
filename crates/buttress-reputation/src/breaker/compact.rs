//! The compact breaker: a word for the state, one for a time, three for the window.

use super::window::{Place, Tally, Window};
use super::word::Word;
use super::{Config, Past, State};
use crate::peer::{Change, Changes, Cold, Locked};
use crate::sync::{AtomicU64, Ordering};
use buttress_core::{Ratio, Tick};
use std::time::Duration;

/// The machine. What it needs while nothing changes is in here, and takes no lock; the rest lies with the peer's other cold
/// things, and each change of state is made under their lock, so that it is made and told once.
#[derive(Debug)]
pub(crate) struct Compact {
    gate: AtomicU64,
    /// While open, when the open time is over; while half-open, when the last probe was leased. Never earlier than it was.
    pub(super) time: AtomicU64,
    window: Window,
}

/// How a breaker is to decide: its settings, and what spreads its open times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) config: &'a Config,
    pub(crate) seed: u64,
}

/// While probes are out, to ask again is worth it soon: they can end at any moment.
const SOON: Duration = Duration::from_secs(1);

impl Compact {
    /// A breaker that is closed.
    pub(crate) fn new() -> Self {
        Self { gate: AtomicU64::new(0), time: AtomicU64::new(0), window: Window::new() }
    }

    #[inline]
    pub(crate) fn state(&self) -> State {
        self.word().state()
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.word().is_closed()
    }

    /// The ticket, if it is closed.
    #[inline]
    pub(crate) fn pass(&self) -> Option<Word> {
        let word = self.word();
        word.is_closed().then_some(word)
    }

    /// Counts a success, if the breaker is closed and was when the call began: whether that was so.
    #[inline]
    pub(crate) fn count_success(&self, config: &Config, ticket: Word, now: Tick) -> bool {
        let closed = ticket.is_closed() && self.word().bare() == ticket.bare();
        if closed {
            self.succeed(config, ticket, now);
        }
        closed
    }

    /// Would a call be admitted? If not, in how long perhaps.
    #[inline]
    pub(crate) fn check(&self, config: &Config, now: Tick) -> Result<(), Duration> {
        let word = self.word();
        match word.state() {
            State::Closed => Ok(()),
            State::Open => self.left(now).map_or(Ok(()), Err),
            State::HalfOpen => self.seat(word, config, now).map(|_| ()),
        }
    }

    /// May I call? The word is the ticket.
    ///
    /// # Errors
    /// In how long to ask again.
    #[inline]
    pub(crate) fn admit(
        &self,
        rules: Rules<'_>,
        cold: &Cold,
        now: Tick,
        changes: &mut Changes,
    ) -> Result<Word, Duration> {
        match self.pass() {
            Some(word) => Ok(word),
            None => self.admit_unless_closed(rules, cold, now, changes),
        }
    }

    #[cold]
    fn admit_unless_closed(
        &self,
        rules: Rules<'_>,
        cold: &Cold,
        now: Tick,
        changes: &mut Changes,
    ) -> Result<Word, Duration> {
        loop {
            let word = self.word();
            match word.state() {
                State::Closed => return Ok(word),
                State::Open => match self.left(now) {
                    Some(left) => return Err(left),
                    None => self.half_open(word, cold, changes),
                },
                State::HalfOpen => {
                    let next = self.seat(word, rules.config, now)?;
                    // Before the probe shows in the word, or another thread could take it for expired.
                    self.time.fetch_max(now.as_nanos(), Ordering::Relaxed);
                    if self.change(word, next) {
                        return Ok(next.bare());
                    }
                }
            }
        }
    }

    /// The call with this ticket has ended.
    #[inline]
    pub(crate) fn settle(
        &self,
        rules: Rules<'_>,
        cold: &Cold,
        ticket: Word,
        failed: bool,
        now: Tick,
        changes: &mut Changes,
    ) {
        if !ticket.is_closed() {
            return self.settle_probe(rules, cold, ticket, failed, now, changes);
        }
        if self.word().bare() == ticket.bare() {
            self.judge_closed(rules, cold, ticket, failed, now, changes);
        } else if failed {
            self.come_late(rules, cold, now);
        }
    }

    /// A call has ended that took no ticket. While half-open it is taken for one of the probes that are out, and counts for
    /// nothing if none is: it began before.
    pub(crate) fn judge(
        &self,
        rules: Rules<'_>,
        cold: &Cold,
        failed: bool,
        now: Tick,
        changes: &mut Changes,
    ) {
        let word = self.word();
        match word.state() {
            State::Closed => self.judge_closed(rules, cold, word, failed, now, changes),
            State::Open if failed => self.come_late(rules, cold, now),
            State::Open => {}
            State::HalfOpen => self.settle_probe(rules, cold, word, failed, now, changes),
        }
    }

    /// No call was made with this ticket, or nothing came of it: a lease goes back.
    #[inline]
    pub(crate) fn release(&self, ticket: Word) {
        if !ticket.is_closed() {
            self.settle_lease(ticket, Word::probe_back);
        }
    }

    /// Nothing came of a call that took no ticket. While half-open it is taken for one of the probes that are out.
    pub(crate) fn give_back(&self) {
        self.release(self.word());
    }

    /// Closed, with an empty window and the first open time, whatever it was.
    pub(crate) fn reset(&self, cold: &mut Locked<'_>, changes: &mut Changes) {
        if let Some(past) = cold.past_if_any() {
            *past = Past::default();
        }
        self.window.clear();
        if self.enter(State::Closed) != State::Closed {
            changes.push(Change::Closed);
        }
    }

    /// When the open time is over, of an open breaker.
    #[cfg(any(test, feature = "persist"))]
    pub(crate) fn open_until(&self) -> Option<Tick> {
        let open = self.word().state() == State::Open;
        open.then(|| Tick::from_nanos(self.time.load(Ordering::Relaxed)))
    }

    /// When nothing stood in the way of a probe any more, of a breaker that is not closed: its open time was over, or the last
    /// lease.
    pub(crate) fn probed_from(&self, config: &Config) -> Option<Tick> {
        let time = Tick::from_nanos(self.time.load(Ordering::Relaxed));
        match self.word().state() {
            State::Closed => None,
            State::Open => Some(time),
            State::HalfOpen => Some(time + config.lease),
        }
    }

    /// Calls and failures in the window of a closed breaker.
    pub(crate) fn tally(&self, config: &Config, now: Tick) -> Tally {
        let word = self.word();
        if word.is_closed() { self.window.tally(place(config, word, now)) } else { Tally::default() }
    }

    /// Counts a call of the present generation, which is a closed one.
    #[inline]
    fn judge_closed(
        &self,
        rules: Rules<'_>,
        cold: &Cold,
        word: Word,
        failed: bool,
        now: Tick,
        changes: &mut Changes,
    ) {
        let config = rules.config;
        if failed {
            let place = place(config, word, now);
            self.window.count(place, true);
            if config.is_met_by(self.window.tally(place)) {
                self.open(rules, cold, word, now, changes);
            }
        } else {
            self.succeed(config, word, now);
        }
    }

    /// Counts a success of the present generation, which is a closed one.
    #[inline]
    fn succeed(&self, config: &Config, word: Word, now: Tick) {
        if config.clear_on_success {
            self.window.clear();
        } else if config.failure_rate > Ratio::ZERO {
            self.window.count(place(config, word, now), false);
        }
    }

    /// Takes a lease back with what it found, and carries out what that decides.
    fn settle_probe(
        &self,
        rules: Rules<'_>,
        cold: &Cold,
        ticket: Word,
        failed: bool,
        now: Tick,
        changes: &mut Changes,
    ) {
        let ended = if failed { Word::probe_failed } else { Word::probe_succeeded };
        let Some(word) = self.settle_lease(ticket, ended) else {
            if failed {
                self.come_late(rules, cold, now);
            }
            return;
        };
        if failed && word.failures() >= rules.config.failures_to_reopen.into() {
            self.reopen(rules, cold, word, now, changes);
        } else if !failed && word.successes() >= rules.config.success_threshold.into() {
            self.close(cold, word, now, changes);
        }
    }

    /// Takes a lease back; `None` if it was given up before.
    fn settle_lease(&self, ticket: Word, ended: impl Fn(Word) -> Word) -> Option<Word> {
        let mut word = self.word();
        while word.bare() == ticket.bare() && word.in_flight() > 0 {
            let next = ended(word);
            if self.change(word, next) {
                return Some(next);
            }
            word = self.word();
        }
        None
    }

    /// The word with one more probe out, if there is a place for it.
    fn seat(&self, word: Word, config: &Config, now: Tick) -> Result<Word, Duration> {
        let decided = word.failures() >= config.failures_to_reopen.into();
        let missing = u64::from(config.success_threshold).saturating_sub(word.successes());
        // Once the probes have decided, the word stands still until that decision is carried out.
        let places = if decided { 0 } else { missing.min(config.half_open_max_in_flight().into()) };
        if word.in_flight() < places {
            return Ok(word.probe_out());
        }
        // Of the leases that are out, the youngest decides: none is cut short, and as long as no place is free none is added.
        let leased_at = Tick::from_nanos(self.time.load(Ordering::Relaxed));
        let expires_at = leased_at + config.lease;
        if places == 0 || now < expires_at {
            return Err(expires_at.since(now).clamp(Duration::from_nanos(1), SOON));
        }
        Ok(word.leases_given_up().probe_out())
    }

    /// Closed, and enough failed.
    #[cold]
    fn open(&self, rules: Rules<'_>, cold: &Cold, seen: Word, now: Tick, changes: &mut Changes) {
        let mut cold = cold.lock();
        if self.word().bare() != seen.bare() {
            return;
        }
        let past = cold.past();
        if past.closed_at + rules.config.failure_window < now {
            past.level = 0;
        }
        self.set_due(rules, past, seen, now);
        self.enter(State::Open);
        changes.push(Change::Opened);
    }

    /// Half-open, and too many probes failed.
    #[cold]
    fn reopen(&self, rules: Rules<'_>, cold: &Cold, seen: Word, now: Tick, changes: &mut Changes) {
        let mut cold = cold.lock();
        if self.word().bare() != seen.bare() {
            return;
        }
        let past = cold.past();
        if seen.successes() == 0 {
            past.level = past.level.saturating_add(1);
        }
        self.set_due(rules, past, seen, now);
        self.enter(State::Open);
        changes.push(Change::Opened);
    }

    /// Half-open, and enough probes succeeded.
    #[cold]
    fn close(&self, cold: &Cold, seen: Word, now: Tick, changes: &mut Changes) {
        let mut cold = cold.lock();
        if self.word().bare() != seen.bare() {
            return;
        }
        cold.past().closed_at = now;
        self.window.clear();
        self.enter(State::Closed);
        changes.push(Change::Closed);
    }

    /// Open, and the open time is over. Who comes second finds it done.
    #[cold]
    fn half_open(&self, seen: Word, cold: &Cold, changes: &mut Changes) {
        let _cold = cold.lock();
        if self.word() == seen {
            self.enter(State::HalfOpen);
            changes.push(Change::HalfOpened);
        }
    }

    /// A failure of an older generation starts the open time again, where that is asked for.
    fn come_late(&self, rules: Rules<'_>, cold: &Cold, now: Tick) {
        if !rules.config.late_failure_extends {
            return;
        }
        let mut cold = cold.lock();
        if self.word().state() == State::Open {
            let due = now + cold.past().open_for;
            self.time.fetch_max(due.as_nanos(), Ordering::Relaxed);
        }
    }

    /// Sets when the open time that begins now is over, before anybody sees that it began.
    fn set_due(&self, rules: Rules<'_>, past: &mut Past, seen: Word, now: Tick) {
        past.open_for = rules.config.open_time(past.level, rules.seed ^ seen.generation());
        self.time.store((now + past.open_for).as_nanos(), Ordering::Relaxed);
    }

    /// Enters a state under the lock, and says which one was left. Beside the lock only the probes of a generation move.
    pub(super) fn enter(&self, state: State) -> State {
        let mut word = self.word();
        while !self.change(word, word.enter(state)) {
            word = self.word();
        }
        word.state()
    }

    /// What is left of the open time, if any.
    #[inline]
    fn left(&self, now: Tick) -> Option<Duration> {
        let left = Tick::from_nanos(self.time.load(Ordering::Relaxed)).since(now);
        (!left.is_zero()).then_some(left)
    }

    #[inline]
    fn word(&self) -> Word {
        Word(self.gate.load(Ordering::Acquire))
    }

    /// Replaces `from` by `to`; false if it is no longer `from`.
    fn change(&self, from: Word, to: Word) -> bool {
        self.gate.compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

#[inline]
fn place(config: &Config, word: Word, now: Tick) -> Place {
    Place::new(now.as_nanos(), config.part(), word.generation())
}
