//! What is wrong, and what to change.

use std::fmt;
use std::time::Duration;

/// Numbers that do not go together, each with what they are. For people: see its [`Display`](fmt::Display), which says what
/// to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The fallback takes every HTTP response for a success.
    FallbackNotHttp,
    /// The promise is that no call fails: the first that does uses it up for a whole window, and burns at up to a billion times
    /// the rate that lasts, whether one of a thousand calls fails or each of them sets off every alert.
    ObjectiveOfEverything,
    /// A call is given up before it is slow.
    SlowerThanDeadline {
        /// From when on a call breaks the promise.
        slower_than: Duration,
        /// The limit of all attempts.
        deadline: Duration,
    },
    /// Nothing says when to shed.
    ShedsWithoutBudget,
    /// The deadline ends before the attempts that a call may make.
    DeadlineTooShort {
        /// The deadline.
        deadline: Duration,
        /// The attempts.
        attempts: u32,
        /// What they and all waits take at most.
        longest: Duration,
    },
    /// An attempt may take all the time there is.
    TimeoutNotBelowDeadline {
        /// The limit of an attempt.
        timeout: Duration,
        /// The limit of all of them.
        deadline: Duration,
    },
    /// Nothing ends an attempt that hangs, so that it is never tried again.
    RetryWithoutTimeout {
        /// The attempts.
        attempts: u32,
    },
    /// Without a deadline a caller waits for all attempts, for minutes.
    CallTooLong {
        /// The attempts.
        attempts: u32,
        /// What they and all waits take at most.
        longest: Duration,
    },
    /// More attempts than help.
    ManyAttempts {
        /// The attempts.
        attempts: u32,
    },
    /// Waits of minutes, during which the caller waits too.
    LongDelays {
        /// The longest of them.
        delay: Duration,
    },
    /// Many calls that fail at once become many times as many calls.
    RetryWithoutBudget {
        /// The attempts.
        attempts: u32,
    },
    /// Requests that may do a thing twice are sent twice.
    RetriesAnyMethod,
    /// What opened the breaker is out of its window before it asks the peer again.
    OpenNotBelowWindow {
        /// How long it stays open.
        open_for: Duration,
        /// The window.
        window: Duration,
    },
    /// The breaker counts calls and not attempts.
    BreakerCountsLoops {
        /// The failures that open it.
        failures: u32,
        /// The attempts of each.
        attempts: u32,
    },
    /// A single call opens the breaker for all.
    OneCallOpens {
        /// The failures that open it.
        failures: u32,
        /// The attempts of one call.
        attempts: u32,
    },
    /// A call is given up before it is slow.
    SlowerThanTimeout {
        /// From when on a call is slow.
        slower_than: Duration,
        /// The limit of an attempt.
        timeout: Duration,
    },
    /// A call is over before its wait for a turn is.
    WaitNotBelowDeadline {
        /// What it waits for.
        kind: &'static str,
        /// For how long.
        wait: Duration,
        /// The limit of all attempts.
        deadline: Duration,
    },
    /// An attempt that hangs keeps its place.
    PlacesWithoutLimit,
    /// The rate limit alone keeps the attempts below the limit of the bulkhead.
    NeverFull {
        /// The places.
        limit: u32,
        /// How many the rate limit and the timeout let be taken at a time.
        most: u32,
    },
    /// A part that cannot be in a registry.
    Unnamed {
        /// Its kind.
        kind: &'static str,
    },
    /// A rejection breaks the connection.
    BoxedOnTonicServer,
}

impl Warning {
    /// The kind of warning, for machines: it stays the same when the words change.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::FallbackNotHttp => "fallback_not_http",
            Self::ObjectiveOfEverything => "objective_of_everything",
            Self::SlowerThanDeadline { .. } => "slower_than_deadline",
            Self::ShedsWithoutBudget => "sheds_without_budget",
            Self::DeadlineTooShort { .. } => "deadline_too_short",
            Self::TimeoutNotBelowDeadline { .. } => "timeout_not_below_deadline",
            Self::RetryWithoutTimeout { .. } => "retry_without_timeout",
            Self::CallTooLong { .. } => "call_too_long",
            Self::ManyAttempts { .. } => "many_attempts",
            Self::LongDelays { .. } => "long_delays",
            Self::RetryWithoutBudget { .. } => "retry_without_budget",
            Self::RetriesAnyMethod => "retries_any_method",
            Self::OpenNotBelowWindow { .. } => "open_not_below_window",
            Self::BreakerCountsLoops { .. } => "breaker_counts_loops",
            Self::OneCallOpens { .. } => "one_call_opens",
            Self::SlowerThanTimeout { .. } => "slower_than_timeout",
            Self::WaitNotBelowDeadline { .. } => "wait_not_below_deadline",
            Self::PlacesWithoutLimit => "places_without_limit",
            Self::NeverFull { .. } => "never_full",
            Self::Unnamed { .. } => "unnamed",
            Self::BoxedOnTonicServer => "boxed_on_tonic_server",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FallbackNotHttp => f.write_str(
                "the fallback does not know HTTP: it takes a 503 for a success and does not see a rejection that came as a \
                 response; make it with `.http()`",
            ),
            Self::ObjectiveOfEverything => f.write_str(
                "the objective of the error budget is that no call is bad: the first that is leaves nothing for a whole window, \
                 and no burn rate tells one from a thousand; promise less than everything",
            ),
            Self::SlowerThanDeadline { slower_than, deadline } => write!(
                f,
                "a call is bad when it takes longer than {slower_than:?}, and the deadline ends it after {deadline:?}: \
                 none is ever slow; lower the limit of the objective, or raise the deadline"
            ),
            Self::ShedsWithoutBudget => {
                f.write_str("low priority is to be shed while the error budget is low, and there is none; set one")
            }
            Self::DeadlineTooShort { deadline, attempts, longest } => write!(
                f,
                "{attempts} attempts and all waits can take {longest:?}, and the deadline is {deadline:?}: \
                 the last of them may never be made; lower the timeout, the waits or the attempts, or raise the deadline"
            ),
            Self::TimeoutNotBelowDeadline { timeout, deadline } => write!(
                f,
                "one attempt may take {timeout:?}, and all of them {deadline:?}: one that hangs is never tried again; \
                 lower the timeout"
            ),
            Self::RetryWithoutTimeout { attempts } => write!(
                f,
                "there are {attempts} attempts and no limit for one: one that hangs is never tried again; set a timeout"
            ),
            Self::CallTooLong { attempts, longest } => write!(
                f,
                "{attempts} attempts and all waits can take {longest:?}, and no deadline ends them; set one, \
                 or lower the timeout, the waits or the attempts"
            ),
            Self::ManyAttempts { attempts } => write!(
                f,
                "{attempts} attempts: what fails so often is not cured by one more, and each is load for a peer that may \
                 fail because of its load; 3 to 5 are usual"
            ),
            Self::LongDelays { delay } => {
                write!(f, "a wait between two attempts can take {delay:?}, and the caller waits with it; lower the cap")
            }
            Self::RetryWithoutBudget { attempts } => write!(
                f,
                "there are {attempts} attempts and no budget: when everything fails the peer gets {attempts} times the \
                 load; give the retries a budget"
            ),
            Self::RetriesAnyMethod => f.write_str(
                "any request is tried again, and one that was processed without an answer is processed twice; leave it to \
                 idempotent methods and requests with an idempotency key",
            ),
            Self::OpenNotBelowWindow { open_for, window } => write!(
                f,
                "the breaker stays open for {open_for:?} and its window is {window:?}: the failures that opened it are \
                 forgotten before the peer is asked again; widen the window or lower the open time"
            ),
            Self::BreakerCountsLoops { failures, attempts } => write!(
                f,
                "the breaker is around the retries and counts {attempts} attempts as one failure: it opens after {} failed \
                 attempts, not {failures}; put it before each attempt or divide its threshold",
                u64::from(*failures) * u64::from(*attempts)
            ),
            Self::OneCallOpens { failures, attempts } => write!(
                f,
                "{failures} failures open the breaker and one call makes up to {attempts} attempts: a single call that \
                 cannot succeed shuts out all others; raise the threshold above the attempts"
            ),
            Self::SlowerThanTimeout { slower_than, timeout } => write!(
                f,
                "a call is slow from {slower_than:?} on and given up after {timeout:?}: none is ever slow; lower the first"
            ),
            Self::WaitNotBelowDeadline { kind, wait, deadline } => write!(
                f,
                "a call may wait {wait:?} for its turn at the {kind}, and its deadline is {deadline:?}: it is over before it \
                 is told that there is no turn, and has no time left for the call; lower the wait"
            ),
            Self::PlacesWithoutLimit => f.write_str(
                "nothing ends an attempt that hangs, and it keeps its place in the bulkhead: a few of them shut out all others; \
                 set a timeout",
            ),
            Self::NeverFull { limit, most } => write!(
                f,
                "there are {limit} places in the bulkhead, and the rate limit and the timeout let no more than {most} be taken \
                 at a time: it never refuses anything; lower its limit or leave it out"
            ),
            Self::Unnamed { kind } => write!(
                f,
                "the {kind} has no name: it cannot be in a registry, and its events and rejections do not say whose they \
                 are; make it with a name"
            ),
            Self::BoxedOnTonicServer => f.write_str(
                "a tonic server turns a boxed rejection into a broken connection; answer with `.respond_grpc()` or \
                 `.as_status()`",
            ),
        }
    }
}
