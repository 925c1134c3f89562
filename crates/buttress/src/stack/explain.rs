//! A stack in words.

use super::Stack;
use super::shape::{Known, Shaping, Tries};
use std::fmt;

impl<R, J, Y, W, K, I, F: Known, B: Shaping> Stack<R, J, Tries<Y, W, K>, I, F, B> {
    /// The parts that are on, outermost first, with their numbers. For people: the same as its [`Display`](fmt::Display).
    #[must_use]
    pub fn explain(&self) -> String {
        self.to_string()
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(operation) = &self.handles.operation {
            lines.push(format!("operation {:?} of {:?}", operation.name(), operation.component()));
        }
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
        if let Some(breaker) = &self.handles.breaker_per_attempt {
            lines.push(format!(
                "circuit_breaker {:?}, before each attempt: {}",
                breaker.name(),
                breaker.config()
            ));
        }
        if let Some(timeout) = &self.handles.timeout {
            lines.push(format!("timeout {:?}: {:?} for each attempt", timeout.name(), timeout.limit()));
        }
        lines
    }
}

impl<R, J, Y, W, K, I, F: Known, B: Shaping> fmt::Display for Stack<R, J, Tries<Y, W, K>, I, F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stack {:?}, outermost first:", self.name)?;
        let lines = self.lines();
        if lines.is_empty() {
            f.write_str("\n  nothing, as every part is off")?;
        }
        lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
