//! Calls whose response has a body that is read to its end.

use crate::inner::CallError;
use buttress::bandwidth::{self, Direction, ShapedBody};
use bytes::{Buf, Bytes};
use http::Response;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll, ready as some};
use tower_service::Service;

/// A body of two frames and an unknown length.
#[derive(Debug, Default)]
pub struct Page(u8);

impl Body for Page {
    type Data = &'static [u8];
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<&'static [u8]>, Infallible>>> {
        self.0 += 1;
        Poll::Ready((self.0 <= 2).then(|| Ok(Frame::data(&b"frame"[..]))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// Answers with a page.
#[derive(Clone, Copy, Debug)]
pub struct Pages;

impl Service<u64> for Pages {
    type Response = Response<Page>;
    type Error = CallError;
    type Future = Ready<Result<Response<Page>, CallError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: u64) -> Self::Future {
        ready(Ok(Response::new(Page::default())))
    }
}

/// A body of one frame.
#[derive(Debug)]
pub struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
    }
}

/// Answers with one frame, shaped.
#[derive(Clone, Debug)]
pub struct Shaped(pub bandwidth::Handle);

impl Service<u64> for Shaped {
    type Response = Response<ShapedBody<Whole>>;
    type Error = CallError;
    type Future = Ready<Result<Self::Response, CallError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: u64) -> Self::Future {
        let body = Whole(Some(Bytes::from_static(b"frame")));
        ready(Ok(Response::new(self.0.shape(Direction::Download, body))))
    }
}

/// Reads the body of each response, and answers with the number of its bytes.
#[derive(Clone, Copy, Debug)]
pub struct ReadToEnd<S>(pub S);

impl<S, B> Service<u64> for ReadToEnd<S>
where
    S: Service<u64, Response = Response<B>, Future: Unpin>,
    B: Body + Unpin,
{
    type Response = u64;
    type Error = S::Error;
    type Future = Reading<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: u64) -> Self::Future {
        Reading { call: self.0.call(request), body: None, bytes: 0 }
    }
}

/// The call of a [`ReadToEnd`].
#[derive(Debug)]
pub struct Reading<F, B> {
    call: F,
    body: Option<B>,
    bytes: u64,
}

impl<F, B, E> Future for Reading<F, B>
where
    F: Future<Output = Result<Response<B>, E>> + Unpin,
    B: Body + Unpin,
{
    type Output = Result<u64, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u64, E>> {
        let this = &mut *self;
        loop {
            let Some(body) = &mut this.body else {
                match some!(Pin::new(&mut this.call).poll(cx)) {
                    Ok(response) => this.body = Some(response.into_body()),
                    Err(error) => return Poll::Ready(Err(error)),
                }
                continue;
            };
            match some!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    this.bytes += frame.data_ref().map_or(0, |data| data.remaining() as u64);
                }
                Some(Err(_)) | None => return Poll::Ready(Ok(this.bytes)),
            }
        }
    }
}
