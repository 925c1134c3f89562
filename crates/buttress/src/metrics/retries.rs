//! Families and series of retries.

use super::collect::{Page, owned};
use super::families::family;
use super::family::{Family, Kind, Labels, Value};
use crate::registry::RetryStatus;
use crate::retry::GiveUp;

const POLICY: &[&str] = &["policy"];

pub(super) static RETRY_ATTEMPTS: Family = family(
    Kind::Counter,
    "retry_attempts_total",
    &["policy", "attempt"],
    "attempts",
    "Attempts by their number, 1 to 10 and `more`. First ones are counted when they end, others when they are sent.",
);
pub(super) static RETRY_DELAY: Family = family(
    Kind::Histogram,
    "retry_backoff_delay_seconds",
    POLICY,
    "seconds",
    "Waits before retries, as they were decided, with buckets from 1 ms to 512 ms. A call that is dropped ends its wait early.",
);
pub(super) static RETRY_SUCCESSES: Family = family(
    Kind::Counter,
    "retry_success_total",
    POLICY,
    "calls",
    "Calls that succeeded, with however many attempts.",
);
pub(super) static RETRY_FAILURES: Family = family(
    Kind::Counter,
    "retry_failures_total",
    &["policy", "reason"],
    "calls",
    "Calls that failed for good, by why there was no further attempt: attempts (all made), budget (spent), deadline (too near), hint (the peer asks for too long a wait), not_retryable, not_replayable.",
);
pub(super) static RETRY_CANCELLED: Family = family(
    Kind::Counter,
    "retry_cancelled_total",
    POLICY,
    "calls",
    "Calls that were dropped before they had a result.",
);
pub(super) static RETRY_PANICS: Family = family(
    Kind::Counter,
    "retry_panics_total",
    POLICY,
    "calls",
    "Cancelled calls that were dropped by a panic.",
);
pub(super) static RETRY_BALANCE: Family = family(
    Kind::Gauge,
    "retry_budget_balance",
    POLICY,
    "retries",
    "Retries that the budget would grant now; policies that share one show the same. Absent without a budget.",
);

impl Page {
    pub(super) fn retry(&mut self, name: &str, retry: &RetryStatus) {
        let labels = || -> Labels { vec![("policy", owned(name))] };
        let labels_with = |label, value| {
            let mut labels = labels();
            labels.push((label, value));
            labels
        };
        let (beyond, counted) = retry.totals.attempts().split_last().expect("there is one for those beyond");
        for (number, attempts) in (1..).zip(counted) {
            self.count(&RETRY_ATTEMPTS, labels_with("attempt", number.to_string().into()), *attempts);
        }
        self.count(&RETRY_ATTEMPTS, labels_with("attempt", "more".into()), *beyond);
        self.put(&RETRY_DELAY, labels(), Value::Durations(retry.delays.clone()));
        self.count(&RETRY_SUCCESSES, labels(), retry.successes);
        for why in GiveUp::ALL {
            let labels = labels_with("reason", why.as_str().into());
            self.count(&RETRY_FAILURES, labels, retry.totals.gave_up(why));
        }
        self.count(&RETRY_CANCELLED, labels(), retry.cancelled);
        self.count(&RETRY_PANICS, labels(), retry.totals.panicked);
        if let Some(budget) = &retry.budget {
            self.level(&RETRY_BALANCE, labels(), budget.balance as f64);
        }
    }
}
