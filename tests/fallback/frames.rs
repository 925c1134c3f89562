//! Answers whose bodies come in frames.

use buttress::BoxError;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A body of frames, with a Pending before each, that may break off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frames {
    pub(crate) frames: VecDeque<Result<Part, &'static str>>,
    waited: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Data(Bytes),
    Trailers,
}

impl Frames {
    pub(crate) fn of(parts: &[&'static str]) -> Self {
        Self {
            frames: parts.iter().map(|part| Ok(Part::Data(Bytes::from_static(part.as_bytes())))).collect(),
            waited: false,
        }
    }

    pub(crate) fn and(mut self, part: Result<Part, &'static str>) -> Self {
        self.frames.push_back(part);
        self
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if !std::mem::replace(&mut self.waited, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.waited = false;
        Poll::Ready(self.frames.pop_front().map(|part| match part {
            Ok(Part::Data(data)) => Ok(Frame::data(data)),
            Ok(Part::Trailers) => Ok(Frame::trailers(HeaderMap::new())),
            Err(error) => Err(error.into()),
        }))
    }
}

pub(crate) fn answer(headers: &[(&'static str, &'static str)], body: Frames) -> Option<Response<Frames>> {
    let mut response = Response::new(body);
    for (name, value) in headers {
        response.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Some(response)
}

pub(crate) fn plain(text: &'static str) -> Option<Response<Frames>> {
    answer(&[], Frames::of(&[text]))
}

/// Reads `body` and says what came.
pub(crate) async fn read<B: Body<Data = Bytes>>(body: B) -> (Vec<u8>, usize, bool) {
    let (mut bytes, mut trailers) = (Vec::new(), 0);
    let mut body = std::pin::pin!(body);
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => bytes.extend_from_slice(&data),
            Ok(Err(_)) => trailers += 1,
            Err(_) => return (bytes, trailers, false),
        }
    }
    (bytes, trailers, true)
}
