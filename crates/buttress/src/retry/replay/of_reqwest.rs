//! The same for the requests of reqwest.

use super::body::{Recording, ReplayBody};
use super::{ByBody, RepeatBody, Replay};
use crate::retry::attempt::is_of_another_retry;
use reqwest::{Body, Request};
use std::fmt;
use std::num::NonZeroU32;

/// What is kept of a request of reqwest while it may be sent again.
pub struct ReqwestTape(Option<Kept>);

/// A body in memory within the limit is part of the request, which is then cloned without a copy of it.
struct Kept {
    request: Request,
    /// What is kept of any other.
    apart: Option<Recording<Body>>,
}

#[diagnostic::do_not_recommend]
impl Replay<Request> for ByBody {
    type Attempt = Request;
    type Tape = ReqwestTape;

    fn first(&self, mut request: Request) -> (Request, ReqwestTape) {
        if is_of_another_retry(request.headers(), None) {
            return (request, ReqwestTape(None));
        }
        let fits = |body: &Body| body.as_bytes().is_some_and(|bytes| bytes.len() <= self.limit);
        let body = if request.body().is_some_and(fits) { None } else { request.body_mut().take() };
        let kept = request.try_clone().expect("a body that streams was taken out");
        let method = request.method().clone();
        self.rules.mark_first(&method, request.headers_mut());
        let apart = body.map(|body| {
            // Made a stream of, a redirect could not send it again.
            let (first, recording) = match body.as_bytes() {
                Some(_) => (ReplayBody::once(body), Recording::Nothing),
                None => Recording::of(body, self.limit),
            };
            *request.body_mut() = Some(Body::attempt(first));
            recording
        });
        (request, ReqwestTape(Some(Kept { request: kept, apart })))
    }

    fn once(&self, request: Request) -> Request {
        request
    }

    fn again(&self, tape: &ReqwestTape, attempt: NonZeroU32) -> Option<Request> {
        let Kept { request, apart } = tape.0.as_ref()?;
        let mut request = request.try_clone().expect("a body that streams was taken out");
        if let Some(recording) = apart {
            let body: ReplayBody<Body> = recording.again()?;
            *request.body_mut() = Some(Body::attempt(body));
        }
        let method = request.method().clone();
        self.rules.mark(attempt, &method, request.headers_mut());
        Some(request)
    }

    fn permits(&self, tape: &ReqwestTape, unprocessed: bool) -> bool {
        tape.0.as_ref().is_some_and(|Kept { request, .. }| {
            self.rules.permits(request.method(), request.headers(), unprocessed, true)
        })
    }

    fn counts(&self, tape: &ReqwestTape) -> bool {
        tape.0.is_some()
    }
}

impl fmt::Debug for ReqwestTape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReqwestTape").field(&self.0.as_ref().map(|kept| &kept.request)).finish()
    }
}
