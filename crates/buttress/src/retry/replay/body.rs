//! The body of an attempt.

use super::reel::{FIRST, Reel};
use crate::BoxError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The body of an attempt: that of the request, which it hands through, or what is kept of it and then the rest.
///
/// Every attempt gets the same bytes and the same trailers, and says the same about its length, so that it is sent
/// with the same framing. What an attempt did not read is there for the next one.
pub struct ReplayBody<B>(Kind<B>);

enum Kind<B> {
    Once(B),
    Empty(Hint),
    Taped(Taped<B>),
}

/// One attempt's hold on a reel.
struct Taped<B> {
    reel: Arc<Mutex<Reel<B>>>,
    attempt: u32,
    /// What the body said of its length before it was read.
    hint: Hint,
}

/// A [`SizeHint`], which is not `Copy` in every version.
#[derive(Clone, Copy)]
pub(super) struct Hint {
    lower: u64,
    upper: Option<u64>,
}

impl Hint {
    fn of(body: &impl Body) -> Self {
        let hint = body.size_hint();
        Self { lower: hint.lower(), upper: hint.upper() }
    }

    /// What is left of it after so many bytes.
    fn after(self, passed: u64) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_lower(self.lower.saturating_sub(passed));
        if let Some(upper) = self.upper {
            hint.set_upper(upper.saturating_sub(passed));
        }
        hint
    }
}

impl<B> ReplayBody<B> {
    pub(super) const fn once(body: B) -> Self {
        Self(Kind::Once(body))
    }

    /// The body itself, if it is sent this once and no more and nothing stands between: then it needs no box.
    ///
    /// # Errors
    /// This body, if there may be other attempts, or were.
    pub fn into_inner(self) -> Result<B, Self> {
        match self.0 {
            Kind::Once(body) => Ok(body),
            kind => Err(Self(kind)),
        }
    }
}

/// What is kept of a body while its request may be sent again.
pub(super) enum Recording<B> {
    /// Nothing: it is sent once.
    Nothing,
    /// There was nothing to keep.
    Empty(Hint),
    /// The hold of the retry on a reel.
    Reel { reel: Arc<Mutex<Reel<B>>>, hint: Hint },
}

impl<B: Body> Recording<B> {
    /// The body for the first attempt, and what is kept of it: at most `limit` bytes, and none of a body that is empty or says
    /// itself that it is longer. As long as nobody has touched that one, there is all of it for another attempt.
    pub(super) fn of(body: B, limit: usize) -> (ReplayBody<B>, Self) {
        let hint = Hint::of(&body);
        if body.is_end_stream() {
            return (ReplayBody::once(body), Self::Empty(hint));
        }
        let kept = if hint.lower > limit as u64 { 0 } else { limit };
        let reel = Arc::new(Mutex::new(Reel::new(body, kept)));
        (taped(&reel, FIRST, hint), Self::Reel { reel, hint })
    }

    /// The body for another attempt.
    pub(super) fn again(&self) -> Option<ReplayBody<B>> {
        match self {
            Self::Nothing => None,
            Self::Empty(hint) => Some(ReplayBody(Kind::Empty(*hint))),
            Self::Reel { reel, hint } => {
                let attempt = lock(reel).again()?;
                Some(taped(reel, attempt, *hint))
            }
        }
    }
}

fn taped<B>(reel: &Arc<Mutex<Reel<B>>>, attempt: u32, hint: Hint) -> ReplayBody<B> {
    ReplayBody(Kind::Taped(Taped { reel: reel.clone(), attempt, hint }))
}

/// A body that panicked has left the reel in order: it is gone from it.
fn lock<B>(reel: &Mutex<Reel<B>>) -> MutexGuard<'_, Reel<B>> {
    reel.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B> Drop for Recording<B> {
    fn drop(&mut self) {
        if let Self::Reel { reel, .. } = self {
            let wake = lock(reel).end_of_retry();
            wake.into_iter().for_each(Waker::wake);
        }
    }
}

impl<B> Drop for Taped<B> {
    fn drop(&mut self) {
        let wake = lock(&self.reel).dropped(self.attempt);
        wake.into_iter().for_each(Waker::wake);
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Body for ReplayBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.get_mut().0 {
            Kind::Once(body) => {
                Pin::new(body).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(Into::into)))
            }
            Kind::Empty(_) => Poll::Ready(None),
            Kind::Taped(taped) => {
                let (polled, wake) = lock(&taped.reel).poll(taped.attempt, cx);
                wake.into_iter().for_each(Waker::wake);
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Once(body) => body.is_end_stream(),
            Kind::Empty(_) => true,
            Kind::Taped(taped) => lock(&taped.reel).is_end_stream(taped.attempt),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Once(body) => body.size_hint(),
            Kind::Empty(hint) => hint.after(0),
            Kind::Taped(taped) => taped.hint.after(lock(&taped.reel).passed(taped.attempt)),
        }
    }
}

impl<B> fmt::Debug for ReplayBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempt = match &self.0 {
            Kind::Taped(taped) => Some(taped.attempt),
            Kind::Once(_) | Kind::Empty(_) => None,
        };
        f.debug_struct("ReplayBody").field("attempt", &attempt).finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for Recording<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Empty(_) => "Empty",
            Self::Reel { .. } => "Reel",
        })
    }
}
