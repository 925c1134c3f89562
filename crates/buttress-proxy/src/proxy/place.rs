//! The place that a request takes at its origin, from its turn until its answer has ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use buttress::classify::{Http, Until};
use buttress::source::Source;
use buttress::{BoxError, Classify, Outcome, Settle, bulkhead};
use http::Response;
use http_body::Body;

use super::peers::Pick;
use crate::server::Holds;

/// A place in front of an origin.
pub(super) type Permit = bulkhead::Permit<<bulkhead::Handle as Source>::Lease>;

/// What one attempt takes up, and who learns how it went. Dropped, all is given back, and nothing is said of the origin.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) permit: Permit,
    pub(super) pick: Pick,
}

/// The place of a request whose answer has begun. Dropped, it is given back.
///
/// The answer holds it, whatever its status, until its last byte has come. Its client's connection knows it too, and gives it
/// back early when the client is what the answer waits for: an origin whose words nobody takes has nothing to do.
#[derive(Debug)]
pub(super) struct Place(Mutex<Option<Answering>>);

#[derive(Debug)]
struct Answering {
    permit: Permit,
    /// `None` of an attempt that was judged by the head of its answer.
    pick: Option<Pick>,
    /// How long that took to come.
    took: Option<Duration>,
}

impl Place {
    /// The answer has ended like this.
    pub(super) fn ended(&self, outcome: Outcome) {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Answering { permit, pick, took }) = held {
            permit.record(outcome);
            if let Some(pick) = pick {
                pick.settle(outcome, took);
            }
        }
    }
}

impl Holds for Place {
    fn let_go(&self) {
        self.ended(Outcome::Success);
    }
}

impl Taken {
    /// Gives all back, or puts the place into the extensions of an answer that goes on. An event stream takes none: it lasts for
    /// as long as both sides like. The origin is judged at once where the attempt is known to have failed, and at the end of an
    /// answer that may still break off.
    pub(super) fn settle<B: Body>(self, outcome: Outcome, result: &mut Result<Response<B>, BoxError>) {
        let Self { mut permit, pick } = self;
        let took = pick.took();
        let answer = match result {
            Ok(answer) if goes_on(answer) => answer,
            _ => {
                pick.settle(outcome, took);
                return permit.settle(outcome, None);
            }
        };
        let pick = if outcome == Outcome::Success {
            permit.answered();
            Some(pick)
        } else {
            pick.settle(outcome, took);
            if !permit.judged(outcome, None) {
                return;
            }
            None
        };
        answer.extensions_mut().insert(Arc::new(Place(Mutex::new(Some(Answering { permit, pick, took })))));
    }
}

fn goes_on<B: Body>(answer: &Response<B>) -> bool {
    let until = Classify::<Response<B>, BoxError>::until(&Http, answer);
    until != Until::Head && !answer.body().is_end_stream()
}
