//! A body that does what the test says.

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// What one poll of a [`Script`] finds.
#[derive(Debug)]
pub(crate) enum Step {
    /// Data.
    Chunk(&'static str),
    /// Trailers.
    Trailers(HeaderMap),
    /// An error.
    Broken(io::Error),
    /// Not yet, but at once.
    Pending,
    /// Not before so long.
    Sleep(Duration),
    /// Not before it is resumed, which wakes nobody.
    Hang,
}

/// Some data.
pub(crate) const fn chunk(text: &'static str) -> Step {
    Step::Chunk(text)
}

/// The body.
#[derive(Debug, Default)]
pub(crate) struct Script {
    steps: VecDeque<Step>,
    sleeping: Option<Pin<Box<Sleep>>>,
    resumed: AtomicBool,
    announced: Option<u64>,
    tells: bool,
}

impl Script {
    /// Takes these steps and ends.
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }

    /// Says that it has so many bytes.
    pub(crate) const fn announcing(mut self, length: u64) -> Self {
        self.announced = Some(length);
        self
    }

    /// Says when it has ended, before it is polled.
    pub(crate) const fn telling(mut self) -> Self {
        self.tells = true;
        self
    }

    /// Goes on where it hangs.
    pub(crate) fn resume(&self) {
        self.resumed.store(true, SeqCst);
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(sleeping) = &mut self.sleeping {
                std::task::ready!(sleeping.as_mut().poll(cx));
                self.sleeping = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Chunk(text)) => return Poll::Ready(Some(Ok(Frame::data(Bytes::from(text))))),
                Some(Step::Trailers(trailers)) => return Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
                Some(Step::Broken(error)) => return Poll::Ready(Some(Err(error))),
                Some(Step::Pending) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Sleep(time)) => self.sleeping = Some(Box::pin(sleep(time))),
                Some(Step::Hang) => {
                    if !self.resumed.load(SeqCst) {
                        self.steps.push_front(Step::Hang);
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.tells && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
