//! The bulkhead over HTTP.

use crate::config;
use buttress::bulkhead::{BulkheadLayer, Handle, Places, Priority, adaptive_limit};
use buttress::{Bypass, Cost, DeadlineLayer};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use support::Task;
use tokio::sync::mpsc;
use tower::{Layer, Service, ServiceExt, service_fn};

/// A body of what is sent to it.
struct Parts(mpsc::UnboundedReceiver<&'static str>);

impl Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|part| Some(Ok(Frame::data(part?.into()))))
    }
}

async fn empty(_: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::default())
}

#[tokio::test(start_paused = true)]
async fn c1_a_place_is_taken_until_the_body_has_ended() {
    let handle = Handle::new("downloads", config(1, 0));
    let layer = BulkheadLayer::from_handle(handle.clone()).classify(buttress::classify::Http).at_body_end();
    let (senders, mut sent) = mpsc::unbounded_channel();
    let mut service = layer.layer(service_fn(move |_: Request<()>| {
        let (sender, parts) = mpsc::unbounded_channel();
        senders.send(sender).unwrap();
        async { Ok::<_, Infallible>(Response::new(Parts(parts))) }
    }));
    let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    let sender = sent.recv().await.unwrap();
    sender.send("half").unwrap();
    let mut body = response.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "half");
    assert_eq!(handle.in_flight(), 1, "the head is there, and the body is not");
    assert!(service.clone().oneshot(Request::new(())).await.is_err());
    drop(sender);
    assert!(body.frame().await.is_none());
    assert_eq!(handle.in_flight(), 0);

    // A body that is dropped gives it back too.
    let second = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    assert_eq!(handle.in_flight(), 1);
    drop(second);
    assert_eq!(handle.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn c1_a_place_is_taken_until_the_body_of_an_error_page_has_ended() {
    let adaptive = adaptive_limit::Config::default();
    let handle = Handle::adaptive("pages", adaptive);
    let layer = BulkheadLayer::from_handle(handle.clone()).classify(buttress::classify::Http).at_body_end();
    let (senders, mut sent) = mpsc::unbounded_channel();
    let mut service = layer.layer(service_fn(move |_: Request<()>| {
        let (sender, parts) = mpsc::unbounded_channel();
        senders.send(sender).unwrap();
        let response = Response::builder().status(503).body(Parts(parts));
        async { Ok::<_, Infallible>(response.unwrap()) }
    }));
    for read in [true, false] {
        let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
        let sender = sent.recv().await.unwrap();
        sender.send("so").unwrap();
        let durations = handle.durations().unwrap().count();
        let mut body = response.into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "so");
        assert_eq!(handle.in_flight(), 1, "the verdict is there, and the body is not");
        if read {
            drop(sender);
            assert!(body.frame().await.is_none());
        }
        drop(body);
        assert_eq!(handle.in_flight(), 0);
        assert_eq!(handle.durations().unwrap().count(), durations, "the verdict was all there was to learn");
    }
    assert_eq!(handle.dropped().cancelled, 0, "what has a result is not cancelled any more");
}

#[tokio::test(start_paused = true)]
async fn d10_refusals_have_the_status_of_their_reason_and_say_when_to_come_again() {
    let handle = Handle::new("orders", config(1, 1));
    let layer = BulkheadLayer::from_handle(handle.clone()).by_extensions().respond();
    let service = layer.layer(service_fn(empty));
    let told = |request| {
        let service = service.clone();
        async move {
            let response = service.oneshot(request).await.unwrap();
            let wait = response.headers().get(header::RETRY_AFTER);
            (response.status().as_u16(), wait.map(|wait| wait.to_str().unwrap().to_owned()))
        }
    };
    let in_a_second = (503, Some("1".to_owned()));
    let heavy = |places| Request::builder().extension(Places(places)).body(()).unwrap();
    assert_eq!(told(heavy(1)).await, (200, None));
    assert_eq!(told(heavy(2)).await, (503, None), "it is too heavy at any time");
    let under_way = handle.try_acquire().unwrap();
    assert_eq!(told(heavy(1)).await, in_a_second, "it waited in vain");
    let hurried = DeadlineLayer::http(Duration::from_millis(50)).respond().layer(service.clone());
    assert_eq!(hurried.oneshot(heavy(1)).await.unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
    let mut waits = Task::new(service.clone().oneshot(heavy(1)));
    assert!(waits.poll().is_pending());
    assert_eq!(told(heavy(1)).await, in_a_second, "the queue is full");
    // One that says it is urgent takes its place.
    let urgent = Request::builder().extension(Priority::High).body(()).unwrap();
    let mut urgent = Task::new(service.clone().oneshot(urgent));
    assert!(urgent.poll().is_pending());
    assert_eq!(waits.finish().unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(under_way);
    assert_eq!(urgent.finish().unwrap().status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn what_a_request_costs_is_not_how_many_places_it_takes() {
    let layer = BulkheadLayer::from_handle(Handle::new("orders", config(2, 0))).by_extensions().respond();
    let dear = Request::builder().extension(Cost(100)).body(()).unwrap();
    assert_eq!(layer.layer(service_fn(empty)).oneshot(dear).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_carries_a_bypass_passes_by() {
    let handle = Handle::new("orders", config(1, 0));
    let service = BulkheadLayer::from_handle(handle.clone()).bypass().respond().layer(service_fn(empty));
    let _full = handle.try_acquire().unwrap();
    let health = Request::builder().extension(Bypass).body(()).unwrap();
    assert_eq!(service.clone().oneshot(health).await.unwrap().status(), StatusCode::OK);
    let other = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(other.status(), StatusCode::SERVICE_UNAVAILABLE);
}
