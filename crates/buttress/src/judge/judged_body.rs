//! A body that knows whose call it ends.

use super::Settle;
use super::stall::Stall;
use super::watch::Watch;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

pin_project! {
    /// The body of a response whose call is [judged at its end](super::AtEnd). What it yields is what the one beneath
    /// yields: frames, trailers, size and end.
    pub struct JudgedBody<B, P: Settle, C> {
        // Before the watch: what the body holds is free before its permit is.
        #[pin]
        inner: B,
        // `None` once the call is judged.
        watch: Option<Watch<P, C>>,
        stall: Stall,
    }
}

impl<B, P: Settle, C> JudgedBody<B, P, C> {
    pub(super) fn new(inner: B, watch: Option<Watch<P, C>>, stalled_after: Option<Duration>) -> Self {
        Self { inner, watch, stall: Stall::new(stalled_after) }
    }

    /// Whether the body was silent for longer than `.stalled_after(limit)` allows while somebody waited for it.
    ///
    /// The call is then judged as a failure and its permit is back. The body itself goes on: whoever forwards it may cut it
    /// or wait on. The task that polls it is woken when this becomes true.
    #[must_use]
    pub const fn is_stalled(&self) -> bool {
        self.stall.is_stalled()
    }

    /// The body beneath.
    #[must_use]
    pub const fn get_ref(&self) -> &B {
        &self.inner
    }
}

impl<B: Body<Error: 'static>, P: Settle, C> Body for JudgedBody<B, P, C> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        if let Some(watch) = this.watch {
            watch.touch();
        }
        let Poll::Ready(frame) = this.inner.as_mut().poll_frame(cx) else {
            if this.stall.nothing_came(cx) {
                if let Some(mut watch) = this.watch.take() {
                    watch.stalled();
                }
                cx.waker().wake_by_ref();
            }
            return Poll::Pending;
        };
        match &frame {
            Some(Ok(_)) => this.stall.frame_came(),
            Some(Err(_)) | None => this.stall.body_ended(),
        }
        if let Some(watch) = this.watch
            && watch.ends_with(frame.as_ref(), this.inner.is_end_stream())
        {
            *this.watch = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Default, P: Settle, C> Default for JudgedBody<B, P, C> {
    /// The body of an answer that stands for no call.
    fn default() -> Self {
        Self::new(B::default(), None, None)
    }
}

impl<B: fmt::Debug, P: Settle, C> fmt::Debug for JudgedBody<B, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JudgedBody")
            .field("inner", &self.inner)
            .field("judged", &self.watch.is_none())
            .field("stalled", &self.is_stalled())
            .finish()
    }
}
