//! The ways a call can take through a failure log.

use crate::inner::{CallError, Echo, Failing};
use crate::paths::Path;
use crate::worker::{cloned_per_call, kept};
use buttress::FailureLogLayer;
use buttress::failure_log::{Config, Details, Handle};
use tower_layer::Layer;

/// A call that succeeds is counted.
pub const FAILURE_LOG: Path =
    Path { name: "failure log, success", make: || kept(layer().layer(Echo), 0, |result| result.is_ok()) };

/// The same with the service cloned for each call.
pub const FAILURE_LOG_CLONED: Path = Path {
    name: "failure log, success, cloned per call",
    make: || cloned_per_call(layer().layer(Echo), 0, |result| result.is_ok()),
};

/// A call that fails is written down in memory. All that there may be are kept by then.
pub const FAILURE_LOG_FAILING: Path = Path {
    name: "failure log, failure in memory",
    make: || kept(layer().errors().layer(Failing), KEPT, failed),
};

/// The same with a key, with metadata, and with a hook that adds more of them.
pub const FAILURE_LOG_CURIOUS: Path = Path {
    name: "failure log, failure with all there is to say",
    make: || {
        let layer = layer().errors().with("zone", "north").key(|request: &u64| Some(request % 100));
        let layer = layer.describe(|_: Result<&u64, &CallError>, details: &mut Details| {
            details.with("till", 7).with("customer", "somebody");
        });
        kept(layer.layer(Failing), KEPT, failed)
    },
};

/// All of them.
pub const ALL: [Path; 4] = [FAILURE_LOG, FAILURE_LOG_CLONED, FAILURE_LOG_FAILING, FAILURE_LOG_CURIOUS];

/// More than are kept of one operation.
const KEPT: u64 = 1_000;

fn layer() -> FailureLogLayer {
    FailureLogLayer::new(&Handle::new("bench", Config::default()), "call", "bench")
}

fn failed(result: &Result<u64, CallError>) -> bool {
    matches!(result, Err(CallError::Failed))
}
