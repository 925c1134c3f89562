//! Calls that end with their bodies.

use crate::{account, peers};
use buttress::BoxError;
use buttress_reputation::router::PeerRouter;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use support::paused;
use tower::{Service, ServiceExt, service_fn};

/// Announces two bytes, and comes with as many as it has.
struct TwoBytes(u64);

impl Body for TwoBytes {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(if self.0 == 0 {
            None
        } else {
            self.0 -= 1;
            Some(Ok(Frame::data(Bytes::from_static(b"x"))))
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(2)
    }
}

async fn respond(request: Request<u64>) -> Result<Response<TwoBytes>, BoxError> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(Response::new(TwoBytes(request.into_body())))
}

#[test]
fn h9_b7_a_call_is_under_way_until_its_body_has_ended_and_is_judged_by_that() {
    paused(async {
        let selection = peers([("a", service_fn(respond))]);
        let mut router = PeerRouter::http(selection.clone()).at_body_end();
        let mut respond =
            async |bytes| router.ready().await.unwrap().call(Request::new(bytes)).await.unwrap();
        let whole = respond(2).await;
        assert_eq!(account(&selection, "a"), (0, 0, 1));
        // A slow reader is not a slow peer.
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(whole.into_body().collect().await.unwrap().to_bytes(), "xx");
        assert_eq!(account(&selection, "a"), (1, 0, 0));
        let latency = selection.ledger().peer(&"a").unwrap().avg_latency.unwrap();
        assert!(latency < Duration::from_secs(1), "{latency:?}");

        let cut = respond(1).await;
        let _ = cut.into_body().collect().await;
        assert_eq!(account(&selection, "a"), (1, 1, 0), "it announced more");

        let mut dropped = respond(2).await.into_body();
        dropped.frame().await.unwrap().unwrap();
        drop(dropped);
        assert_eq!(account(&selection, "a"), (1, 1, 0), "the caller wanted no more");
    });
}

#[test]
fn b7_by_the_head_a_call_is_over_with_it() {
    paused(async {
        let selection = peers([("a", service_fn(respond))]);
        let mut router = PeerRouter::http(selection.clone());
        let cut = router.ready().await.unwrap().call(Request::new(1)).await.unwrap();
        assert_eq!(account(&selection, "a"), (1, 0, 0));
        drop(cut);
    });
}
