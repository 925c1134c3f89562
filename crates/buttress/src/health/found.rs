//! What a check found, and why it says so.

use super::Finding;
use crate::text::{is_hostile, redact};
use crate::{BoxError, Rejected};
use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

/// What a check found, with the reason where all is not well. What could not be asked is neither well nor unwell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is as it should be.
    Healthy,
    /// It answers, and not as it should: why.
    Degraded(String),
    /// It does not answer, or says that it is unwell: why.
    Unhealthy(String),
    /// It could not be asked: why.
    Unknown(String),
}

/// How long a reason is at most, in characters: one that is longer is cut. A peer may have written it.
const LONGEST: usize = 256;

impl Found {
    /// What it is, without the reason.
    #[must_use]
    pub const fn finding(&self) -> Finding {
        match self {
            Self::Healthy => Finding::Healthy,
            Self::Degraded(_) => Finding::Degraded,
            Self::Unhealthy(_) => Finding::Unhealthy,
            Self::Unknown(_) => Finding::Unknown,
        }
    }

    /// The reason, unless it is [`Found::Healthy`].
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Healthy => None,
            Self::Degraded(why) | Self::Unhealthy(why) | Self::Unknown(why) => Some(why),
        }
    }

    /// What an error says. One by which a layer refused a call that it did not send says nothing of the peer:
    /// [`Found::Unknown`].
    #[must_use]
    pub fn of_error(error: &(dyn Error + 'static)) -> Self {
        let why = chain(error);
        match Rejected::find(error) {
            Some(rejected) if !rejected.was_sent() => Self::Unknown(why),
            _ => Self::Unhealthy(why),
        }
    }

    /// The same, of a part with this name.
    pub(super) fn of_part(self, part: &str) -> Self {
        let named = |why: String| format!("{part}: {why}");
        match self {
            Self::Healthy => Self::Healthy,
            Self::Degraded(why) => Self::Degraded(named(why)),
            Self::Unhealthy(why) => Self::Unhealthy(named(why)),
            Self::Unknown(why) => Self::Unknown(named(why)),
        }
    }
}

/// What a ping that ended says.
impl<E: Into<BoxError>> From<Result<(), E>> for Found {
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Self::Healthy,
            Err(error) => Self::of_error(&*error.into()),
        }
    }
}

/// An error and what it was caused by, in one line. Many say only together what happened.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let cause = error.to_string();
        // Some repeat their cause.
        if !text.ends_with(&cause) {
            text = text + ": " + &cause;
        }
        next = error.source();
    }
    text
}

/// A reason as it is kept: one line without secrets that is not too long and steers no terminal.
pub(super) fn kept(why: &str) -> Arc<str> {
    let plain = |letter| if is_hostile(letter) { ' ' } else { letter };
    // Before it is cut: half a secret would no longer look like one.
    let why = redact(why);
    let end = why.char_indices().nth(LONGEST).map(|(end, _)| end);
    let whole = end.map_or(Cow::Borrowed(&*why), |end| Cow::Owned(format!("{}…", &why[..end])));
    whole.chars().map(plain).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejected::Site;
    use crate::{Reason, Refusal};
    use std::io;

    #[test]
    fn w67_what_was_refused_and_not_sent_is_unknown_and_what_failed_is_unhealthy() {
        let refused = |reason| {
            let rejected = Rejected::new(Site::intern("circuit_breaker", "orders"), Refusal::new(reason));
            Found::from(Err(io::Error::other(rejected)))
        };
        let open = refused(Reason::ForcedOpen);
        assert_eq!(
            (open.finding(), open.why()),
            (Finding::Unknown, Some("circuit_breaker \"orders\": forced open"))
        );
        assert_eq!(refused(Reason::DeadlineExceeded).finding(), Finding::Unhealthy, "it was sent");
        assert_eq!(Found::from(Err("down")), Found::Unhealthy("down".to_owned()));
        assert_eq!(Found::from(Ok::<_, BoxError>(())), Found::Healthy);
    }

    #[test]
    fn h14_w23_a_reason_tells_no_secret_and_turns_no_text() {
        let why = "connect postgres://app:hunter2@db/shop: \u{202e}refused\u{200f}";
        assert_eq!(&*kept(why), "connect postgres://<redacted>@db/shop:  refused ");
        let cut = format!("{} password=hunter2", "x".repeat(LONGEST - 12));
        assert!(kept(&cut).ends_with(" password=<r…"), "{}", kept(&cut));
    }

    #[test]
    fn h14_a_reason_is_one_line_of_bounded_length() {
        assert_eq!(&*kept("a\r\nb\u{1b}[31m\u{85}\u{2028}c"), "a  b [31m  c");
        let long = kept(&"\u{fc}".repeat(1_000));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert_eq!(&*kept(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
    }
}
