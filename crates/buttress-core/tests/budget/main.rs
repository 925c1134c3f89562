//! E2: whatever is done to a budget, retries stay within their share of the requests.
#![cfg(not(buttress_loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bucket;
mod edges;
mod oracle;
mod share;
mod threads;

use buttress_core::Tick;
use buttress_core::retry::Budget;
use buttress_core::retry::budget::{Config, Withdrawal};
use oracle::{BILLION, Oracle, Rule};
use proptest::prelude::*;
use proptest::test_runner::{Config as Settings, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

/// Unless `PROPTEST_CASES` asks for another number.
const CASES: u32 = 10_000;
const SECOND: u64 = 1_000_000_000;
const CENTURY: u64 = 100 * 31_557_600 * SECOND;

/// What is done, so much time before the present.
#[derive(Clone, Copy, Debug)]
enum Op {
    Deposit {
        times: u8,
        late: u64,
    },
    Withdraw {
        times: u8,
        late: u64,
    },
    Refund {
        which: usize,
    },
    /// In tenths of the window, and nanoseconds more or less than that.
    Pass {
        slots: u64,
        more: i8,
    },
    Jump(u64),
    Back(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let late = || prop_oneof![6 => Just(0), 1 => 0..5 * SECOND, 1 => 0..1_000 * SECOND];
    prop_oneof![
        6 => (1..20_u8, late()).prop_map(|(times, late)| Op::Deposit { times, late }),
        6 => (1..10_u8, late()).prop_map(|(times, late)| Op::Withdraw { times, late }),
        2 => any::<usize>().prop_map(|which| Op::Refund { which }),
        4 => (0..=12_u64, -1..=1_i8).prop_map(|(slots, more)| Op::Pass { slots, more }),
        2 => (0..SECOND).prop_map(Op::Jump),
        1 => prop_oneof![0..100 * SECOND, Just(CENTURY)].prop_map(Op::Jump),
        1 => prop_oneof![0..100 * SECOND, Just(u64::MAX)].prop_map(Op::Back),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let ratio =
        prop_oneof![Just(200_000_000_u128), Just(0), Just(333_333_333), Just(1), 0..=2_000_000_000_u128];
    let rate = prop_oneof![Just(BILLION), Just(0), 0..=3 * BILLION];
    let window = prop_oneof![
        Just(10 * SECOND),
        Just(SECOND / 10),
        (1..=100_000_u64).prop_map(|width| SECOND / 10 + width * 10)
    ];
    let rule = (ratio, rate, window).prop_map(|(ratio, rate, window)| Rule { ratio, rate, window });
    rule.prop_filter("grants something", |rule| rule.ratio > 0 || rule.floor() >= BILLION)
}

/// The budget, the oracle, and what both gave out.
struct Pair {
    rule: Rule,
    budget: Budget,
    oracle: Oracle,
    /// With the oracle's number of it.
    out: Vec<(Withdrawal, usize)>,
    granted: usize,
    now: u64,
    seen: BTreeMap<&'static str, u32>,
}

impl Pair {
    fn new(rule: Rule) -> Self {
        let start = 1_000 * SECOND;
        let decimal = |billionths: u128| billionths as f64 / 1e9;
        let config = Config::new(decimal(rule.ratio), decimal(rule.rate), Duration::from_nanos(rule.window));
        let budget = Budget::new(config.unwrap(), Tick::from_nanos(start));
        let (oracle, out, seen) = (Oracle::new(rule, start), Vec::new(), BTreeMap::new());
        Self { rule, budget, oracle, out, granted: 0, now: start, seen }
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Deposit { times, late } => {
                let at = self.now.saturating_sub(late);
                for _ in 0..times {
                    self.budget.deposit(Tick::from_nanos(at));
                    self.oracle.deposit(at);
                }
            }
            Op::Withdraw { times, late } => {
                let at = self.now.saturating_sub(late);
                for _ in 0..times {
                    self.withdraw(at);
                }
            }
            Op::Refund { which } if !self.out.is_empty() => {
                let (withdrawal, number) = self.out.swap_remove(which % self.out.len());
                self.budget.refund(withdrawal);
                let counted = self.oracle.refund(number);
                self.note(if counted { "refunded in time" } else { "refunded too late" });
            }
            Op::Refund { .. } => {}
            Op::Pass { slots, more } => {
                let slot = self.rule.window / 10;
                let edge = (self.now / slot + slots).saturating_mul(slot);
                self.now = edge.saturating_add_signed(more.into());
            }
            Op::Jump(by) => self.now = self.now.saturating_add(by),
            Op::Back(by) => self.now = self.now.saturating_sub(by),
        }
        let balance = self.budget.snapshot(Tick::from_nanos(self.now)).balance;
        assert_eq!(balance, self.oracle.balance(self.now), "balance");
    }

    fn withdraw(&mut self, at: u64) {
        let granted = self.budget.withdraw(Tick::from_nanos(at));
        assert_eq!(granted.is_some(), self.oracle.withdraw(at), "withdrawal at {at}");
        self.note(if granted.is_some() { "granted" } else { "refused" });
        if let Some(withdrawal) = granted {
            self.out.push((withdrawal, self.granted));
            self.granted += 1;
        }
    }

    fn note(&mut self, name: &'static str) {
        *self.seen.entry(name).or_default() += 1;
    }
}

#[test]
fn e2_f1_d8_every_sequence_matches_the_oracle_and_keeps_within_its_bounds() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let settings = Settings { cases, failure_persistence: None, ..Settings::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"a budget reckons as plain sums  ");
    let reached = RefCell::new(BTreeMap::<_, u32>::new());
    let strategy = (rule(), proptest::collection::vec(op(), 1..=100));
    let result = TestRunner::new_with_rng(settings, rng).run(&strategy, |(rule, ops)| {
        let mut pair = Pair::new(rule);
        ops.iter().for_each(|op| pair.apply(*op));
        pair.oracle.assert_bound_of_all_times();
        for name in pair.seen.into_keys() {
            *reached.borrow_mut().entry(name).or_default() += 1;
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let reached = reached.into_inner();
    println!("of {cases} cases: {reached:?}");
    for name in ["granted", "refused", "refunded in time", "refunded too late"] {
        assert!(reached.get(name).is_some_and(|times| *times >= cases / 10), "{name} is hardly reached");
    }
}
