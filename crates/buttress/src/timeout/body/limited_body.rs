//! A body that ends when its time is over.

use super::BodyLimits;
use crate::judge::Stall;
use crate::timeout::{Given, Timer};
use crate::{BoxError, Deadline, Reason, Refusal, Rejected};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

pin_project! {
    /// A body with [limits](BodyLimits). What it yields is what the one beneath yields; when a limit is over, an error with a
    /// [`Rejected`], and never a clean end.
    pub struct LimitedBody<B> {
        // `None` once it is given up: what it holds, such as a connection, is free with the error.
        #[pin]
        inner: Option<B>,
        limits: BodyLimits,
        stall: Stall,
        // With `limits.total`.
        ends: Option<Deadline>,
        timer: Timer,
    }
}

impl<B> LimitedBody<B> {
    pub(super) fn new(body: B, limits: BodyLimits) -> Self {
        Self {
            inner: Some(body),
            limits,
            stall: Stall::new(limits.idle),
            ends: limits.total.map(Deadline::within),
            timer: Timer::default(),
        }
    }

    /// The body beneath; `None` once it is given up.
    #[must_use]
    pub const fn get_ref(&self) -> Option<&B> {
        self.inner.as_ref()
    }
}

impl<B: Body<Error: Into<BoxError>>> Body for LimitedBody<B> {
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let (reason, limit) = match inner.poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.stall.frame_came();
                // Also of a body that always has something: it is never found waiting.
                if !this.ends.is_some_and(Deadline::is_over) {
                    return Poll::Ready(Some(Ok(frame)));
                }
                (Reason::BodyTotal, this.limits.total)
            }
            Poll::Ready(end) => return Poll::Ready(end.map(|frame| frame.map_err(Into::into))),
            Poll::Pending if this.stall.nothing_came(cx) => (Reason::BodyIdle, this.limits.idle),
            Poll::Pending => {
                let left = || this.ends.map(Deadline::remaining).map(Given::limit);
                match this.timer.poll(cx, left) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(_) => (Reason::BodyTotal, this.limits.total),
                }
            }
        };
        this.inner.set(None);
        let refusal = Refusal::after(reason, limit.unwrap_or(Duration::ZERO));
        Poll::Ready(Some(Err(Rejected::new(this.limits.site, refusal).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl<B: Default> Default for LimitedBody<B> {
    /// The body of an answer that stands for no call.
    fn default() -> Self {
        Self::new(B::default(), BodyLimits::new())
    }
}

impl<B: fmt::Debug> fmt::Debug for LimitedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitedBody").field("inner", &self.inner).field("limits", &self.limits).finish()
    }
}
