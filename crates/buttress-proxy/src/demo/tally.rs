//! The bookkeeping: every request belongs to the second of its arrival and is counted once.

use std::collections::VecDeque;
use std::time::Duration;

use buttress::circuit_breaker::State;

use super::effort::{Effort, Ledger};
use super::load::Answer;
use super::report::{OriginRow, Row, Share, StretchSummary};
use super::schedule::{NAMES, Phase, Stretch};

/// Seconds under way and the sums of those that are done.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Oldest first; only the last one may still have arrivals.
    seconds: VecDeque<Second>,
    /// In their order, and only those that have come.
    pub(super) stretches: Vec<StretchSummary>,
    pub(super) attempts: u64,
    pub(super) retries: u64,
    pub(super) ledger: Ledger,
    pub(super) entered: [Entered; NAMES.len()],
}

/// How often a breaker entered each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entered {
    pub(super) open: u64,
    pub(super) half_open: u64,
    pub(super) closed: u64,
}

#[derive(Debug)]
struct Second {
    row: Row,
    latencies: Vec<Duration>,
    over: bool,
}

impl Tally {
    /// A second begins; arrivals are its own until the next one begins.
    pub(super) fn begin(&mut self, second: u64, (stretch, phase): (Stretch, Phase)) {
        let (effort, origins) = (Effort::default(), Vec::new());
        let row = Row { second, stretch, phase, requests: 0, good: 0, p99_ms: None, effort, origins };
        self.seconds.push_back(Second { row, latencies: Vec::new(), over: false });
    }

    /// A request has been sent in the second under way.
    pub(super) fn arrived(&mut self) {
        self.seconds.back_mut().expect("a second has begun").row.requests += 1;
    }

    /// A request has ended, perhaps one of an earlier second.
    pub(super) fn answered(&mut self, answer: Answer) {
        let arrival = self.seconds.iter_mut().find(|second| second.row.second == answer.second);
        let second = arrival.expect("a second stays until its last request has ended");
        second.row.good += u64::from(answer.good);
        second.latencies.push(answer.latency);
    }

    /// The second under way is over, this was done in it, and so stand the origins.
    pub(super) fn end(&mut self, effort: Effort, origins: Vec<OriginRow>) {
        if let Some(second) = self.seconds.back_mut() {
            second.row.effort = effort;
            second.row.origins = origins;
            second.over = true;
        }
    }

    /// The oldest second, once it is over and all its requests have ended.
    pub(super) fn complete(&mut self) -> Option<Row> {
        let oldest = self.seconds.front()?;
        if !oldest.over || (oldest.latencies.len() as u64) < oldest.row.requests {
            return None;
        }
        let Second { row, mut latencies, .. } = self.seconds.pop_front()?;
        let row = Row { p99_ms: p99(&mut latencies).map(milliseconds), ..row };
        let stretch = self.stretch(row.stretch);
        stretch.share = stretch.share.plus(&row.share());
        for (attempts, origin) in stretch.attempts.iter_mut().zip(&row.origins) {
            *attempts += origin.attempts;
        }
        self.attempts += row.effort.attempts;
        self.retries += row.effort.retries;
        self.ledger.add(row.requests, row.effort.retries);
        for (entered, breaker) in self.entered.iter_mut().zip(&row.origins) {
            entered.add(breaker);
        }
        Some(row)
    }

    /// The last one; rows come in order.
    fn stretch(&mut self, stretch: Stretch) -> &mut StretchSummary {
        if self.stretches.last().is_none_or(|last| last.stretch != stretch) {
            let attempts = [0; NAMES.len()];
            self.stretches.push(StretchSummary { stretch, share: Share::default(), attempts });
        }
        self.stretches.last_mut().expect("one was just added")
    }
}

impl Entered {
    fn add(&mut self, breaker: &OriginRow) {
        for transition in &breaker.transitions {
            match transition.to {
                State::Open => self.open += 1,
                State::HalfOpen => self.half_open += 1,
                State::Closed => self.closed += 1,
                _ => {}
            }
        }
    }
}

/// By nearest rank: one in a hundred took longer.
fn p99(latencies: &mut [Duration]) -> Option<Duration> {
    let rank = (latencies.len() * 99).div_ceil(100).checked_sub(1)?;
    Some(*latencies.select_nth_unstable(rank).1)
}

/// With one decimal, which is what the timer can tell.
fn milliseconds(latency: Duration) -> f64 {
    (latency.as_secs_f64() * 10_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::super::report::Transition;
    use super::*;

    const CALM: (Stretch, Phase) = (Stretch::Calm, Phase::Calm);

    fn answer(second: u64, good: bool, milliseconds: u64) -> Answer {
        Answer { second, good, latency: Duration::from_millis(milliseconds) }
    }

    #[test]
    fn a_second_is_complete_when_it_is_over_and_its_last_request_has_ended() {
        let mut tally = Tally::default();
        tally.begin(1, CALM);
        tally.arrived();
        tally.arrived();
        tally.answered(answer(1, true, 1));
        assert!(tally.complete().is_none(), "not over");
        tally.end(Effort::default(), Vec::new());
        assert!(tally.complete().is_none(), "one request under way");

        tally.begin(2, (Stretch::Outage, Phase::Outage));
        tally.arrived();
        tally.answered(answer(2, true, 1));
        let breaker = OriginRow { name: "a", state: State::Open, attempts: 7, transitions: Vec::new() };
        tally.end(Effort::default(), vec![breaker]);
        assert!(tally.complete().is_none(), "rows come in order");

        tally.answered(answer(1, false, 1_000));
        let row = tally.complete().expect("the straggler has ended");
        assert_eq!((row.second, row.requests, row.good, row.p99_ms), (1, 2, 1, Some(1_000.0)));
        assert_eq!(tally.complete().expect("the second is complete").second, 2);
        let [calm, outage] = tally.stretches[..] else { panic!("two: {tally:?}") };
        assert_eq!((calm.stretch, calm.share), (Stretch::Calm, Share { seconds: 1, requests: 2, good: 1 }));
        assert_eq!(outage.share, Share { seconds: 1, requests: 1, good: 1 });
        assert_eq!((calm.attempts, outage.attempts), ([0; 4], [7, 0, 0, 0]));
    }

    #[test]
    fn the_p99_is_the_third_slowest_of_three_hundred_and_the_slowest_of_few() {
        let mut latencies: Vec<_> = (1..=300).rev().map(Duration::from_millis).collect();
        assert_eq!(p99(&mut latencies), Some(Duration::from_millis(297)));
        assert_eq!(p99(&mut latencies[..5]), latencies[..5].iter().max().copied());
        assert_eq!(p99(&mut []), None);
    }

    #[test]
    fn transitions_count_for_the_state_they_enter() {
        let transition = |from, to| Transition { from, to, cause: String::new() };
        let transitions = vec![
            transition(State::Closed, State::Open),
            transition(State::Open, State::HalfOpen),
            transition(State::HalfOpen, State::Open),
        ];
        let mut tally = Tally::default();
        tally.begin(1, CALM);
        tally.end(
            Effort::default(),
            vec![OriginRow { name: "a", state: State::Open, attempts: 0, transitions }],
        );
        tally.complete().expect("an empty second is complete when it is over");
        assert_eq!(tally.entered[0], Entered { open: 2, half_open: 1, closed: 0 });
    }
}
