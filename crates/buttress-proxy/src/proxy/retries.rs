//! Which answers are worth another attempt.

use http::StatusCode;

/// Whether an answer of this status may be given up for that of another attempt: those by which an origin says
/// that it, or something behind it, does not work at the moment. A 500 says that of the request.
pub(super) fn is_retried(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}
