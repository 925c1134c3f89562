//! Whose fault a failed attempt is.

use std::error::Error;
use std::io;
use std::time::Duration;

use buttress::classify::{Http, Until};
use buttress::{BoxError, Classify, FailureKind, Outcome, Reason, Rejected};
use http::Response;

use super::attempt::{Early, OriginLate};

/// Judges an attempt as [`Http`] does, except that what this host could not do says nothing about the origin, nor what was not
/// sent to it, and that an answer which begins before its request is complete is judged by its head.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfOrigin;

impl<B> Classify<Response<B>, BoxError> for OfOrigin {
    fn classify(&self, result: Result<&Response<B>, &BoxError>) -> Outcome {
        let Err(error) = result else { return Http.classify(result) };
        match Rejected::find(&**error) {
            Some(rejected) if rejected.reason() == Reason::DeadlineExceeded || !rejected.was_sent() => {
                Outcome::Ignored
            }
            Some(_) => Outcome::Failure(FailureKind::Timeout),
            None if is_local(&**error) => Outcome::Ignored,
            None if error.is::<OriginLate>() => Outcome::Failure(FailureKind::Timeout),
            None => Http.classify(result),
        }
    }

    fn retry_after(&self, result: Result<&Response<B>, &BoxError>) -> Option<Duration> {
        Http.retry_after(result)
    }

    fn until(&self, response: &Response<B>) -> Until {
        let early = response.extensions().get::<Early>().is_some();
        if early { Until::Head } else { Classify::<_, BoxError>::until(&Http, response) }
    }
}

/// Whether an attempt was under way when the time of its request was over.
pub(super) fn is_cut_short(error: &(dyn Error + 'static)) -> bool {
    let rejected = Rejected::find(error);
    rejected.is_some_and(|rejected| rejected.reason() == Reason::DeadlineExceeded && rejected.was_sent())
}

/// Whether an error comes from a lack on this host: no descriptor or no port left to connect with.
pub(super) fn is_local(error: &(dyn Error + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(error), |error| (*error).source());
    chain.any(|error| {
        error.downcast_ref::<io::Error>().is_some_and(|error| {
            error.kind() == io::ErrorKind::AddrNotAvailable || is_out_of_descriptors(error.raw_os_error())
        })
    })
}

/// `ENFILE` and `EMFILE`, for which the standard library has no kind.
fn is_out_of_descriptors(code: Option<i32>) -> bool {
    cfg!(unix) && matches!(code, Some(23 | 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Connecting(io::Error);

    impl std::fmt::Display for Connecting {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("connecting")
        }
    }

    impl Error for Connecting {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    fn judged(error: io::Error) -> Outcome {
        let wrapped: BoxError = Box::new(Connecting(error));
        OfOrigin.classify(Err::<&Response<()>, _>(&wrapped))
    }

    #[test]
    fn what_this_host_lacks_is_not_the_fault_of_the_origin() {
        for code in [23, 24] {
            assert_eq!(judged(io::Error::from_raw_os_error(code)), Outcome::Ignored, "{code}");
        }
        assert_eq!(judged(io::ErrorKind::AddrNotAvailable.into()), Outcome::Ignored);
        let failure = Outcome::Failure(FailureKind::Connection);
        assert_eq!(judged(io::ErrorKind::ConnectionRefused.into()), failure);
        assert_eq!(judged(io::ErrorKind::ConnectionReset.into()), failure);
    }
}
