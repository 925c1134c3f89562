//! The failure log in its modes.

use crate::{Contracted, Erased, Ledger, OverHttp, PanicAt, Plan, Subject, Trap};
use buttress::failure_log::{Config, Counts, Details, FailureLogLayer, Handle, Operation};
use buttress::{BoxError, classify};
use tower::Layer;

/// `layer` with what its operation counts.
fn of_operation<L>(operation: Operation, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    Subject::new(layer).ledger(move || {
        let Counts { successes, failures, ignored, refused, cancelled, panicked, .. } = operation.counts();
        // What panics was dropped by that, and is a failure all the same.
        let (ended, cancelled) = (successes + failures + ignored + refused + cancelled, cancelled + panicked);
        Ledger { ended, cancelled, panicked, refused: 0 }
    })
}

fn charge() -> Operation {
    Handle::new("log", Config::default()).operation("charge", "payments")
}

/// A failure log, which lets every call pass.
#[must_use]
pub fn failure_log() -> Subject {
    let operation = charge();
    let layer = FailureLogLayer::from_operation(operation.clone()).classify(Trap);
    of_operation(operation, layer).hook(PanicAt::Classifier)
}

/// A failure log that wants to know all it can.
#[must_use]
pub fn failure_log_curious() -> Subject {
    let operation = charge();
    let layer = FailureLogLayer::from_operation(operation.clone())
        .describe(|_: Result<&&'static str, &BoxError>, details: &mut Details| {
            details.with("more", "to say");
            panic!("a hook of the user's that panics costs no call");
        })
        .with("zone", "north")
        .key(|plan: &Plan| {
            plan.ask(PanicAt::Request);
            Some("everybody")
        });
    of_operation(operation, layer).hook(PanicAt::Request)
}

/// A failure log that looks at the end of bodies.
#[must_use]
pub fn failure_log_at_body_end() -> Subject {
    let layer = FailureLogLayer::http(&Handle::new("log", Config::default()), "charge", "payments");
    let operation = layer.operation().cloned().expect("it is on");
    let layer = layer.classify(classify::Http).at_body_end().attempts();
    of_operation(operation, OverHttp(layer))
}

/// A failure log that is not there.
#[must_use]
pub fn failure_log_off() -> Subject {
    Subject::new(FailureLogLayer::from_operation(None))
}
