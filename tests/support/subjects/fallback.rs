//! The fallback in its modes.

use crate::{OverHttp, PanicAt, ProbeError, Subject, Trap};
use buttress::fallback::{self, FallbackLayer};
use buttress::{BoxError, Classify, Rejected};
use tower::layer::util::Stack;
use tower::util::MapErrLayer;

/// A fallback that is asked about every result, and never needed.
#[must_use]
pub fn fallback() -> Subject {
    let when = |result: Result<&&'static str, &BoxError>| {
        Trap.classify(result);
        false
    };
    Subject::new(FallbackLayer::value("spare").when(when)).hook(PanicAt::Classifier)
}

/// A fallback that is not there.
#[must_use]
pub fn fallback_off() -> Subject {
    Subject::new(FallbackLayer::value("spare").when(fallback::AnyError).with_handle(None))
}

/// A fallback that leaves the error type as it is.
#[must_use]
pub fn fallback_typed() -> Subject {
    Subject::new(FallbackLayer::value("spare").when(no_result).typed())
}

/// A fallback that is asked about each failure, and fails too: what is left is the error of the call.
#[must_use]
pub fn fallback_that_fails() -> Subject {
    let layer = FallbackLayer::function(|_| std::future::ready(Err::<&'static str, _>("nothing kept")));
    Subject::new(Stack::new(
        layer.when(fallback::AnyError),
        MapErrLayer::new(original as fn(BoxError) -> BoxError),
    ))
}

/// The error of the call, of one whose fallback failed too.
fn original(error: BoxError) -> BoxError {
    let failed = match error.downcast::<fallback::Failed>() {
        Ok(failed) => failed,
        Err(error) => return error,
    };
    match (failed.original().downcast_ref::<ProbeError>(), Rejected::find(&*failed)) {
        (Some(error), _) => (*error).into(),
        (None, Some(rejected)) => rejected.into(),
        (None, None) => failed,
    }
}

fn no_result(_: Result<&&'static str, &BoxError>) -> bool {
    false
}

/// A fallback that knows HTTP, and is needed for failures alone, of which there are none before the body.
#[must_use]
pub fn fallback_over_http() -> Subject {
    let layer = FallbackLayer::function(|_| std::future::ready(Err("nothing kept")));
    Subject::new(OverHttp(layer.http().when(fallback::AnyError)))
}
