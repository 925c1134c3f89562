//! A day of a shop, and what a failure log makes of it: which fault comes every half an hour, which two come together, what
//! is worse since the afternoon, and what to do.
//!
//! The day is invented, and the same each time. `cargo run -p buttress-examples --example failure_review`

use buttress_core::failure_log::{Config, Failure, FailureLog, Filter, Operation, Options};
use buttress_core::{FailureKind, Tick};
use std::time::{Duration, SystemTime};

/// The beginning of the 4th of March 2026, in seconds since 1970.
const MIDNIGHT: u64 = 1_772_582_400;
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What can be wrong on top of what always is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Planted {
    /// The export of reports fails every 30 min.
    pub(crate) periodic: bool,
    /// Whenever the pool of the inventory's database is empty, orders do not find their articles.
    pub(crate) pair: bool,
    /// Since 16:40 every 30th suggestion fails.
    pub(crate) regression: bool,
}

/// An operation, what is asked of it, and how it fails on any day.
struct Work {
    component: &'static str,
    operation: &'static str,
    calls_a_minute: f64,
    /// The share of calls that fail so.
    faults: &'static [(f64, Fault)],
}

/// A way to fail.
#[derive(Clone, Copy)]
struct Fault {
    error_type: &'static str,
    /// Its message, with a number for `{}`.
    message: &'static str,
    kind: FailureKind,
}

const fn fault(error_type: &'static str, message: &'static str, kind: FailureKind) -> Fault {
    Fault { error_type, message, kind }
}

const RESET: Fault =
    fault("io::ConnectionReset", "connection reset by peer 10.0.3.{}:9042", FailureKind::Connection);
const SLOW: Fault = fault("Timeout", "no answer within 2000 ms, query {}", FailureKind::Timeout);
const GATEWAY: Fault = fault("HttpStatus", "gateway answered 502 for request {}", FailureKind::Response);
const DECLINED: Fault = fault("ValidationError", "card ending in {} is invalid", FailureKind::Error);
const DEADLOCK: Fault =
    fault("DeadlockDetected", "transaction {} was rolled back: deadlock", FailureKind::Error);
const EXPIRED: Fault = fault("AuthenticationError", "token of user {} has expired", FailureKind::Response);
const MAILBOX: Fault =
    fault("SmtpError", "mailbox user{}@example.com is not available", FailureKind::Response);
const FULL: Fault =
    fault("io::StorageFull", "cannot write thumbnail {}: no space left on device", FailureKind::Error);
const LOCK: Fault = fault("TableLocked", "table reports is locked by job {}", FailureKind::Error);
const POOL: Fault =
    fault("PoolTimedOut", "no connection to the database free after 5 s, {} waiting", FailureKind::Timeout);
const ARTICLE: Fault = fault("LookupFailed", "stock of article {} is not known", FailureKind::Response);
const INDEX: Fault = fault("IndexOutOfRange", "suggestion {} is out of range", FailureKind::Error);

const WORK: [Work; 10] = [
    work("catalogue", "search", 40.0, &[(0.003, RESET), (0.001, SLOW)]),
    work("catalogue", "suggest", 20.0, &[(0.002, SLOW), (0.0005, INDEX)]),
    work("payments", "charge", 10.0, &[(0.01, DECLINED), (0.003, GATEWAY)]),
    work("payments", "refund", 1.0, &[(0.02, GATEWAY)]),
    work("orders", "reserve", 15.0, &[(0.003, DEADLOCK), (0.0001, ARTICLE)]),
    work("inventory", "lookup", 30.0, &[(0.001, RESET), (0.00005, POOL)]),
    work("accounts", "login", 20.0, &[(0.02, EXPIRED)]),
    work("mail", "send", 5.0, &[(0.03, MAILBOX), (0.005, RESET)]),
    work("images", "resize", 8.0, &[(0.002, FULL)]),
    work("reports", "export", 0.5, &[(0.01, LOCK)]),
];
const SUGGEST: usize = 1;
const RESERVE: usize = 4;
const LOOKUP: usize = 5;
const EXPORT: usize = 9;

const fn work(
    component: &'static str,
    operation: &'static str,
    calls_a_minute: f64,
    faults: &'static [(f64, Fault)],
) -> Work {
    Work { component, operation, calls_a_minute, faults }
}

/// Numbers that only look like chance: SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.roll() * end as f64) as u64
    }
}

/// What happens: a time, at what work, and how it fails if it does.
type Call = (u64, usize, Option<Fault>);

/// A day of it.
pub(crate) fn day(seed: u64, planted: Planted) -> FailureLog {
    days(1, seed, planted)
}

/// So many days of it, with what is planted in the first. Three times as much is asked at noon as at midnight, and up to three
/// times a day a part is out for some minutes.
pub(crate) fn days(days: u64, seed: u64, planted: Planted) -> FailureLog {
    let dice = &mut Dice(seed);
    let end = days * DAY;
    let outages: Vec<(u64, u64, usize)> = (0..days * dice.below(4))
        .map(|_| (dice.below(end), (2 + dice.below(9)) * MINUTE, dice.below(WORK.len() as u64) as usize))
        .collect();
    let mut calls: Vec<Call> = Vec::new();
    for (at, work) in WORK.iter().enumerate() {
        for minute in 0..end / MINUTE {
            let noon = (minute as f64 / 1440.0 * std::f64::consts::TAU).cos();
            let mut expected = work.calls_a_minute * (1.0 - 0.5 * noon);
            while expected > 0.0 {
                if dice.roll() < expected {
                    let when = minute * MINUTE + dice.below(MINUTE);
                    calls.push((when, at, ending(dice, work, at, when, &outages)));
                }
                expected -= 1.0;
            }
        }
    }
    plant(dice, planted, &mut calls);
    calls.sort_by_key(|&(when, at, _)| (when, at));

    let log = FailureLog::new(Config::default(), at_time(0), tick(0));
    let operations: Vec<Operation> =
        WORK.iter().map(|work| log.operation(work.operation, work.component)).collect();
    for (when, at, failed) in calls {
        let now = tick(when);
        match failed {
            None => operations[at].succeeded(now),
            Some(fault) => {
                let number = 100 + dice.below(900);
                let message = fault.message.replace("{}", &number.to_string());
                let took = if fault.kind == FailureKind::Timeout { 2_000 } else { 5 + dice.below(80) };
                let failure = Failure::of(&operations[at])
                    .message(&message)
                    .error_type(fault.error_type)
                    .kind(fault.kind)
                    .took(Duration::from_millis(took))
                    .with("host", &"shop-1");
                log.record(&failure, at_time(when), now);
            }
        }
    }
    log
}

fn ending(
    dice: &mut Dice,
    work: &Work,
    at: usize,
    when: u64,
    outages: &[(u64, u64, usize)],
) -> Option<Fault> {
    let out = outages
        .iter()
        .any(|&(start, long, where_to)| where_to == at && (start..start + long).contains(&when));
    if out && dice.roll() < 0.6 {
        return Some(RESET);
    }
    work.faults.iter().find_map(|&(share, fault)| (dice.roll() < share).then_some(fault))
}

fn plant(dice: &mut Dice, planted: Planted, calls: &mut Vec<Call>) {
    if planted.periodic {
        for turn in 0..48 {
            let due = turn * 30 * MINUTE + 7 * MINUTE + dice.below(80_000);
            // It is not always that it fails.
            if dice.roll() < 0.92 {
                calls.extend((0..2 + dice.below(4)).map(|one| (due + one * 900, EXPORT, Some(LOCK))));
            }
        }
    }
    if planted.pair {
        for _ in 0..14 {
            let empty = dice.below(DAY - 10 * MINUTE);
            calls.extend((0..2 + dice.below(3)).map(|one| (empty + one * 1_100, LOOKUP, Some(POOL))));
            if dice.roll() < 0.97 {
                let later = empty + 20_000 + dice.below(50_000);
                calls.extend((0..1 + dice.below(3)).map(|one| (later + one * 700, RESERVE, Some(ARTICLE))));
            }
        }
    }
    if planted.regression {
        for (when, at, ended) in calls.iter_mut() {
            if *when >= 16 * HOUR + 40 * MINUTE
                && *at == SUGGEST
                && ended.is_none()
                && dice.roll() < 1.0 / 30.0
            {
                *ended = Some(INDEX);
            }
        }
    }
}

/// So many milliseconds into the day.
fn at_time(of_day: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(MIDNIGHT) + Duration::from_millis(of_day)
}

/// The same by the clock that only goes forward.
fn tick(of_day: u64) -> Tick {
    Tick::from_nanos((HOUR + of_day) * 1_000_000)
}

/// When the day is over.
pub(crate) fn midnight() -> SystemTime {
    at_time(DAY)
}

/// The day that is reviewed.
pub(crate) fn filter() -> Filter {
    Filter::default().since(at_time(0))
}

pub(crate) fn run() {
    let log = day(4, Planted { periodic: true, pair: true, regression: true });
    let review = log.review(&filter(), &Options::default(), midnight());
    println!("{review}");

    let analysis = &review.analysis;
    assert_eq!(analysis.periodic[0].period, Duration::from_secs(1_800), "the export of reports");
    assert_eq!(analysis.regressions[0].subject.place(), "catalogue/suggest");
    assert_eq!(analysis.correlations[0].other.place(), "orders/reserve");
    assert_eq!(analysis.findings(), 3, "and no fourth");

    let last = &analysis.recent[0];
    let report = log.report(last.id, midnight()).expect("it is one of the last");
    println!("\n{report}");
}

fn main() {
    run();
}
