//! The Python framework. It does not say where its breaker stands: here, before each attempt.

use super::{Order, Preset};
use crate::circuit_breaker::presets;
use crate::retry;

/// Its default.
#[must_use]
pub fn default() -> Preset {
    per_attempt("python").breaker(presets::python_framework()).retry(retry::presets::python_framework())
}

/// HTTP requests to external APIs: jittered exponential waits.
#[must_use]
pub fn http() -> Preset {
    per_attempt("python/http").breaker(presets::python_framework()).retry(retry::presets::python_http())
}

/// A database: short exponential waits.
#[must_use]
pub fn database() -> Preset {
    per_attempt("python/database")
        .breaker(presets::python_database())
        .retry(retry::presets::python_database())
}

/// Files: few attempts, linear waits.
#[must_use]
pub fn file() -> Preset {
    per_attempt("python/file").retry(retry::presets::file())
}

/// Other programs: moderate exponential waits.
#[must_use]
pub fn subprocess() -> Preset {
    per_attempt("python/subprocess").retry(retry::presets::subprocess())
}

const fn per_attempt(name: &'static str) -> Preset {
    Preset::new(name, Order::BreakerPerAttempt)
}
