//! Series of operations.

use super::collect::{Page, owned};
use super::families as is;
use super::family::{Labels, Value};
use crate::registry::OperationStatus;

impl Page {
    pub(super) fn operation(&mut self, operation: &OperationStatus) {
        let labels = || -> Labels {
            vec![("operation", owned(operation.operation)), ("component", owned(operation.component))]
        };
        let totals = operation.lifetime;
        for (result, calls) in [
            ("success", totals.successes),
            ("failure", totals.failures),
            ("throttled", totals.throttled),
            ("ignored", totals.ignored),
            ("cancelled", totals.cancelled),
        ] {
            let mut labels = labels();
            labels.push(("result", result.into()));
            self.count(&is::OPERATION_REQUESTS, labels, calls);
        }
        self.count(&is::OPERATION_PANICS, labels(), totals.panicked);
        self.level(&is::OPERATION_IN_FLIGHT, labels(), operation.in_flight as f64);
        let durations = Value::Durations(operation.lifetime_durations.clone());
        self.put(&is::OPERATION_DURATION, labels(), durations);
    }
}
