//! Silence.

use crate::script::{Script, Step, chunk};
use crate::{FAILURE, NOTHING_YET, SUCCESS, answered, handle, last_failure, layer, outcomes, poll};
use buttress::circuit_breaker::{CircuitBreakerLayer, Handle};
use buttress::{FailureKind, JudgedBody, Settle, classify};
use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use support::{Task, WakeCount};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::advance;

const QUIET: Duration = Duration::from_secs(5);

fn stalling(handle: &Handle, body: Script) -> JudgedBody<Script, impl Settle, classify::Http> {
    answered(&layer(handle).stalled_after(QUIET), Response::new(body)).into_body()
}

#[tokio::test(start_paused = true)]
async fn h9_a_silent_body_is_a_timeout_and_tells_who_polls_it() {
    let handle = handle();
    let mut body = stalling(&handle, Script::new([chunk("a"), Step::Hang, chunk("b")]));
    let (woken, waker) = WakeCount::new();
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut body).poll_frame(&mut cx).is_ready());
    // Silence that nobody waits through is the caller's.
    advance(QUIET * 10).await;
    assert!(Pin::new(&mut body).poll_frame(&mut cx).is_pending());
    advance(QUIET - Duration::from_millis(1)).await;
    assert!(Pin::new(&mut body).poll_frame(&mut cx).is_pending());
    assert_eq!((outcomes(&handle), body.is_stalled(), woken.get()), (NOTHING_YET, false, 0));
    advance(Duration::from_millis(1)).await;
    assert_eq!(woken.get(), 1);
    assert!(Pin::new(&mut body).poll_frame(&mut cx).is_pending());
    assert_eq!((outcomes(&handle), body.is_stalled(), woken.get()), (FAILURE, true, 2));
    assert_eq!(last_failure(&handle), Some(FailureKind::Timeout));
    // The stream goes on as if nobody had looked at the time.
    advance(QUIET * 10).await;
    body.get_ref().resume();
    assert_eq!((&mut body).collect().await.unwrap().to_bytes(), "b");
    assert_eq!((outcomes(&handle), body.is_stalled()), (FAILURE, true));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_slow_and_not_silent_is_no_stall() {
    let handle = handle();
    let pause = QUIET - Duration::from_millis(1);
    let steps = (0..20).flat_map(|_| [Step::Sleep(pause), chunk("x")]);
    let body = stalling(&handle, Script::new(steps));
    assert_eq!(body.collect().await.unwrap().to_bytes().len(), 20);
    assert_eq!(outcomes(&handle), SUCCESS);
}

#[tokio::test(start_paused = true)]
async fn a_stall_after_frames_is_measured_from_the_last_of_them() {
    let handle = handle();
    let steps = [Step::Sleep(QUIET / 2), chunk("x"), Step::Hang];
    let mut body = stalling(&handle, Script::new(steps));
    let start = buttress::clock::now();
    poll_fn(|cx| {
        while Pin::new(&mut body).poll_frame(cx).is_ready() {}
        if body.is_stalled() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    assert_eq!(buttress::clock::now().since(start), QUIET / 2 + QUIET);
}

#[test]
fn a_body_that_is_never_found_waiting_makes_no_timer() {
    // Outside a runtime, where making one panics.
    let handle = handle();
    let body = Script::new([chunk("a"), chunk("b")]);
    let body = answered(&layer(&handle).stalled_after(QUIET), Response::new(body)).into_body();
    Task::new(body.collect()).finish().unwrap();
    assert_eq!(outcomes(&handle), SUCCESS);
    // Nor does one that nobody wants watched.
    let body = Script::new([Step::Pending, chunk("a")]);
    let body = answered(&layer(&handle), Response::new(body)).into_body();
    Task::new(body.collect()).finish().unwrap();
    assert_eq!(outcomes(&handle), [2, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_switched_off_watches_nothing() {
    let handle = handle();
    let layer = CircuitBreakerLayer::from_handle(handle.clone())
        .classify(classify::Http)
        .at_body_end_if(false)
        .stalled_after(QUIET)
        .respond();
    let mut body = answered(&layer, Response::new(Script::new([Step::Hang]))).into_body();
    for _ in 0..2 {
        assert!(poll(&mut body).is_pending());
        advance(QUIET).await;
    }
    assert!(!body.is_stalled());
    assert_eq!(outcomes(&handle), SUCCESS);
}

/// Has nothing for its reader, and always something for itself: it stops only where the runtime makes it, and leaves no
/// budget to a timer.
struct Busy(UnboundedSender<()>, UnboundedReceiver<()>);

impl Default for Busy {
    fn default() -> Self {
        let (sender, receiver) = unbounded_channel();
        Self(sender, receiver)
    }
}

impl Body for Busy {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            self.0.send(()).expect("the receiver is here");
            ready!(self.1.poll_recv(cx));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h9_a_body_that_uses_up_its_tasks_budget_stalls_all_the_same() {
    // Time passes, although the runtime is never idle.
    let clock = tokio::spawn(async {
        loop {
            advance(QUIET / 10).await;
        }
    });
    let (handle, response) = (handle(), Response::new(Busy::default()));
    let mut body = answered(&layer(&handle).stalled_after(QUIET), response).into_body();
    let mut polls = 0;
    poll_fn(|cx| {
        polls += 1;
        assert!(polls < 1_000, "the timer is never looked at");
        assert!(Pin::new(&mut body).poll_frame(cx).is_pending());
        if body.is_stalled() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    assert_eq!(last_failure(&handle), Some(FailureKind::Timeout));
    clock.abort();
}
