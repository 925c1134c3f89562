//! Errors by which a request has certainly not been processed.

use crate::rejected::as_error;
use std::error::Error;
use std::io;

/// Whether `error` says that nobody has processed the request: there was no connection, or the peer said so.
pub(super) fn is_unsent<E: 'static>(error: &E) -> bool {
    as_error(error).is_some_and(chain_is_unsent)
}

fn chain_is_unsent(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        // The source of an `io::Error` skips the very error it was made of.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if says_so(error) || wrapped.is_some_and(|wrapped| chain_is_unsent(wrapped)) {
            return true;
        }
        next = error.source();
    }
    false
}

fn says_so(error: &(dyn Error + 'static)) -> bool {
    // The one kind that a connection cannot end with once it is there.
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
    {
        return true;
    }
    #[cfg(feature = "hyper")]
    {
        // hyper calls cancelled what it still has in its hands when a connection ends.
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)
            || error
                .downcast_ref::<hyper_util::client::legacy::Error>()
                .is_some_and(hyper_util::client::legacy::Error::is_connect)
        {
            return true;
        }
    }
    #[cfg(feature = "tonic")]
    {
        if error.is::<tonic::ConnectError>() || error.downcast_ref::<h2::Error>().is_some_and(peer_refused) {
            return true;
        }
    }
    false
}

/// By the specification of HTTP/2 neither a stream that is refused nor one that the peer had not seen when it went away has
/// been processed. Of the latter h2 tells the streams alone that came after the last one the peer names.
#[cfg(feature = "tonic")]
fn peer_refused(error: &h2::Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BoxError;

    #[test]
    fn e6_only_a_connection_that_never_was_is_known_not_to_have_carried_anything() {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, TimedOut};
        for kind in [BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut] {
            assert!(!is_unsent(&io::Error::from(kind)), "{kind}");
        }
        let refused = || io::Error::from(ConnectionRefused);
        assert!(is_unsent(&refused()));
        assert!(is_unsent(&BoxError::from(io::Error::other(io::Error::other(refused())))));
        assert!(!is_unsent(&"connection refused"), "an error whose type nobody knows");
    }

    #[cfg(feature = "tonic")]
    #[test]
    fn e6_a_stream_that_the_peer_did_not_refuse_may_have_been_processed() {
        for reason in [h2::Reason::REFUSED_STREAM, h2::Reason::CANCEL, h2::Reason::NO_ERROR] {
            // Made here, so not by the peer.
            assert!(!is_unsent(&BoxError::from(h2::Error::from(reason))), "{reason}");
        }
    }
}
