//! The ways a call can take through an error budget.

use crate::inner::{CallError, Echo, Failing};
use crate::paths::Path;
use crate::worker::{cloned_per_call, kept};
use buttress::ErrorBudgetLayer;
use buttress::bulkhead::Priority;
use buttress::error_budget::{Config, Handle};
use std::time::Duration;
use tower_layer::Layer;

/// A budget with its defaults: 30 days and four alerts.
pub const BUDGET: Path = Path {
    name: "error budget",
    make: || kept(ErrorBudgetLayer::new(Config::default()).typed().layer(Echo), 0, |result| result.is_ok()),
};

/// The same held by a `&'static` handle.
pub const BUDGET_STATIC: Path = Path {
    name: "error budget, &'static",
    make: || {
        // Leaked, as a static would be: some kilobytes for each state that is measured.
        let handle: &'static Handle = Box::leak(Box::new(Handle::new("static", Config::default())));
        kept(ErrorBudgetLayer::from_handle(handle).typed().layer(Echo), 0, |result| result.is_ok())
    },
};

/// The same with the service cloned for each call.
pub const BUDGET_CLONED: Path = Path {
    name: "error budget, cloned per call",
    make: || {
        let service = ErrorBudgetLayer::new(Config::default()).typed().layer(Echo);
        cloned_per_call(service, 0, |result| result.is_ok())
    },
};

/// A budget that is also about how long calls take, and sheds while it is low.
pub const BUDGET_TIMED: Path = Path {
    name: "error budget, timed and shedding",
    make: || {
        let quick = Config::builder().slower_than(Duration::from_millis(100)).build();
        let layer = ErrorBudgetLayer::new(quick.expect("these settings are valid"));
        let layer = layer.shed_low_priority_by(|_: &u64| Priority::Low).typed();
        kept(layer.layer(Echo), 0, |result| result.is_ok())
    },
};

/// A failing call of a budget that is used up.
pub const BUDGET_FAILING: Path = Path {
    name: "error budget, failing call",
    make: || {
        // Used up by its first failure, and not by the hundredth call.
        let any = Config::builder().minimum_calls(1).build();
        let layer = ErrorBudgetLayer::new(any.expect("these settings are valid")).typed();
        // The first call to this service succeeds.
        kept(layer.layer(Failing), 2, |result| matches!(result, Err(CallError::Failed)))
    },
};

/// All of them.
pub const ALL: [Path; 5] = [BUDGET, BUDGET_STATIC, BUDGET_CLONED, BUDGET_TIMED, BUDGET_FAILING];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::allocations;

    #[test]
    fn f6_every_path_measures_what_it_is_called_after_and_allocates_nothing() {
        for path in ALL {
            let mut worker = (path.make)();
            worker.check();
            assert_eq!(allocations(&mut *worker, 500), 0, "{}", path.name);
            worker.twin().check();
        }
    }
}
