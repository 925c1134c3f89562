//! What a part of a stack can be made of.

use crate::bulkhead::adaptive_limit;
use crate::presets::Places;
use crate::{
    bulkhead, circuit_breaker, deadline, error_budget, failure_log, operation, rate_limit, retry, timeout,
};
use std::time::Duration;

/// What a part of a [`Stack`](super::Stack) is made of: a handle, which others may share; settings, for a handle of its own
/// under the name of the stack; or an `Option` of these, where `None` is a part that is off.
pub trait Part<H> {
    /// The handle, named `name` if it is made here.
    fn named(self, name: &str) -> Option<H>;
}

impl<H, P: Part<H>> Part<H> for Option<P> {
    fn named(self, name: &str) -> Option<H> {
        self?.named(name)
    }
}

impl Part<Self> for failure_log::Operation {
    fn named(self, _: &str) -> Option<Self> {
        Some(self)
    }
}

impl Part<Self> for error_budget::Handle {
    fn named(self, _: &str) -> Option<Self> {
        Some(self)
    }
}

/// The stack is the operation, and its component.
impl Part<failure_log::Operation> for &failure_log::Handle {
    fn named(self, name: &str) -> Option<failure_log::Operation> {
        Some(self.operation(name, name))
    }
}

impl Part<error_budget::Handle> for error_budget::Config {
    fn named(self, name: &str) -> Option<error_budget::Handle> {
        Some(error_budget::Handle::new(name, self))
    }
}

/// Several objectives, each with a name of its own behind that of the stack.
impl Part<error_budget::Handle> for &[(&str, error_budget::Config)] {
    fn named(self, name: &str) -> Option<error_budget::Handle> {
        (!self.is_empty()).then(|| error_budget::Handle::of(name, self.iter().copied()))
    }
}

impl Part<Self> for operation::Handle {
    fn named(self, _: &str) -> Option<Self> {
        Some(self)
    }
}

/// The name of the operation; its component is the stack.
impl Part<operation::Handle> for &str {
    fn named(self, name: &str) -> Option<operation::Handle> {
        Some(operation::Handle::new(self, name))
    }
}

impl Part<Self> for circuit_breaker::Handle {
    fn named(self, _: &str) -> Option<Self> {
        Some(self)
    }
}

impl Part<circuit_breaker::Handle> for circuit_breaker::Config {
    fn named(self, name: &str) -> Option<circuit_breaker::Handle> {
        Some(circuit_breaker::Handle::new(name, self))
    }
}

impl Part<Self> for retry::Handle {
    fn named(self, _: &str) -> Option<Self> {
        Some(self)
    }
}

/// With a [default budget](retry::Budget::default) of its own.
impl Part<retry::Handle> for retry::Config {
    fn named(self, name: &str) -> Option<retry::Handle> {
        Some(retry::Handle::new(name, self))
    }
}

impl Part<Self> for deadline::Handle {
    fn named(self, _: &str) -> Option<Self> {
        Some(self)
    }
}

impl Part<deadline::Handle> for Duration {
    fn named(self, name: &str) -> Option<deadline::Handle> {
        Some(deadline::Handle::new(name, self))
    }
}

impl Part<Self> for rate_limit::Handle {
    fn named(self, _: &str) -> Option<Self> {
        Some(self)
    }
}

impl Part<rate_limit::Handle> for rate_limit::Config {
    fn named(self, name: &str) -> Option<rate_limit::Handle> {
        Some(rate_limit::Handle::new(name, self))
    }
}

impl Part<Self> for bulkhead::Handle {
    fn named(self, _: &str) -> Option<Self> {
        Some(self)
    }
}

impl Part<bulkhead::Handle> for bulkhead::Config {
    fn named(self, name: &str) -> Option<bulkhead::Handle> {
        Some(bulkhead::Handle::new(name, self))
    }
}

/// With the queue of a [default](bulkhead::Config::default) bulkhead.
impl Part<bulkhead::Handle> for adaptive_limit::Config {
    fn named(self, name: &str) -> Option<bulkhead::Handle> {
        Some(bulkhead::Handle::adaptive(name, self))
    }
}

impl Part<bulkhead::Handle> for Places {
    fn named(self, name: &str) -> Option<bulkhead::Handle> {
        match self {
            Self::Fixed(config) => config.named(name),
            Self::Adaptive(config) => config.named(name),
        }
    }
}

impl Part<Self> for timeout::Handle {
    fn named(self, _: &str) -> Option<Self> {
        Some(self)
    }
}

impl Part<timeout::Handle> for Duration {
    fn named(self, name: &str) -> Option<timeout::Handle> {
        Some(timeout::Handle::new(name, self))
    }
}
