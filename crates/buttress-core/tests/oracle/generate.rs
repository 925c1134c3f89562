//! Settings and sequences of operations.

use buttress_core::circuit_breaker::{Config, State, Window};
use buttress_core::{FailureKind, Outcome};
use proptest::prelude::*;
use std::time::Duration;

const MS: u64 = 1_000_000;

/// The settings of a breaker as bare numbers; times in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    pub(crate) window: Window,
    /// Failures in a row, those while busy, and within what time.
    pub(crate) run: Option<(u16, u16, Option<u64>)>,
    pub(crate) rate: Option<f64>,
    /// The share of slow calls, and the time that makes them slow.
    pub(crate) slow: Option<(f64, u64)>,
    pub(crate) count: Option<u32>,
    pub(crate) clear: bool,
    pub(crate) minimum: u32,
    pub(crate) throttling: bool,
    pub(crate) open_for: u64,
    pub(crate) max: u64,
    pub(crate) factor: u32,
    pub(crate) jitter: f64,
    pub(crate) hint_max: u64,
    pub(crate) extends: bool,
    pub(crate) probes: u8,
    pub(crate) successes: u8,
    pub(crate) failures: u8,
    pub(crate) lease: u64,
    pub(crate) shadow: bool,
}

impl Knobs {
    pub(crate) fn config(&self) -> Config {
        let time = Duration::from_nanos;
        let mut builder = Config::builder()
            .no_rules()
            .clear_on_success(self.clear)
            .minimum_calls(self.minimum)
            .count_throttling(self.throttling)
            .open_for(time(self.open_for))
            .escalation(self.factor.into(), time(self.max))
            .jitter(self.jitter)
            .hint_max(time(self.hint_max))
            .late_failure_extends(self.extends)
            .half_open_probes(self.probes)
            .half_open_successes(self.successes)
            .half_open_failures(self.failures)
            .probe_lease(time(self.lease))
            .shadow(self.shadow);
        builder = match self.window {
            Window::Time(length) => builder.window(length),
            Window::Calls(calls) => builder.window_of_calls(calls),
        };
        if let Some((failures, busy, within)) = self.run {
            builder = builder.consecutive_failures(failures).consecutive_failures_when_busy(busy);
            builder = builder.consecutive_failures_within(within.map(time));
        }
        if let Some(rate) = self.rate {
            builder = builder.failure_rate_threshold(rate);
        }
        if let Some((rate, slower_than)) = self.slow {
            builder = builder.slow_call_rate_threshold(rate, time(slower_than));
        }
        if let Some(count) = self.count {
            builder = builder.failures_in_window(count);
        }
        builder.build().expect("the generated settings are valid")
    }

    /// The time closed after which openings start from the first open time again.
    pub(crate) const fn calm_after(&self) -> u64 {
        match self.window {
            Window::Time(length) => length.as_nanos() as u64,
            Window::Calls(_) => self.max,
        }
    }

    /// The shortest and the longest open time that may be drawn.
    pub(crate) fn open_times(&self, level: u32, hint: u64) -> (u64, u64) {
        let grown = (0..level).fold(self.open_for, |time, _| (time * u64::from(self.factor)).min(self.max));
        let spread = (grown as f64 * self.jitter).ceil() as u64;
        let hint = hint.min(self.hint_max);
        [grown - spread, grown + spread].map(|time| time.min(self.max).max(hint).max(1)).into()
    }

    /// A length of time that matters with these settings.
    pub(crate) fn scale(&self, number: u8) -> u64 {
        let window = match self.window {
            Window::Time(length) => length.as_nanos() as u64,
            Window::Calls(_) => 1_000 * MS,
        };
        [window / 10, window, self.open_for, self.max, self.lease][usize::from(number) % 5]
    }
}

pub(crate) fn knobs() -> impl Strategy<Value = Knobs> {
    let window = prop_oneof![
        2 => prop::sample::select(vec![100, 1_000, 1_499, 1_500, 10_000, 60_000])
            .prop_map(|ms| Window::Time(Duration::from_millis(ms))),
        1 => (1_u32..30).prop_map(Window::Calls),
    ];
    let share = || prop::sample::select(vec![0.25, 0.5, 0.75, 1.0]);
    let within = prop::option::of(prop::sample::select(vec![100 * MS, 5_000 * MS, 60_000 * MS]));
    let run = (1_u16..6, 0_u16..10, within).prop_map(|(limit, more, within)| (limit, limit + more, within));
    let slow = (share(), prop::sample::select(vec![10 * MS, 500 * MS]));
    let rules = (1_u8..16, run, share(), slow, 1_u32..8, any::<bool>(), 1_u32..12, any::<bool>());
    let times = (1_u64..3_000, 0_u64..20_000, 1_u32..4, prop_oneof![3 => Just(0.0), 1 => share()]);
    let probing = (1_u8..4, 1_u8..4, 1_u8..3, prop::sample::select(vec![1, 50 * MS, 10_000 * MS]));
    let others =
        (prop::sample::select(vec![0, 2_000 * MS, 10_000 * MS]), any::<bool>(), prop::bool::weighted(0.15));
    (window, rules, times, probing, others).prop_map(|(window, rules, times, probing, others)| {
        let (mask, run, rate, slow, count, clear, minimum, throttling) = rules;
        let calls = if let Window::Calls(calls) = window { calls } else { u32::MAX };
        let on = |bit: u8| mask & (1 << bit) != 0;
        let (base, more, factor, jitter) = times;
        let (probes, successes, failures, lease) = probing;
        let (hint_max, extends, shadow) = others;
        Knobs {
            window,
            run: on(0).then_some(run),
            rate: on(1).then_some(rate),
            slow: on(2).then_some(slow),
            count: on(3).then_some(count.min(calls)),
            clear,
            minimum: minimum.min(calls),
            throttling,
            open_for: base * MS,
            max: (base + more) * MS,
            factor,
            jitter,
            hint_max,
            extends,
            probes,
            successes,
            failures,
            lease,
            shadow,
        }
    })
}

/// One thing done to a breaker. `which` picks a ticket among those that are out.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Acquire,
    Settle {
        which: u8,
        outcome: Outcome,
        hint: u64,
    },
    Cancel {
        which: u8,
    },
    Release {
        which: u8,
    },
    /// A whole call that takes a percentage of a length of time.
    Call {
        outcome: Outcome,
        scale: u8,
        percent: u8,
    },
    /// Forward by a percentage of a length of time that matters.
    Pass {
        scale: u8,
        percent: u16,
    },
    /// To the end of the open time or of the lease, or a nanosecond beside it.
    ToDue(i8),
    ToLease(i8),
    Years(u8),
    Back {
        scale: u8,
        percent: u16,
    },
    BackYears(u8),
    Force(State),
    Shadow(bool),
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let kinds = vec![FailureKind::Timeout, FailureKind::Connection, FailureKind::Response, FailureKind::Body];
    prop_oneof![
        8 => prop::sample::select(kinds).prop_map(Outcome::Failure),
        5 => Just(Outcome::Success),
        2 => Just(Outcome::Throttled),
        1 => Just(Outcome::Ignored),
        1 => Just(Outcome::Cancelled),
    ]
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let hint = prop_oneof![3 => Just(0), 1 => (0_u64..20_000).prop_map(|ms| ms * MS)];
    let beside = || prop::sample::select(vec![-1_i8, 0, 0, 1]);
    prop_oneof![
        12 => Just(Op::Acquire),
        12 => (any::<u8>(), outcome(), hint).prop_map(|(which, outcome, hint)| Op::Settle { which, outcome, hint }),
        2 => any::<u8>().prop_map(|which| Op::Cancel { which }),
        2 => any::<u8>().prop_map(|which| Op::Release { which }),
        30 => (outcome(), any::<u8>(), 0_u8..20)
            .prop_map(|(outcome, scale, percent)| Op::Call { outcome, scale, percent }),
        8 => (any::<u8>(), 0_u16..30).prop_map(|(scale, percent)| Op::Pass { scale, percent }),
        1 => (any::<u8>(), 0_u16..400).prop_map(|(scale, percent)| Op::Pass { scale, percent }),
        5 => beside().prop_map(Op::ToDue),
        2 => beside().prop_map(Op::ToLease),
        1 => (1_u8..30).prop_map(Op::Years),
        1 => (any::<u8>(), 0_u16..200).prop_map(|(scale, percent)| Op::Back { scale, percent }),
        1 => (1_u8..60).prop_map(Op::BackYears),
        1 => prop::sample::select(vec![State::ForcedOpen, State::ForcedClosed, State::Closed, State::Closed])
            .prop_map(Op::Force),
        1 => any::<bool>().prop_map(Op::Shadow),
    ]
}
