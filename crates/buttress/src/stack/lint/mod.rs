//! What does not go together in a stack.

mod parts;
mod warning;

pub use parts::Parts;
pub use warning::Warning;

use crate::Ratio;
use crate::circuit_breaker::Window;
use std::time::Duration;

/// From how many attempts on there are too many.
const MANY_ATTEMPTS: u32 = 20;

/// From when on somebody who waits has long left.
const LONG: Duration = Duration::from_secs(300);

/// The numbers of `parts` that do not go together, outermost part first. None is an error: each of them works, and does less
/// than it seems to, or more.
///
/// It sees one stack. It cannot see that two of them call the same peer and should share a budget, nor which requests come.
/// Nothing here warns of keys without end, as no store of keys takes them: each has a capacity.
#[must_use]
pub fn lint(parts: &Parts) -> Vec<Warning> {
    let mut found = Vec::new();
    found.extend(parts.fallback_not_http.then_some(Warning::FallbackNotHttp));
    promises(parts, &mut found);
    time(parts, &mut found);
    retries(parts, &mut found);
    breakers(parts, &mut found);
    turns(parts, &mut found);
    found.extend(parts.unnamed.iter().map(|kind| Warning::Unnamed { kind }));
    found.extend(parts.boxed_on_tonic_server.then_some(Warning::BoxedOnTonicServer));
    found
}

fn attempts(parts: &Parts) -> u32 {
    parts.retry.map_or(1, |retry| retry.max_attempts().get())
}

fn promises(parts: &Parts, found: &mut Vec<Warning>) {
    for promise in &parts.error_budget {
        if promise.objective() == Ratio::ONE {
            found.push(Warning::ObjectiveOfEverything);
        }
        if let (Some(slower_than), Some(deadline)) = (promise.slower_than(), parts.deadline)
            && slower_than >= deadline
        {
            found.push(Warning::SlowerThanDeadline { slower_than, deadline });
        }
    }
    if parts.sheds && parts.error_budget.is_empty() {
        found.push(Warning::ShedsWithoutBudget);
    }
}

fn time(parts: &Parts, found: &mut Vec<Warning>) {
    let attempts = attempts(parts);
    let longest = parts.longest();
    match parts.deadline {
        Some(deadline) => {
            let longest = longest.unwrap_or_else(|| parts.longest_waits());
            if attempts > 1 && deadline < longest {
                found.push(Warning::DeadlineTooShort { deadline, attempts, longest });
            }
            if let Some(timeout) = parts.timeout.filter(|timeout| attempts > 1 && *timeout >= deadline) {
                found.push(Warning::TimeoutNotBelowDeadline { timeout, deadline });
            }
        }
        None => {
            if let Some(longest) = longest.filter(|longest| attempts > 1 && *longest >= LONG) {
                found.push(Warning::CallTooLong { attempts, longest });
            }
        }
    }
    if attempts > 1 && parts.timeout.is_none() {
        found.push(Warning::RetryWithoutTimeout { attempts });
    }
}

fn retries(parts: &Parts, found: &mut Vec<Warning>) {
    let Some(retry) = parts.retry.filter(|retry| retry.max_attempts().get() > 1) else { return };
    let attempts = retry.max_attempts().get();
    if attempts >= MANY_ATTEMPTS {
        found.push(Warning::ManyAttempts { attempts });
    }
    let delay = parts.longest_wait();
    if delay >= LONG {
        found.push(Warning::LongDelays { delay });
    }
    if !parts.budget {
        found.push(Warning::RetryWithoutBudget { attempts });
    }
    if parts.any_method {
        found.push(Warning::RetriesAnyMethod);
    }
}

fn breakers(parts: &Parts, found: &mut Vec<Warning>) {
    let attempts = attempts(parts);
    for breaker in [parts.circuit_breaker_outside, parts.circuit_breaker].into_iter().flatten() {
        if let Some(Window::Time(window)) = breaker.window()
            && breaker.open_for() >= window
        {
            found.push(Warning::OpenNotBelowWindow { open_for: breaker.open_for(), window });
        }
    }
    let opens_at = |breaker: crate::circuit_breaker::Config| {
        let run = breaker.consecutive_failures().map(u32::from);
        run.into_iter().chain(breaker.failures_in_window()).min()
    };
    if let Some(failures) = parts.circuit_breaker_outside.and_then(opens_at)
        && attempts > 1
    {
        found.push(Warning::BreakerCountsLoops { failures, attempts });
    }
    let Some(breaker) = parts.circuit_breaker else { return };
    if let Some(failures) = opens_at(breaker)
        && attempts > 1
        && failures <= attempts
    {
        found.push(Warning::OneCallOpens { failures, attempts });
    }
    if let (Some(slower_than), Some(timeout)) = (breaker.slow_call_duration(), parts.timeout)
        && slower_than >= timeout
    {
        found.push(Warning::SlowerThanTimeout { slower_than, timeout });
    }
}

fn turns(parts: &Parts, found: &mut Vec<Warning>) {
    let place = parts.bulkhead.filter(|_| parts.queues()).and_then(|bulkhead| bulkhead.max_wait());
    for (kind, wait) in [("rate_limit", parts.rate_turn()), ("bulkhead", place)] {
        if let (Some(wait), Some(deadline)) = (wait, parts.deadline)
            && wait >= deadline
        {
            found.push(Warning::WaitNotBelowDeadline { kind, wait, deadline });
        }
    }
    let Some(bulkhead) = parts.bulkhead else { return };
    if parts.timeout.is_none() && parts.deadline.is_none() {
        found.push(Warning::PlacesWithoutLimit);
    }
    let limit = bulkhead.max_concurrent();
    if let Some(most) = parts.most_under_way().filter(|most| *most <= f64::from(limit))
        && !parts.adaptive
        && !parts.to_body_end
    {
        found.push(Warning::NeverFull { limit, most: most as u32 });
    }
}
