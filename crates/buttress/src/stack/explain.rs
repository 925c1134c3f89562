//! A stack in words.

use super::Stack;
use super::shape::{Known, Shaping, Tries};
use crate::bandwidth::{self, Direction};
use crate::{bulkhead, error_budget, rate_limit};
use std::fmt;
use std::time::Duration;

impl<R, J, Y, W, K, I, F: Known, B: Shaping, Q> Stack<R, J, Tries<Y, W, K>, I, F, B, Q> {
    /// The parts that are on, outermost first, with their numbers. For people: the same as its [`Display`](fmt::Display).
    #[must_use]
    pub fn explain(&self) -> String {
        self.to_string()
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(operation) = &self.handles.failure_log {
            let (log, name, component) = (operation.log().name(), operation.name(), operation.component());
            lines.push(format!("failure_log {log:?}: {name:?} of {component:?}"));
        }
        if let Some(budget) = &self.handles.error_budget {
            let sheds = if self.handles.sheds { ", low priority is shed while it is low" } else { "" };
            lines.extend(
                budget.configs().map(|(name, config)| format!("{}{sheds}", error_budget(name, config))),
            );
        }
        if let Some(operation) = &self.handles.operation {
            lines.push(format!("operation {:?} of {:?}", operation.name(), operation.component()));
        }
        lines.extend(self.bandwidth.handle().map(bandwidth));
        if let Some(fallback) = self.fallback.handle() {
            lines.push(format!("fallback {:?}", fallback.name()));
        }
        if let Some(breaker) = &self.handles.breaker_outside {
            lines.push(format!(
                "circuit_breaker {:?}, around all attempts: {}",
                breaker.name(),
                breaker.config()
            ));
        }
        if let Some(deadline) = &self.handles.deadline {
            lines.push(format!("deadline {:?}: {:?} for all attempts", deadline.name(), deadline.limit()));
        }
        if let Some(retry) = self.tries.handle() {
            let budget = if retry.budget().is_some() { "with" } else { "without" };
            lines.push(format!("retry {:?}: {}, {budget} a budget", retry.name(), retry.config()));
        }
        if let Some(limit) = &self.handles.rate_limit {
            lines.push(rate_limit(limit, self.handles.rate_wait));
        }
        if let Some(breaker) = &self.handles.breaker_per_attempt {
            lines.push(format!(
                "circuit_breaker {:?}, before each attempt: {}",
                breaker.name(),
                breaker.config()
            ));
        }
        lines.extend(self.handles.bulkhead.as_ref().map(bulkhead));
        if let Some(timeout) = &self.handles.timeout {
            lines.push(format!("timeout {:?}: {:?} for each attempt", timeout.name(), timeout.limit()));
        }
        lines
    }
}

fn error_budget(name: &str, config: &error_budget::Config) -> String {
    // As many decimals as a promise has.
    let share = (config.objective().get() * 1e9).round() / 1e7;
    let within = config.slower_than().map_or_else(String::new, |limit| format!(" within {limit:?}"));
    let window = if config.is_tumbling() { "each" } else { "over" };
    format!("error_budget {name:?}: {share} % of the calls{within}, {window} {:?}", config.window())
}

fn bandwidth(bandwidth: &bandwidth::Handle) -> String {
    let config = bandwidth.config();
    let limit = |bytes| if bytes == 0 { "unlimited".to_owned() } else { format!("{bytes} bytes/s") };
    let of = |direction| {
        let peer = config.per_peer(direction);
        let each = if peer == 0 { String::new() } else { format!(" ({} each peer)", limit(peer)) };
        format!("{}{each}", limit(config.limit(direction)))
    };
    let (up, down) = (of(Direction::Upload), of(Direction::Download));
    format!("bandwidth {:?}: {up} up, {down} down", bandwidth.name())
}

fn rate_limit(limit: &rate_limit::Handle, wait: Option<Duration>) -> String {
    let numbers = limit.config().map_or_else(
        || "more than one limit".to_owned(),
        |config| format!("{}, {} at once", config.rate(), config.burst()),
    );
    let wait = wait.map_or_else(String::new, |wait| format!(", waits for up to {wait:?}"));
    format!("rate_limit {:?}: {numbers}{wait}", limit.name())
}

fn bulkhead(bulkhead: &bulkhead::Handle) -> String {
    let config = bulkhead.config();
    let limit = bulkhead.adaptive_config().map_or_else(
        || config.max_concurrent().to_string(),
        |adaptive| format!("{} to {}, as the peer bears it,", adaptive.min(), adaptive.max()),
    );
    let queue = match (config.queue(), config.max_wait()) {
        (0, _) => "none waits".to_owned(),
        (queue, Some(wait)) => format!("{queue} wait for up to {wait:?}"),
        (queue, None) => format!("{queue} wait"),
    };
    format!("bulkhead {:?}: {limit} at a time, {queue}", bulkhead.name())
}

impl<R, J, Y, W, K, I, F: Known, B: Shaping, Q> fmt::Display for Stack<R, J, Tries<Y, W, K>, I, F, B, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stack {:?}, outermost first:", self.name)?;
        let lines = self.lines();
        if lines.is_empty() {
            f.write_str("\n  nothing, as every part is off")?;
        }
        lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
