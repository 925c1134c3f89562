//! How a failure is told: in words, by a type and of a sort.

use std::error::Error;
use std::fmt;

use buttress::failure_log::Category;
use http::StatusCode;

/// So much of a path is told. What is behind that seldom says which handler it was, and often whose data.
const PATH: usize = 128;

/// An error and what is at the root of it, which is what people look for.
pub(super) struct WithRoot<'a>(pub(super) &'a (dyn Error + 'static));

impl fmt::Display for WithRoot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            source = error.source();
            if source.is_none() {
                write!(f, ": {error}")?;
            }
        }
        Ok(())
    }
}

/// What an answer of this status says, in words: numbers are masked where failures that are alike are told together.
pub(super) fn said_by(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("answered {reason}"),
        None => format!("answered {}", status.as_u16()),
    }
}

/// The type of a failure that a status tells of.
pub(super) fn name_of(status: StatusCode) -> String {
    format!("http::{}", status.as_u16())
}

/// What is wrong where the answer is this. Who stands in for another says that it cannot reach that.
pub(super) const fn category(status: StatusCode) -> Category {
    match status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Category::Network,
        StatusCode::INSUFFICIENT_STORAGE => Category::Storage,
        _ => Category::Unknown,
    }
}

/// The beginning of a path.
pub(super) fn beginning(path: &str) -> &str {
    let mut end = path.len().min(PATH);
    while !path.is_char_boundary(end) {
        end -= 1;
    }
    &path[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_between_characters() {
        assert_eq!(beginning("/a"), "/a");
        assert_eq!(beginning(&format!("/{}", "a".repeat(PATH))).len(), PATH);
        assert_eq!(beginning(&format!("/{}", "ü".repeat(PATH))).len(), PATH - 1);
    }
}
