//! Strict HTTP/1 framing of what a client sends.
//!
//! A proxy and an origin that disagree on where a request ends let one client write another client's
//! request. The server below is lenient in a few places, so [`Follower`] walks the same bytes first and
//! [`Guard`] hands on only what has exactly one reading.

mod chunked;
mod guard;
mod head;
#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use guard::Guard;
pub(crate) use head::MAX_HEAD;

use chunked::Chunked;
use head::{Head, Length};

/// Why a byte stream is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed request: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Where the stream stops being acceptable. `good` bytes of the latest piece may still be handed on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) good: usize,
    pub(crate) kind: ViolationKind,
}

/// What was wrong, which decides how the server below can be made to answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViolationKind {
    /// In a head, before any of this request was acted upon.
    Head(Malformed),
    /// In a body, with the request already on its way.
    Body(Malformed),
    /// A head over the limits, handed on whole: the server refuses it by the same limits.
    TooLarge,
}

/// Follows a client's byte stream across requests, however it is cut into pieces.
#[derive(Debug)]
pub(crate) struct Follower {
    state: State,
    /// A head of which a part was already handed on. Empty as long as heads arrive in one piece.
    partial: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Head,
    Sized(u64),
    Chunked(Chunked),
}

impl Follower {
    pub(crate) fn new() -> Self {
        Self { state: State::Head, partial: Vec::new() }
    }

    /// Whether the stream stands between two requests.
    pub(crate) fn is_between_requests(&self) -> bool {
        matches!(self.state, State::Head) && self.partial.is_empty()
    }

    /// Takes the next piece of the stream.
    ///
    /// # Errors
    /// The first violation; nothing may follow it.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let mut at = 0;
        while at < bytes.len() {
            at += match &mut self.state {
                State::Head => self.head(&bytes[at..]).map_err(|kind| match kind {
                    ViolationKind::TooLarge => Violation { good: bytes.len(), kind },
                    kind => Violation { good: at, kind },
                })?,
                State::Sized(left) => {
                    let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
                    *left -= here as u64;
                    if *left == 0 {
                        self.state = State::Head;
                    }
                    here
                }
                State::Chunked(chunked) => {
                    let (here, ended) = chunked.follow(&bytes[at..]).map_err(|(offset, malformed)| {
                        Violation { good: at + offset, kind: ViolationKind::Body(malformed) }
                    })?;
                    if ended {
                        self.state = State::Head;
                    }
                    here
                }
            };
        }
        Ok(())
    }

    /// Takes bytes of a head and says how many of `bytes` belong to it.
    fn head(&mut self, bytes: &[u8]) -> Result<usize, ViolationKind> {
        let before = self.partial.len();
        let verdict = if before == 0 {
            head::judge(bytes)
        } else {
            let room = (MAX_HEAD + 1).saturating_sub(before).min(bytes.len());
            self.partial.extend_from_slice(&bytes[..room]);
            if self.partial.len() > MAX_HEAD || may_have_ended(&self.partial, before) {
                head::judge(&self.partial)
            } else {
                Ok(Head::Partial)
            }
        };
        match verdict.map_err(ViolationKind::Head)? {
            Head::TooLarge => Err(ViolationKind::TooLarge),
            Head::Partial => {
                if before == 0 {
                    self.partial.extend_from_slice(bytes);
                }
                Ok(bytes.len())
            }
            Head::Complete { len, body } => {
                self.partial = Vec::new();
                self.state = match body {
                    Length::Sized(0) => State::Head,
                    Length::Sized(length) => State::Sized(length),
                    Length::Chunked => State::Chunked(Chunked::new()),
                };
                Ok(len - before)
            }
        }
    }
}

/// Whether an empty line ends in the bytes behind `before`, so a head trickling in is not parsed again for
/// every byte of it.
fn may_have_ended(head: &[u8], before: usize) -> bool {
    let fresh = &head[before.saturating_sub(2)..];
    fresh.windows(2).any(|pair| pair == b"\n\n") || fresh.windows(3).any(|three| three == b"\n\r\n")
}
