//! The body of an answer: one that comes and is copied, or one that was kept.

use super::Asked;
use super::fitness::{Variant, age_of, end_to_end};
use super::store::{Answer, Shelf};
use crate::Tick;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

pin_project! {
    /// The body of a service under [`LastGoodHttp`](super::LastGoodHttp): that of the service beneath, or a kept one.
    pub struct KeptBody<B> {
        #[pin]
        from: From<B>,
    }
}

pin_project! {
    #[project = FromProj]
    enum From<B> {
        Live {
            #[pin]
            body: B,
            tape: Option<Tape>,
        },
        Kept {
            bytes: Option<Bytes>,
        },
    }
}

impl<B> KeptBody<B> {
    pub(super) fn kept(bytes: Bytes) -> Self {
        Self { from: From::Kept { bytes: Some(bytes).filter(|bytes| !bytes.is_empty()) } }
    }
}

impl<B: Body<Data = Bytes>> KeptBody<B> {
    pub(super) fn live(body: B, mut tape: Option<Tape>) -> Self {
        // Nobody polls such a body.
        if body.is_end_stream() {
            end(&mut tape);
        }
        Self { from: From::Live { body, tape } }
    }
}

impl<B> Default for KeptBody<B> {
    /// An empty one.
    fn default() -> Self {
        Self::kept(Bytes::new())
    }
}

impl<B: Body<Data = Bytes>> Body for KeptBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().from.project() {
            FromProj::Kept { bytes } => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            FromProj::Live { mut body, tape } => {
                let frame = ready!(body.as_mut().poll_frame(cx));
                if tape.is_some() {
                    write(tape, frame.as_ref(), body.is_end_stream());
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.from {
            From::Kept { bytes } => bytes.is_none(),
            From::Live { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.from {
            From::Kept { bytes } => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            From::Live { body, .. } => body.size_hint(),
        }
    }
}

impl<B> fmt::Debug for KeptBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = matches!(self.from, From::Kept { .. });
        f.debug_struct("KeptBody").field("kept", &kept).finish_non_exhaustive()
    }
}

/// Copies a frame; at the end, the answer is kept. What it finds unfit ends the tape.
fn write<E>(tape: &mut Option<Tape>, frame: Option<&Result<Frame<Bytes>, E>>, is_last: bool) {
    match frame {
        None => return end(tape),
        Some(Ok(frame)) => match frame.data_ref() {
            Some(data) if tape.as_mut().is_some_and(|tape| tape.write(data)) => {}
            // Too long; or trailers, which are not kept and must not be missing.
            _ => *tape = None,
        },
        // Half an answer is none.
        Some(Err(_)) => *tape = None,
    }
    if is_last {
        end(tape);
    }
}

fn end(tape: &mut Option<Tape>) {
    if let Some(tape) = tape.take() {
        tape.end();
    }
}

/// An answer in the making.
pub(super) struct Tape {
    shelf: Arc<Shelf>,
    key: String,
    at: Tick,
    age_then: Duration,
    headers: HeaderMap,
    variant: Variant,
    /// How long the body says it is.
    length: Option<usize>,
    /// A copy, as the parts of a body often are views into a much larger buffer.
    bytes: Vec<u8>,
    room: usize,
}

impl Tape {
    /// `None` if it is known to be too long, or too old.
    pub(super) fn begin(shelf: &Arc<Shelf>, asked: Asked, came: &HeaderMap, at: Tick) -> Option<Self> {
        let Asked { key, is_head, headers: asked } = asked;
        let variant = Variant::of(came, &asked)?;
        let age_then = Some(age_of(came)).filter(|age| *age <= shelf.max_age())?;
        let headers = end_to_end(came);
        let head = Answer::head_bytes(&key, &headers, &variant);
        let room = shelf.answer_bytes().checked_sub(head)?;
        let told = || headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        // An answer to `HEAD` tells how long another one would be.
        let length: Option<usize> = if is_head { None } else { told() };
        if length.is_some_and(|length| length > room) {
            return None;
        }
        let bytes = Vec::with_capacity(length.unwrap_or(0));
        let shelf = Arc::clone(shelf);
        Some(Self { shelf, key, at, age_then, headers, variant, length, bytes, room })
    }

    /// Whether there was room for it.
    fn write(&mut self, data: &Bytes) -> bool {
        let (len, capacity) = (self.bytes.len(), self.bytes.capacity());
        let fits = data.len() <= self.room - len;
        if fits {
            if len + data.len() > capacity {
                // Twice as much as before, but no more than there is room for.
                self.bytes.reserve_exact((len + data.len()).max(2 * capacity).min(self.room) - len);
            }
            self.bytes.extend_from_slice(data);
        }
        fits
    }

    fn end(self) {
        let Self { shelf, key, at, age_then, headers, variant, length, bytes, .. } = self;
        // Whoever cut it short, it is not what was promised.
        if length.is_none_or(|length| length == bytes.len()) {
            let body = bytes.into_boxed_slice().into();
            shelf.keep(key, Answer { at, age_then, headers, variant, body });
        }
    }
}
