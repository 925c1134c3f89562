//! What a response or an error of reqwest says about the peer.

use super::http::{of_head, until};
use super::{Classify, Http, Until, hint};
use crate::{BoxError, FailureKind, Outcome};
use reqwest::{Error, Response};
use std::any::Any;
use std::time::Duration;

/// As of [`http::Response`]. Of the errors, reqwest's own too: a time limit of the client is a [`FailureKind::Timeout`], and a
/// request that could not be built, or was sent round in circles, is no failure of the peer.
impl<Err: 'static> Classify<Response, Err> for Http {
    fn classify(&self, result: Result<&Response, &Err>) -> Outcome {
        match result {
            Ok(response) => of_head(response.status(), response.extensions()),
            Err(error) => of_error(reqwest_error(error)),
        }
    }

    fn retry_after(&self, result: Result<&Response, &Err>) -> Option<Duration> {
        let response = result.ok()?;
        hint::of_http(response.status(), response.headers())
    }

    fn until(&self, response: &Response) -> Until {
        until(response.headers())
    }
}

fn of_error(error: Option<&Error>) -> Outcome {
    match error {
        Some(error) if error.is_timeout() => Outcome::Failure(FailureKind::Timeout),
        Some(error) if error.is_builder() || error.is_redirect() => Outcome::Ignored,
        _ => Outcome::Failure(FailureKind::Connection),
    }
}

/// The error as reqwest made it, also from a box that a layer beneath put it in.
fn reqwest_error(error: &dyn Any) -> Option<&Error> {
    error.downcast_ref().or_else(|| error.downcast_ref::<BoxError>()?.downcast_ref())
}
