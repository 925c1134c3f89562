//! Which errors are likely to pass by themselves.

use std::error::Error;
use std::io::{self, ErrorKind};

/// Whether `error`, or one that it wraps, is of the kind that passes by itself: a connection that was refused, reset or broken
/// off, a time limit, a name that could not be looked up, a peer that asks for patience.
///
/// For [`RetryLayer::retry_if`](super::RetryLayer::retry_if), where not every error is worth another attempt. An
/// [`io::Error`] of a kind tells by that kind. Any other error tells by the words in its message that such errors have in
/// common; that is a guess, and good for errors that nobody gave a type.
///
/// ```
/// use buttress::retry::{Config, RetryLayer, is_transient};
/// use std::io;
///
/// let layer = RetryLayer::new(Config::default()).retry_if(|result: Result<&u32, &io::Error>| {
///     result.is_err_and(|error| is_transient(error))
/// });
/// assert!(is_transient(&io::Error::from(io::ErrorKind::ConnectionReset)));
/// assert!(is_transient(&io::Error::other("failed to lookup address information: Temporary failure in name resolution")));
/// assert!(!is_transient(&io::Error::from(io::ErrorKind::PermissionDenied)));
/// ```
#[must_use]
pub fn is_transient(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<io::Error>();
        match io.map(|io| by_kind(io.kind())) {
            Some(Some(transient)) => return transient,
            _ if by_words(&error.to_string()) => return true,
            _ => {}
        }
        // The source of an `io::Error` skips the very error it was made of.
        let wrapped = io.and_then(io::Error::get_ref);
        next = wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| error.source());
    }
    false
}

/// `None` of a kind that stands for many.
const fn by_kind(kind: ErrorKind) -> Option<bool> {
    match kind {
        ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::NotConnected
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::TimedOut
        | ErrorKind::WouldBlock
        | ErrorKind::ResourceBusy
        | ErrorKind::Interrupted => Some(true),
        ErrorKind::NotFound
        | ErrorKind::PermissionDenied
        | ErrorKind::AlreadyExists
        | ErrorKind::InvalidInput
        | ErrorKind::InvalidData
        | ErrorKind::Unsupported
        | ErrorKind::OutOfMemory => Some(false),
        _ => None,
    }
}

/// What messages of such errors say, in whatever language they were written in.
const WORDS: [&str; 17] = [
    "network",
    "timeout",
    "timed out",
    "etimedout",
    "econnrefused",
    "connection refused",
    "econnreset",
    "connection reset",
    "unavailable",
    "rate limit",
    "throttl",
    "overloaded",
    "socket",
    "dns",
    "enotfound",
    "temporary",
    "try again",
];

fn by_words(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    WORDS.iter().any(|word| message.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BoxError;

    #[test]
    fn s0_34_s1_31_c16_what_passes_by_itself_is_told_by_its_kind_or_its_words() {
        let said = |message: &str| is_transient(&*BoxError::from(message));
        for message in [
            "getaddrinfo ENOTFOUND api.example",
            "read ECONNRESET",
            "connect ECONNREFUSED 127.0.0.1:80",
            "connect ETIMEDOUT",
            "etimeout",
            "Network request failed",
            "request timeout",
            "Service Unavailable",
            "Rate limit exceeded",
            "you are being throttled",
            "model overloaded",
            "socket hang up",
            "DNS lookup failed",
            "temporary failure",
            "please try again",
        ] {
            assert!(said(message), "{message}");
        }
        for message in ["no such table", "invalid token", "insufficient funds", ""] {
            assert!(!said(message), "{message}");
        }
        for kind in [ErrorKind::ConnectionReset, ErrorKind::ConnectionRefused, ErrorKind::TimedOut] {
            assert!(is_transient(&io::Error::from(kind)), "{kind}");
        }
        for kind in [ErrorKind::PermissionDenied, ErrorKind::InvalidData, ErrorKind::NotFound] {
            assert!(!is_transient(&io::Error::new(kind, "of the network")), "{kind} says it all");
        }
    }

    #[test]
    fn it_is_found_beneath_what_wraps_it() {
        let wrapped = io::Error::other(io::Error::from(ErrorKind::ConnectionReset));
        assert!(is_transient(&io::Error::other(wrapped)));
        assert!(!is_transient(&io::Error::other(io::Error::from(ErrorKind::PermissionDenied))));
    }
}
