//! A body that nobody has said how to send again.
//~ buttress does not know how to send a body of type `Film` again
//~ implement `buttress::retry::RepeatBody` for it if it is yours

use buttress::BoxError;
use buttress::retry::{Config, RetryLayer};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{Layer, service_fn};

pub struct Film;

impl http_body::Body for Film {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(None)
    }
}

pub fn client() {
    let service = service_fn(|_: Request<Film>| async { Ok::<_, BoxError>(Response::new(())) });
    buttress::check::<Request<Film>, _>(RetryLayer::http(Config::default()).layer(service));
}
