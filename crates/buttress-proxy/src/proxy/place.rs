//! The place that a request takes at its origin, from its turn until its answer has ended.

use std::sync::{Arc, Mutex, PoisonError};

use buttress::classify::{Http, Until};
use buttress::source::Source;
use buttress::{BoxError, Classify, Outcome, Settle, bulkhead};
use http::Response;
use http_body::Body;

use crate::server::Holds;

/// A place in front of an origin.
pub(super) type Permit = bulkhead::Permit<<bulkhead::Handle as Source>::Lease>;

/// The place of a request whose answer has begun. Dropped, it is given back.
///
/// The answer holds it, whatever its status, until its last byte has come. Its client's connection knows it too, and gives it
/// back early when the client is what the answer waits for: an origin whose words nobody takes has nothing to do.
#[derive(Debug)]
pub(super) struct Place(Mutex<Option<Permit>>);

impl Place {
    /// The answer has ended like this.
    pub(super) fn ended(&self, outcome: Outcome) {
        let permit = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(permit) = permit {
            permit.record(outcome);
        }
    }
}

impl Holds for Place {
    fn let_go(&self) {
        self.ended(Outcome::Success);
    }
}

/// Gives the place back, or puts it into the extensions of an answer that goes on. An event stream takes none: it lasts for as
/// long as both sides like.
pub(super) fn settle<B: Body>(
    mut permit: Permit,
    outcome: Outcome,
    result: &mut Result<Response<B>, BoxError>,
) {
    let Ok(answer) = result else { return permit.settle(outcome, None) };
    let until = Classify::<Response<B>, BoxError>::until(&Http, answer);
    if until == Until::Head || answer.body().is_end_stream() {
        return permit.settle(outcome, None);
    }
    if outcome == Outcome::Success {
        permit.answered();
    } else if !permit.judged(outcome, None) {
        return;
    }
    answer.extensions_mut().insert(Arc::new(Place(Mutex::new(Some(permit)))));
}
