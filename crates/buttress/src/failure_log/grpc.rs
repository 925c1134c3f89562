//! What a gRPC status says of a failure.

use super::details::Details;
use crate::classify::grpc::code_in;
use crate::refuse::grpc::MESSAGE;
use http::HeaderMap;

/// The names of the status codes, by number.
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Says which status there is in a head or in trailers, and whether there is any.
pub(super) fn describe(headers: &HeaderMap, details: &mut Details) -> bool {
    let Some(code) = code_in(headers) else { return false };
    let name = NAMES[usize::from(code)];
    details.error_type("grpc::Status");
    match headers.get(MESSAGE).map(|message| decoded(message.as_bytes())) {
        Some(message) if !message.is_empty() => details.message(format_args!("{name}: {message}")),
        _ => details.message(name),
    };
    true
}

/// Text as `grpc-message` carries it: percent-encoded UTF-8. What is neither is kept as it is.
fn decoded(encoded: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let [first, after @ ..] = rest {
        let (byte, after) = match after {
            [high, low, after @ ..] if *first == b'%' && is_hex(*high) && is_hex(*low) => {
                (value(*high) << 4 | value(*low), after)
            }
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const fn is_hex(digit: u8) -> bool {
    digit.is_ascii_hexdigit()
}

/// Of a hexadecimal digit.
const fn value(digit: u8) -> u8 {
    (digit & 0x0f) + if digit.is_ascii_digit() { 0 } else { 9 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn told(code: &'static str, message: Option<&'static [u8]>) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status", HeaderValue::from_static(code));
        if let Some(message) = message {
            headers.insert(MESSAGE, HeaderValue::from_bytes(message).expect("a value"));
        }
        let mut details = Details::default();
        assert!(describe(&headers, &mut details));
        details.message
    }

    #[test]
    fn a_grpc_status_is_told_by_its_name_and_its_message() {
        assert_eq!(told("14", None).as_deref(), Some("UNAVAILABLE"));
        assert_eq!(told("13", Some(b"disk f%C3%BCll 100 %25")).as_deref(), Some("INTERNAL: disk füll 100 %"));
        assert_eq!(told("99", Some(b"")).as_deref(), Some("UNKNOWN"));
        assert!(!describe(&HeaderMap::new(), &mut Details::default()));
    }

    #[test]
    fn h14_what_is_no_percent_encoding_is_kept_and_does_no_harm() {
        for (encoded, text) in [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%+1", "%+1"), ("%C3", "\u{fffd}")]
        {
            assert_eq!(decoded(encoded.as_bytes()), text, "{encoded}");
        }
    }
}
