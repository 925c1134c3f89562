//! Peers that behave as they are told, asked 300 times a second by a clock that is moved by hand.

use crate::dice::Rolls;
use crate::selection::{Config, Picked, Selection};
use crate::{FailureKind, Ledger, Outcome, Tick, clock};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::time::Duration;

pub(super) const PER_SECOND: u64 = 300;
const BETWEEN: Duration = Duration::from_nanos(1_000_000_000 / PER_SECOND);

/// What callers do about a peer that does not answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Caller {
    /// They say after so many seconds that it failed.
    TimesOut(u64),
    /// They drop the call after so many seconds, as a timeout above does.
    Leaves(u64),
}

impl Caller {
    fn gives_up(self) -> (Outcome, Duration) {
        match self {
            Self::TimesOut(after) => (Outcome::Failure(FailureKind::Timeout), Duration::from_secs(after)),
            Self::Leaves(after) => (Outcome::Cancelled, Duration::from_secs(after)),
        }
    }
}

/// What a peer does with a request that comes at so many milliseconds since the beginning.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behaviour {
    /// Answers within 5 to 15 ms.
    Good,
    /// Twenty times as slow.
    Slow,
    /// Fails within a millisecond.
    Fails,
    /// Says within a millisecond that it is asked too much.
    Throttles,
    /// Does not answer callers like this.
    Hangs(Caller),
    /// Is good for two seconds and fails for two.
    Flaps,
    /// Fails from this second on, to that one.
    FailsBetween(u64, u64),
    /// Does not answer from this second on, to that one.
    HangsBetween(u64, u64, Caller),
}

impl Behaviour {
    fn answer(self, millis: u64, luck: f64) -> (Outcome, Duration) {
        let good = Duration::from_secs_f64(0.005 + 0.010 * luck);
        let failure = |kind, took| (Outcome::Failure(kind), took);
        let quickly = Duration::from_millis(1);
        let within = |from: u64, to: u64| (from * 1_000..to * 1_000).contains(&millis);
        match self {
            Self::Fails => failure(FailureKind::Response, quickly),
            Self::Flaps if millis % 4_000 >= 2_000 => failure(FailureKind::Connection, quickly),
            Self::FailsBetween(from, to) if within(from, to) => failure(FailureKind::Connection, quickly),
            Self::Throttles => (Outcome::Throttled, quickly),
            Self::Hangs(caller) => caller.gives_up(),
            Self::HangsBetween(from, to, caller) if within(from, to) => caller.gives_up(),
            Self::Slow => (Outcome::Success, good * 20),
            _ => (Outcome::Success, good),
        }
    }
}

/// What came of the requests of a second.
#[derive(Clone, Debug)]
pub(super) struct Second {
    pub(super) asked: Vec<u64>,
    pub(super) succeeded: u64,
    /// Nobody was to be asked.
    pub(super) refused: u64,
}

/// What came of all of them.
pub(super) struct Log {
    seconds: Vec<Second>,
    /// The longest time for which each peer was not asked.
    silences: Vec<Duration>,
}

/// A request that is under way.
struct Call {
    outcome: Outcome,
    took: Duration,
    picked: Picked<usize, ()>,
}

/// Sends requests at random times, 300 a second on average, for so many seconds.
pub(super) fn run(
    ledger: crate::Config,
    config: Config,
    peers: &[Behaviour],
    seed: u64,
    seconds: usize,
) -> Log {
    let start = clock::now();
    let selection = Selection::new(&Ledger::new("world", ledger), config);
    selection.extend((0..peers.len()).map(|peer| (peer, ())));
    let mut rolls = Rolls::of(seed);
    let none = Second { asked: vec![0; peers.len()], succeeded: 0, refused: 0 };
    let mut log = vec![none; seconds];
    let mut silences = vec![Duration::ZERO; peers.len()];
    let mut asked_last = vec![start; peers.len()];
    let mut under_way: BinaryHeap<Reverse<(Tick, usize)>> = BinaryHeap::new();
    let mut calls: Vec<Option<Call>> = Vec::new();
    let mut now = start;
    loop {
        // As many at any time as at any other (Poisson).
        now = now + BETWEEN.mul_f64(-(1.0 - rolls.share()).ln());
        let millis = u64::try_from(now.since(start).as_millis()).expect("a minute");
        let Some(second) = usize::try_from(millis / 1_000).ok().filter(|second| *second < seconds) else {
            break;
        };
        while let Some(Reverse((end, number))) =
            under_way.peek().copied().filter(|Reverse((end, _))| *end <= now)
        {
            under_way.pop();
            let Call { outcome, took, mut picked } = calls[number].take().expect("a call ends once");
            match outcome {
                Outcome::Cancelled => picked.cancel(end),
                _ => picked.record_at(outcome, Some(took), end),
            }
        }
        let Ok(picked) = selection.pick_at(now, rolls.next(), |_| true) else {
            log[second].refused += 1;
            continue;
        };
        let peer = *picked.key();
        silences[peer] = silences[peer].max(now.since(asked_last[peer]));
        asked_last[peer] = now;
        let (outcome, took) = peers[peer].answer(millis, rolls.share());
        log[second].asked[peer] += 1;
        log[second].succeeded += u64::from(outcome == Outcome::Success);
        under_way.push(Reverse((now + took, calls.len())));
        calls.push(Some(Call { outcome, took, picked }));
    }
    for (silence, asked) in silences.iter_mut().zip(asked_last) {
        *silence = (*silence).max(now.since(asked));
    }
    Log { seconds: log, silences }
}

impl Log {
    /// The share of the requests that this peer got, from one second to another.
    pub(super) fn share(&self, peer: usize, from: usize, to: usize) -> f64 {
        let seconds = &self.seconds[from..to];
        let asked: u64 = seconds.iter().map(|second| second.asked[peer]).sum();
        let all: u64 = seconds.iter().flat_map(|second| &second.asked).sum();
        asked as f64 / all.max(1) as f64
    }

    /// The share of all requests that succeeded, from one second on.
    pub(super) fn success(&self, from: usize) -> f64 {
        let seconds = &self.seconds[from..];
        let succeeded: u64 = seconds.iter().map(|second| second.succeeded).sum();
        let all: u64 = seconds.iter().map(|second| second.refused + second.asked.iter().sum::<u64>()).sum();
        succeeded as f64 / all.max(1) as f64
    }

    /// The longest time for which this peer was not asked.
    pub(super) fn silence(&self, peer: usize) -> Duration {
        self.silences[peer]
    }

    /// The most that this peer got in a second from one on, as a share of it.
    pub(super) fn busiest(&self, peer: usize, from: usize, to: usize) -> f64 {
        (from..to).map(|second| self.share(peer, second, second + 1)).fold(0.0, f64::max)
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nnot asked for at most {:?}", self.silences)?;
        writeln!(f, "second | asked of each peer | succeeded | refused")?;
        for (at, Second { asked, succeeded, refused }) in self.seconds.iter().enumerate() {
            write!(f, "{at:6} |")?;
            for asked in asked {
                write!(f, " {asked:4}")?;
            }
            writeln!(f, " | {succeeded:4} | {refused}")?;
        }
        Ok(())
    }
}
