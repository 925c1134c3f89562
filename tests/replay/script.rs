//! A body that does what it is told, and someone who reads it.

use buttress::BoxError;
use buttress::retry::{RepeatBody, ReplayBody};
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use support::WakeCount;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Data(Vec<u8>),
    /// Nothing yet: whoever asks is woken at once.
    Pending,
    Trailers(HeaderMap),
    Error,
    Panic,
}

/// A body by script. It asserts that it is read by one and to the end at most.
#[derive(Debug)]
pub(crate) struct Script {
    steps: VecDeque<Step>,
    /// What it says about the bytes that are left.
    announced: Option<u64>,
    ended: bool,
    /// The frames that were taken from it.
    pub(crate) taken: Arc<AtomicUsize>,
}

impl Script {
    /// With `announced` it says its length before.
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>, announced: bool) -> Self {
        let steps: VecDeque<_> = steps.into_iter().collect();
        let len: usize =
            steps.iter().map(|step| if let Step::Data(data) = step { data.len() } else { 0 }).sum();
        Self { steps, announced: announced.then_some(len as u64), ended: false, taken: Arc::default() }
    }

    pub(crate) fn of(parts: &[&str]) -> Self {
        Self::new(parts.iter().map(|part| Step::Data(part.as_bytes().to_vec())), true)
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        assert!(!self.ended, "a body is not read beyond its end");
        let frame = match self.steps.pop_front() {
            None => {
                self.ended = true;
                return Poll::Ready(None);
            }
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(Step::Panic) => panic!("told to"),
            Some(Step::Error) => {
                self.ended = true;
                return Poll::Ready(Some(Err("told to".into())));
            }
            Some(Step::Data(data)) => {
                self.announced = self.announced.map(|left| left - data.len() as u64);
                Frame::data(Bytes::from(data))
            }
            Some(Step::Trailers(trailers)) => Frame::trailers(trailers),
        };
        self.taken.fetch_add(1, SeqCst);
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.announced == Some(0) && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.announced.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl RepeatBody for Script {
    type Attempt = ReplayBody<Self>;

    fn attempt(body: ReplayBody<Self>) -> ReplayBody<Self> {
        body
    }
}

/// The body of an attempt, and what came of it.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) body: ReplayBody<Script>,
    pub(crate) got: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
    /// Whether it has come to the clean end.
    pub(crate) complete: bool,
    pub(crate) failed: Option<String>,
    wakes: Arc<WakeCount>,
    waker: Waker,
    asleep_at: Option<usize>,
}

/// What a poll came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Frame,
    Pending,
    End,
    Failed,
}

impl Reader {
    pub(crate) fn new(attempt: Request<ReplayBody<Script>>) -> Self {
        let (wakes, waker) = WakeCount::new();
        Self {
            body: attempt.into_body(),
            got: Vec::new(),
            trailers: None,
            complete: false,
            failed: None,
            wakes,
            waker,
            asleep_at: None,
        }
    }

    /// Whether it waits and nobody has woken it.
    pub(crate) fn asleep(&self) -> bool {
        self.asleep_at == Some(self.wakes.get())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.complete || self.failed.is_some()
    }

    pub(crate) fn poll(&mut self) -> Polled {
        let before = self.wakes.get();
        self.asleep_at = None;
        match Pin::new(&mut self.body).poll_frame(&mut Context::from_waker(&self.waker)) {
            Poll::Pending => {
                self.asleep_at = Some(before);
                Polled::Pending
            }
            Poll::Ready(None) => {
                self.complete = true;
                Polled::End
            }
            Poll::Ready(Some(Err(error))) => {
                self.failed = Some(error.to_string());
                Polled::Failed
            }
            Poll::Ready(Some(Ok(frame))) => {
                match frame.into_data() {
                    Ok(data) => self.got.extend_from_slice(&data),
                    Err(frame) => self.trailers = Some(frame.into_trailers().unwrap()),
                }
                Polled::Frame
            }
        }
    }

    /// Polls while there is something to be had.
    pub(crate) fn drain(&mut self) -> &mut Self {
        while !self.is_over() && !self.asleep() {
            self.poll();
        }
        self
    }
}
