//! The ways a call can take through a failure log.

use crate::inner::{CallError, Echo, Failing};
use crate::paths::Path;
use crate::worker::{cloned_per_call, kept};
use buttress::FailureLogLayer;
use buttress::disk::lines;
use buttress::failure_log::{Ask, Config, Details, Errors, Handle, Plain};
use std::sync::Arc;
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
        let layer =
            curious(layer()).describe(|_: Result<&u64, &CallError>, details: &mut Details| tell(details));
        kept(layer.layer(Failing), KEPT, failed)
    },
};

/// The same with every one of them on its way to files, whose thread takes what it can: less than 2 µs on a machine on which
/// the one before takes 0.5. Not counted in instructions, which depend on how much of it that thread takes.
pub const FAILURE_LOG_FILES: Path = Path {
    name: "failure log, failure with all there is to say, to files",
    make: || {
        let folder = Arc::new(tempfile::tempdir().expect("a folder for what is not kept"));
        let unlimited = lines::Config::builder().unlimited().build().expect("it is allowed");
        let log = Handle::open_with("bench", Config::default(), folder.path(), unlimited);
        let log = log.expect("the folder is new");
        // The hook has the folder, so that it goes after the log that is in it.
        let hook = move |_: Result<&u64, &CallError>, details: &mut Details| {
            let _folder = &folder;
            tell(details);
        };
        let layer = curious(FailureLogLayer::new(&log, "call", "bench")).describe(hook);
        kept(layer.layer(Failing), KEPT, failed)
    },
};

/// All of them.
pub const ALL: [Path; 5] =
    [FAILURE_LOG, FAILURE_LOG_CLONED, FAILURE_LOG_FAILING, FAILURE_LOG_CURIOUS, FAILURE_LOG_FILES];

/// More than are kept of one operation.
const KEPT: u64 = 1_000;

fn layer() -> FailureLogLayer {
    FailureLogLayer::new(&Handle::new("bench", Config::default()), "call", "bench")
}

/// With what a request and its layer say.
fn curious(layer: FailureLogLayer) -> FailureLogLayer<Errors<Plain>, impl Ask<u64> + Clone + Send + 'static> {
    layer.errors().with("zone", "north").key(|request: &u64| Some(request % 100))
}

fn tell(details: &mut Details) {
    details.with("till", 7).with("customer", "somebody");
}

fn failed(result: &Result<u64, CallError>) -> bool {
    matches!(result, Err(CallError::Failed))
}
