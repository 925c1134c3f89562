//! The retry in its modes.

use crate::{Contracted, Erased, Ledger, OverHttp, PanicAt, Subject, Trap};
use buttress::{BoxError, RetryLayer, classify, retry};
use tower::Layer;

/// `layer` with the retry of `handle`, which must not try again what a probe fails with.
pub fn retrying<L>(handle: &retry::Handle, layer: L) -> Subject
where
    L: Layer<Erased, Service: Contracted> + Clone + Send + Sync + 'static,
{
    let (totals, budget) = (handle.clone(), handle.clone());
    Subject::new(layer)
        .held(move || {
            let budget = budget.snapshot().budget.expect("it has one");
            let retries = budget.withdrawn - budget.refunded;
            usize::try_from(retries).expect("there are none")
        })
        .ledger(move || {
            let totals = totals.totals();
            let retry::Totals { cancelled, panicked, .. } = totals;
            let ended = totals.successes() + totals.failures() + cancelled;
            Ledger { ended, cancelled, panicked, refused: 0 }
        })
}

/// A retry with one attempt for each call.
#[must_use]
pub fn retry() -> Subject {
    let config = retry::Config::builder().attempts(1).build().expect("these settings work");
    let handle = retry::Handle::new("retry", config);
    let layer = RetryLayer::from_handle(handle.clone()).classify(Trap);
    retrying(&handle, layer).hook(PanicAt::Classifier)
}

/// A retry that leaves the error type as it is, and tries nothing of this again.
#[must_use]
pub fn retry_typed() -> Subject {
    let handle = retry::Handle::new("retry", retry::Config::default());
    let never = |_: Result<&&'static str, &BoxError>| false;
    retrying(&handle, RetryLayer::from_handle(handle.clone()).retry_if(never).typed())
}

/// A retry that is not there.
#[must_use]
pub fn retry_off() -> Subject {
    Subject::new(RetryLayer::from_handle(None::<retry::Handle>))
}

/// A retry of HTTP requests. To it a call has ended with the head of the response, so what it writes down is not what the
/// checks see of bodies.
#[must_use]
pub fn retry_over_http() -> Subject {
    Subject::new(OverHttp(RetryLayer::new(retry::Config::default()).classify(classify::Http)))
}
