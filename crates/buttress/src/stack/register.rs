//! The handles of a stack in a registry.

use super::Stack;
use super::shape::{Known, Shaping, Tries};
use crate::registry::{Member, Registry, RegistryError};
use crate::{
    bandwidth, bulkhead, circuit_breaker, deadline, error_budget, failure_log, fallback, operation,
    rate_limit, retry, timeout,
};

impl<R, J, Y, W, K, I, F: Known, B: Shaping, Q> Stack<R, J, Tries<Y, W, K>, I, F, B, Q> {
    /// Takes all handles into `registry`, for its status, its health and its streams of events. One that is from there, or that
    /// another stack took there, stays.
    ///
    /// # Errors
    /// [`RegistryError`] if a part has no name or the registry has another of the name and kind. The parts before it are in
    /// by then. Two breakers of one stack that are both made of settings have the same name: make one a handle.
    pub fn register(self, registry: &Registry) -> Result<Self, RegistryError> {
        let log = self.handles.failure_log.as_ref().map(failure_log::Operation::log);
        register(registry, log, failure_log::Handle::is)?;
        register(registry, self.handles.error_budget.as_ref(), error_budget::Handle::is)?;
        register(registry, self.handles.operation.as_ref(), operation::Handle::is)?;
        register(registry, self.bandwidth.handle(), bandwidth::Handle::is)?;
        register(registry, self.fallback.handle(), fallback::Handle::is)?;
        register(registry, self.handles.breaker_outside.as_ref(), circuit_breaker::Handle::is)?;
        register(registry, self.handles.deadline.as_ref(), deadline::Handle::is)?;
        register(registry, self.tries.handle().as_ref(), retry::Handle::is)?;
        register(registry, self.handles.rate_limit.as_ref(), rate_limit::Handle::is)?;
        register(registry, self.handles.breaker_per_attempt.as_ref(), circuit_breaker::Handle::is)?;
        register(registry, self.handles.bulkhead.as_ref(), bulkhead::Handle::is)?;
        register(registry, self.handles.timeout.as_ref(), timeout::Handle::is)?;
        Ok(self)
    }
}

fn register<M: Member>(
    registry: &Registry,
    member: Option<&M>,
    is: fn(&M, &M) -> bool,
) -> Result<(), RegistryError> {
    let Some(member) = member else { return Ok(()) };
    match registry.get(member.name()) {
        Ok(known) if is(&known, member) => Ok(()),
        _ => registry.add(member.clone()),
    }
}
