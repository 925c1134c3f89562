//! A stack in words.

use super::Stack;
use std::fmt;

impl<R, J> Stack<R, J> {
    /// The parts that are on, outermost first, with their numbers. For people: the same as its [`Display`](fmt::Display).
    #[must_use]
    pub fn explain(&self) -> String {
        self.to_string()
    }
}

impl<R, J> fmt::Display for Stack<R, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stack {:?}, outermost first:", self.name)?;
        let mut lines = Vec::new();
        if let Some(operation) = &self.operation {
            lines.push(format!("operation {:?} of {:?}", operation.name(), operation.component()));
        }
        if let Some(breaker) = &self.breaker_outside {
            lines.push(format!(
                "circuit breaker {:?} around all attempts: {}",
                breaker.name(),
                breaker.config()
            ));
        }
        if let Some(breaker) = &self.breaker_per_attempt {
            lines.push(format!(
                "circuit breaker {:?} before each attempt: {}",
                breaker.name(),
                breaker.config()
            ));
        }
        if let Some(limit) = self.timeout {
            lines.push(format!("timeout: {limit:?} for each attempt"));
        }
        if lines.is_empty() {
            lines.push("nothing: every part is off".to_owned());
        }
        lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
