//! Bodies with a script, and what came of a body and when.

use buttress::clock;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::collections::VecDeque;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};
use std::time::Duration;

/// A frame, or the error at the end.
pub(crate) type Step = Result<Frame<Bytes>, &'static str>;

/// Yields its steps at once, and counts how often it was asked.
#[derive(Debug, Default)]
pub(crate) struct Script {
    steps: VecDeque<Step>,
    asked: Arc<AtomicUsize>,
}

impl Script {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), asked: Arc::default() }
    }

    /// Frames of these sizes.
    pub(crate) fn of(sizes: impl IntoIterator<Item = usize>) -> Self {
        Self::new(sizes.into_iter().map(data))
    }

    pub(crate) fn asked(&self) -> impl Fn() -> usize + use<> {
        let asked = Arc::clone(&self.asked);
        move || asked.load(SeqCst)
    }
}

pub(crate) fn data(size: usize) -> Step {
    Ok(Frame::data(Bytes::from(vec![b'.'; size])))
}

pub(crate) fn trailers() -> Step {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-end", http::HeaderValue::from_static("1"));
    Ok(Frame::trailers(trailers))
}

impl Body for Script {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Step>> {
        self.asked.fetch_add(1, SeqCst);
        Poll::Ready(self.steps.pop_front())
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let frames = self.steps.iter().filter_map(|step| step.as_ref().ok()?.data_ref());
        SizeHint::with_exact(frames.map(|data| data.len() as u64).sum())
    }
}

/// What came of a body: how many bytes after how long, and its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) frames: Vec<(Duration, usize)>,
    pub(crate) trailers: bool,
    pub(crate) ended: Duration,
    pub(crate) error: Option<&'static str>,
}

impl Read {
    pub(crate) fn bytes(&self) -> usize {
        self.frames.iter().map(|(_, bytes)| bytes).sum()
    }
}

pub(crate) async fn read(body: impl Body<Data = Bytes, Error = &'static str>) -> Read {
    let began = clock::now();
    let mut body = pin!(body);
    let mut read = Read::default();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => read.frames.push((clock::now().since(began), data.len())),
            Ok(Err(_)) => read.trailers = true,
            Err(error) => {
                read.error = Some(error);
                break;
            }
        }
    }
    read.ended = clock::now().since(began);
    read
}
