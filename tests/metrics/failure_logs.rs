//! What moves the metrics of failure logs.

use buttress::disk::lines;
use buttress::failure_log::{Config, FailureLogLayer, Handle};
use buttress::registry::Registry;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use support::Task;
use tower::{Layer, ServiceExt, service_fn};

/// Does to a log, in memory and in files, whatever can be done to it, and looks after each step.
pub(crate) fn move_all(registry: &Registry, mut look: impl FnMut()) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::builder().records(3).per_operation(2).build().unwrap();
    let files = lines::Config::builder().at_most(1, Duration::from_secs(3600)).build().unwrap();
    let log = Handle::open_with("shop", config, folder.path(), files).unwrap();
    registry.add(log.clone()).unwrap();
    let charge = log.operation("charge", "payments");
    look();

    charge.succeeded();
    for number in 0..5 {
        charge.record(&charge.failure().message(&format_args!("order {number} failed")));
        look();
    }
    assert!(log.flush(Duration::from_secs(60)));
    drop(charge.begin());
    let layer = FailureLogLayer::from_operation(charge);
    let bug = layer.layer(service_fn(async |(): ()| -> Result<(), Infallible> { panic!("a bug") }));
    assert!(catch_unwind(AssertUnwindSafe(|| Task::new(bug.oneshot(())).finish())).is_err());
    look();
}
