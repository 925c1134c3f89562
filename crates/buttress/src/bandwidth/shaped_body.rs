//! A body that passes as fast as it may.

use super::Direction;
use super::line::Line;
use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{fmt, mem};

pin_project! {
    /// A body with the limits of a [`Handle`](super::Handle). What it yields is what the one beneath yields, data in parts where
    /// that is needed: bytes, trailers, size, errors and end.
    ///
    /// The body beneath is not asked for more while something of it waits, so that who sends is held up. What waits is one frame.
    pub struct ShapedBody<B> {
        #[pin]
        inner: B,
        // `None` of a layer that is off.
        line: Option<Line>,
        direction: Direction,
        // Came and has not passed.
        held: Option<Bytes>,
        // Made when something is first found waiting, as most bodies never are.
        turn: Option<Turn>,
        // Whether it was told of the frame that is held: one frame waits once, in however many parts it passes.
        told: bool,
    }
}

/// How many bytes pass, once they do.
type Turn = Pin<Box<dyn Future<Output = u64> + Send + Sync>>;

/// What is to pass next.
struct Wanted<'a> {
    line: &'a Line,
    direction: Direction,
    bytes: u64,
}

impl Wanted<'_> {
    /// How many of the bytes pass, at once or when their turn comes.
    fn poll(&self, turn: &mut Option<Turn>, told: &mut bool, cx: &mut Context<'_>) -> Poll<u64> {
        let turn_now = match turn {
            Some(turn) => turn,
            None => match self.line.pass_now(self.direction, self.bytes) {
                Ok(passes) => return Poll::Ready(passes),
                Err(scope) => {
                    if !mem::replace(told, true) {
                        self.line.throttled(self.direction, scope);
                    }
                    let (line, direction, bytes) = (self.line.clone(), self.direction, self.bytes);
                    turn.insert(Box::pin(async move { line.pass_in_turn(direction, bytes).await }))
                }
            },
        };
        let passes = ready!(turn_now.as_mut().poll(cx));
        *turn = None;
        Poll::Ready(passes)
    }
}

impl<B> ShapedBody<B> {
    pub(super) const fn new(inner: B, line: Option<Line>, direction: Direction) -> Self {
        Self { inner, line, direction, held: None, turn: None, told: false }
    }

    /// `inner` as it is, neither held up nor counted: an answer of one's own among those that are shaped.
    #[must_use]
    pub const fn unlimited(inner: B) -> Self {
        Self::new(inner, None, Direction::Download)
    }

    /// Whether something came of the body beneath and has not passed. A body that is pending meanwhile waits for room, and not for
    /// who sends.
    #[must_use]
    pub const fn is_held_up(&self) -> bool {
        self.held.is_some()
    }

    /// The body beneath.
    #[must_use]
    pub const fn get_ref(&self) -> &B {
        &self.inner
    }

    /// The body beneath, without what came of it and has not passed.
    #[must_use]
    pub fn into_inner(self) -> B {
        self.inner
    }
}

impl<B: Body> Body for ShapedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let mut this = self.project();
        if this.held.is_none() {
            let Some(frame) = ready!(this.inner.as_mut().poll_frame(cx)?) else { return Poll::Ready(None) };
            // Without a copy where the data are `Bytes` already, as those of HTTP servers and clients are.
            match frame.map_data(|mut data| data.copy_to_bytes(data.remaining())).into_data() {
                Err(frame) => return Poll::Ready(Some(Ok(frame))),
                Ok(data) => (*this.held, *this.told) = (Some(data), false),
            }
        }
        let Some(mut held) = this.held.take() else { return Poll::Ready(None) };
        let mut passes = held.len();
        if let Some(line) = this.line
            && passes > 0
        {
            let wanted = Wanted { line, direction: *this.direction, bytes: passes as u64 };
            let Poll::Ready(granted) = wanted.poll(this.turn, this.told, cx) else {
                *this.held = Some(held);
                return Poll::Pending;
            };
            passes = usize::try_from(granted).unwrap_or(passes);
        }
        if passes < held.len() {
            *this.held = Some(held.split_off(passes));
        }
        Poll::Ready(Some(Ok(Frame::data(held))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.inner.size_hint();
        if let Some(held) = &self.held {
            let held = held.len() as u64;
            let (lower, upper) = (hint.lower() + held, hint.upper().map(|upper| upper + held));
            hint = SizeHint::new();
            hint.set_lower(lower);
            if let Some(upper) = upper {
                hint.set_upper(upper);
            }
        }
        hint
    }
}

impl<B: Default> Default for ShapedBody<B> {
    /// The body of an answer that stands for no call.
    fn default() -> Self {
        Self::unlimited(B::default())
    }
}

impl<B: fmt::Debug> fmt::Debug for ShapedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShapedBody")
            .field("inner", &self.inner)
            .field("direction", &self.direction)
            .field("held", &self.held.as_ref().map(Bytes::len))
            .field("waits", &self.turn.is_some())
            .finish()
    }
}
