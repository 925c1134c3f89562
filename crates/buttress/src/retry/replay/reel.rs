//! A body that is read once and can be sent several times.

use super::chunks::Chunks;
use crate::BoxError;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// The body, what was read of it, and who reads.
///
/// The attempts take turns. An attempt begins when it first asks for a frame: from then on it alone reads, first what is
/// kept and then on from the body, while whoever still holds the body of an attempt before gets an error, so that a request
/// that was cut off never looks complete. Between the decision to try again and that moment the attempt before waits,
/// so that the tape cannot run over any more; if nothing comes of the decision, it goes on.
#[derive(Debug)]
pub(super) struct Reel<B> {
    /// What was not read yet. `None` when it has ended or broken.
    rest: Option<B>,
    complete: bool,
    chunks: Chunks,
    trailers: Option<HeaderMap>,
    /// Whether what is kept is all that was read.
    recording: bool,
    /// The attempt that reads, and how far it is.
    reading: u32,
    passed: u64,
    trailers_passed: bool,
    /// The attempt that was handed out last, and whether it still waits for its beginning.
    issued: u32,
    next: bool,
    /// Whether there may be more attempts.
    retrying: bool,
    /// Whoever asked last and got nothing.
    waiting: Option<Waker>,
}

/// The number of the first attempt.
pub(super) const FIRST: u32 = 1;

impl<B> Reel<B> {
    pub(super) const fn new(body: B, limit: usize) -> Self {
        Self {
            rest: Some(body),
            complete: false,
            chunks: Chunks::new(limit),
            trailers: None,
            recording: true,
            reading: FIRST,
            passed: 0,
            trailers_passed: false,
            issued: FIRST,
            next: false,
            retrying: true,
            waiting: None,
        }
    }

    /// The number of another attempt, if the body can be sent again.
    pub(super) fn again(&mut self) -> Option<u32> {
        let broken = self.rest.is_none() && !self.complete;
        if !self.recording || broken {
            return None;
        }
        self.issued += 1;
        self.next = true;
        Some(self.issued)
    }

    /// There will be no other attempt. Returns who has to look again.
    #[must_use]
    pub(super) fn end_of_retry(&mut self) -> Option<Waker> {
        self.retrying = false;
        self.settle()
    }

    /// The body of an attempt was dropped. Returns who has to look again.
    #[must_use]
    pub(super) fn dropped(&mut self, attempt: u32) -> Option<Waker> {
        if !self.awaits(attempt) {
            return None;
        }
        self.next = false;
        self.settle()
    }

    /// If nobody will need the tape after the one who reads: keeps no more, and lets that one go on.
    fn settle(&mut self) -> Option<Waker> {
        if self.retrying || self.next {
            return None;
        }
        self.recording = false;
        self.forget_what_has_passed();
        self.waiting.take()
    }

    fn forget_what_has_passed(&mut self) {
        if !self.recording && self.passed >= self.chunks.len() as u64 {
            self.chunks.clear();
        }
    }

    /// Keeps nothing any more: the body cannot be sent again.
    fn run_over(&mut self) {
        self.recording = false;
        self.trailers = None;
        self.chunks.clear();
    }

    const fn awaits(&self, attempt: u32) -> bool {
        self.next && attempt == self.issued
    }

    /// How many bytes the attempt has got.
    pub(super) const fn passed(&self, attempt: u32) -> u64 {
        if attempt == self.reading { self.passed } else { 0 }
    }

    /// Keeps what fits of a frame that is passed on.
    fn record(&mut self, frame: &Frame<Bytes>) {
        // What follows trailers, or is neither, has no place on the tape.
        let kept = match (frame.data_ref(), frame.trailers_ref()) {
            (Some(data), _) => self.trailers.is_none() && self.chunks.push(data),
            (_, Some(trailers)) => {
                let fits = self.trailers.is_none() && size(trailers) <= self.chunks.room();
                self.trailers = fits.then(|| trailers.clone());
                self.trailers_passed = true;
                fits
            }
            _ => false,
        };
        if !kept {
            self.run_over();
        }
    }

    /// What is kept and the attempt that reads has not got yet.
    fn replay(&mut self) -> Option<Frame<Bytes>> {
        if self.passed < self.chunks.len() as u64 {
            let piece = self.chunks.read(usize::try_from(self.passed).expect("within what is kept"))?;
            self.passed += piece.len() as u64;
            self.forget_what_has_passed();
            return Some(Frame::data(piece));
        }
        if self.trailers_passed {
            return None;
        }
        self.trailers_passed = self.trailers.is_some();
        self.trailers.clone().map(Frame::trailers)
    }
}

/// What trailers take, near enough: the bytes of their names and values.
fn size(trailers: &HeaderMap) -> usize {
    trailers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// What an attempt gets.
type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Reel<B> {
    /// The next frame for an attempt, and who has to look again because of that.
    pub(super) fn poll(&mut self, attempt: u32, cx: &mut Context<'_>) -> (Polled, Option<Waker>) {
        let mut wake = None;
        if self.awaits(attempt) {
            (self.reading, self.next) = (attempt, false);
            (self.passed, self.trailers_passed) = (0, false);
            wake = self.waiting.take();
            if !self.retrying {
                self.recording = false;
            }
        }
        let polled = if attempt != self.reading {
            Poll::Ready(Some(Err(Unavailable::Superseded.into())))
        } else if self.next || (self.retrying && self.issued > self.reading) {
            Poll::Pending
        } else {
            self.read(cx)
        };
        if polled.is_pending() {
            self.waiting = Some(cx.waker().clone());
        }
        (polled, wake)
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Polled {
        if let Some(frame) = self.replay() {
            return Poll::Ready(Some(Ok(frame)));
        }
        if self.complete {
            return Poll::Ready(None);
        }
        // Taken out, so that a body that panics is gone.
        let Some(mut rest) = self.rest.take() else {
            return Poll::Ready(Some(Err(Unavailable::Broken.into())));
        };
        match Pin::new(&mut rest).poll_frame(cx) {
            Poll::Pending => {
                self.rest = Some(rest);
                Poll::Pending
            }
            Poll::Ready(Some(Ok(frame))) => {
                self.rest = Some(rest);
                if self.recording {
                    self.record(&frame);
                }
                self.passed += frame.data_ref().map_or(0, Bytes::len) as u64;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.run_over();
                Poll::Ready(Some(Err(error.into())))
            }
            Poll::Ready(None) => {
                self.complete = true;
                Poll::Ready(None)
            }
        }
    }

    /// Whether an attempt has got everything.
    pub(super) fn is_end_stream(&self, attempt: u32) -> bool {
        let kept = self.chunks.len() as u64;
        let passed = if attempt == self.reading {
            self.passed >= kept && (self.trailers_passed || self.trailers.is_none())
        } else {
            self.awaits(attempt) && kept == 0 && self.trailers.is_none()
        };
        passed && (self.complete || self.rest.as_ref().is_some_and(B::is_end_stream))
    }
}

/// Why there is nothing more for an attempt.
#[derive(Debug)]
enum Unavailable {
    Superseded,
    Broken,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Superseded => "the request body is being sent by a later attempt",
            Self::Broken => "the request body broke off before",
        })
    }
}

impl Error for Unavailable {}
