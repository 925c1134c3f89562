//! D1: the breaker answers as a plain machine does that keeps every call in a list.

use super::*;
use proptest::prelude::*;

/// The plain machine.
struct Oracle {
    config: Config,
    state: Plain,
    generation: u64,
    calls: Vec<(u64, bool)>,
    level: u32,
    closed_at: Tick,
    open_for: Duration,
    told: Vec<Change>,
}

#[derive(Clone, Copy, PartialEq)]
enum Plain {
    Closed,
    Open { due: Tick },
    Half { leased_at: Tick, out: u8, good: u8, bad: u8 },
}

/// The generation a call was admitted in.
type Ticket = u64;

impl Oracle {
    fn new(config: Config) -> Self {
        let (state, calls, told) = (Plain::Closed, Vec::new(), Vec::new());
        let (closed_at, open_for) = (Tick::ZERO, Duration::ZERO);
        Self { config, state, generation: 0, calls, level: 0, closed_at, open_for, told }
    }

    fn enter(&mut self, state: Plain, change: Change) {
        (self.state, self.generation) = (state, self.generation + 1);
        self.told.push(change);
    }

    fn ask(&mut self, now: Tick) -> Result<Ticket, Duration> {
        if let Plain::Open { due } = self.state {
            if now < due {
                return Err(due.since(now));
            }
            self.enter(Plain::Half { leased_at: due, out: 0, good: 0, bad: 0 }, Change::HalfOpened);
        }
        if let Plain::Half { leased_at, out, good, bad } = &mut self.state {
            let config = &self.config;
            let decided = *bad >= config.failures_to_reopen;
            let missing = config.success_threshold.saturating_sub(*good);
            let places = if decided { 0 } else { missing.min(config.half_open_max_in_flight()) };
            if *out >= places {
                let expires = *leased_at + config.lease;
                if now < expires || places == 0 {
                    return Err(expires.since(now).clamp(Duration::from_nanos(1), secs(1)));
                }
                *out = 0;
                self.generation += 1;
            }
            *out += 1;
            *leased_at = now.max(*leased_at);
        }
        Ok(self.generation)
    }

    fn end(&mut self, ticket: Option<Ticket>, failed: bool, now: Tick) {
        let current = ticket.is_none_or(|ticket| ticket == self.generation);
        match self.state {
            Plain::Closed if current => self.count(failed, now),
            Plain::Half { out, .. } if current && out > 0 => self.probe(failed, now),
            Plain::Open { due } if failed && self.config.late_failure_extends => {
                self.state = Plain::Open { due: due.max(now + self.open_for) };
            }
            _ => {}
        }
    }

    fn count(&mut self, failed: bool, now: Tick) {
        let config = self.config;
        if !failed && config.clear_on_success {
            self.calls.clear();
        }
        if failed || !config.clear_on_success {
            self.calls.push((now.as_nanos() / config.part, failed));
        }
        let lap = now.as_nanos() / config.part;
        let within = || self.calls.iter().filter(|(then, _)| lap - then < 3);
        let failures = within().filter(|(_, failed)| *failed).count();
        let share = failures as f64 / within().count() as f64;
        if failed && failures >= config.failure_threshold.into() && share >= config.failure_rate.get() {
            if self.closed_at + config.failure_window < now {
                self.level = 0;
            }
            self.open(now);
        }
    }

    fn probe(&mut self, failed: bool, now: Tick) {
        let Plain::Half { out, good, bad, .. } = &mut self.state else { return };
        *out -= 1;
        if failed {
            *bad += 1;
        } else {
            *good += 1;
        }
        if failed && *bad >= self.config.failures_to_reopen {
            self.level += u32::from(*good == 0);
            self.open(now);
        } else if !failed && *good >= self.config.success_threshold {
            self.closed_at = now;
            self.calls.clear();
            self.enter(Plain::Closed, Change::Closed);
        }
    }

    fn open(&mut self, now: Tick) {
        self.open_for = self.config.open_time(self.level, 7 ^ self.generation);
        self.enter(Plain::Open { due: now + self.open_for }, Change::Opened);
    }

    fn cancel(&mut self, ticket: Ticket) {
        if let Plain::Half { out, .. } = &mut self.state
            && ticket == self.generation
        {
            // A judgement without a ticket may have been taken for it.
            *out = out.saturating_sub(1);
        }
    }

    fn reset(&mut self) {
        (self.calls, self.level, self.closed_at) = (Vec::new(), 0, Tick::ZERO);
        match self.state {
            Plain::Closed => self.generation += 1,
            _ => self.enter(Plain::Closed, Change::Closed),
        }
    }

    fn name(&self) -> State {
        match self.state {
            Plain::Closed => State::Closed,
            Plain::Open { .. } => State::Open,
            Plain::Half { .. } => State::HalfOpen,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Ask,
    /// Ends the call that is the so manieth of those under way.
    End(usize, bool),
    Cancel(usize),
    Judge(bool),
    Pass(Duration),
    Reset,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Ask),
        6 => (any::<usize>(), prop::bool::weighted(0.6)).prop_map(|(which, failed)| Step::End(which, failed)),
        1 => any::<usize>().prop_map(Step::Cancel),
        2 => any::<bool>().prop_map(Step::Judge),
        3 => (0_u64..3_000).prop_map(|time| Step::Pass(millis(time))),
        1 => prop_oneof![
            Just(Duration::from_nanos(1)),
            (1_u64..100).prop_map(|days| secs(days * 86_400)),
            Just(secs(100 * 366 * 86_400)),
        ].prop_map(Step::Pass),
        1 => prop::bool::weighted(0.2).prop_map(|reset| if reset { Step::Reset } else { Step::Ask }),
    ];
    prop::collection::vec(step, 0..200)
}

fn configs() -> impl Strategy<Value = Config> {
    let knobs = (1_u16..6, 1_u64..20, 0_u8..=4, any::<bool>(), any::<bool>());
    let recovery = (1_u8..4, 1_u8..4, 1_u8..3, 500_u64..5_000, 0_u8..=2);
    (knobs, recovery).prop_map(
        |((failures, window, rate, clear, extends), (good, probes, bad, open, jitter))| {
            let builder = Config::builder().failure_threshold(failures).failure_window(secs(window));
            let builder = builder.failure_rate(f64::from(rate) / 4.0).clear_on_success(clear);
            let builder = builder.late_failure_extends(extends).success_threshold(good);
            let builder = builder.half_open_max_in_flight(probes).failures_to_reopen(bad).lease(secs(2));
            let builder = builder.open_for(millis(open)).escalation(2.0, secs(20));
            builder.jitter(f64::from(jitter) / 4.0).build().expect("settings that work")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn d1_d4_d8_f7_the_breaker_of_a_peer_answers_as_a_list_of_all_its_calls_does(
        config in configs(),
        steps in steps(),
    ) {
        let (mut rig, mut oracle) = (Rig::new(config), Oracle::new(config));
        let mut under_way: Vec<(Word, Ticket)> = Vec::new();
        for step in steps {
            match step {
                Step::Ask => match (rig.ask(), oracle.ask(rig.now)) {
                    (Ok(word), Ok(ticket)) => under_way.push((word, ticket)),
                    (Err(left), Err(expected)) => prop_assert_eq!(left, expected),
                    (asked, expected) => prop_assert!(false, "{asked:?} and not {expected:?}"),
                },
                Step::End(which, failed) if !under_way.is_empty() => {
                    let (word, ticket) = under_way.swap_remove(which % under_way.len());
                    rig.end(word, failed);
                    oracle.end(Some(ticket), failed, rig.now);
                }
                Step::Cancel(which) if !under_way.is_empty() => {
                    let (word, ticket) = under_way.swap_remove(which % under_way.len());
                    rig.breaker.release(word);
                    oracle.cancel(ticket);
                }
                Step::Judge(failed) => {
                    rig.judge(failed);
                    oracle.end(None, failed, rig.now);
                }
                Step::Pass(time) => rig.pass(time),
                Step::Reset => {
                    rig.reset();
                    oracle.reset();
                }
                Step::End(..) | Step::Cancel(_) => {}
            }
            prop_assert_eq!(rig.breaker.state(), oracle.name());
            prop_assert_eq!(&rig.told, &oracle.told);
        }
    }

    #[test]
    fn d5_d8_f1_it_closes_again_whatever_happened_and_however_the_clock_jumped(
        config in configs(),
        steps in steps(),
        jumps in prop::collection::vec(any::<u64>(), 1..20),
    ) {
        let mut rig = Rig::new(config);
        let mut under_way = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Ask => under_way.extend(rig.ask()),
                Step::End(which, failed) if !under_way.is_empty() => {
                    let ticket = under_way.swap_remove(which % under_way.len());
                    rig.end(ticket, failed);
                }
                Step::Judge(failed) => rig.judge(failed),
                // Forward or back, up to both ends of the time that there is.
                _ => rig.now = Tick::from_nanos(jumps[number % jumps.len()]),
            }
        }
        // The clock goes on from the latest that it showed; probes that never end give their places up.
        rig.now = Tick::from_nanos(jumps.iter().copied().max().unwrap_or(0)).max(rig.now);
        let room = rig.now < Tick::from_nanos(u64::MAX / 2);
        let deadline = rig.now + secs(20) * 2 + config.lease + secs(u64::from(config.success_threshold));
        while room && rig.breaker.state() != State::Closed {
            prop_assert!(rig.now <= deadline, "not closed by {deadline}");
            rig.call(false);
            rig.pass(secs(1));
        }
    }
}
