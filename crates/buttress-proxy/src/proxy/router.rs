//! Sends each attempt of a request to the origin whose turn it is.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use buttress::{BoxError, Classify};
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use super::blame::OfOrigin;
use super::course::{Attempted, Course, Why};
use super::place::Taken;
use super::queue::Queue;
use super::request_body::SentBody;
use super::retries::{asks_to_be_left_alone, is_retried};
use super::upstream::{Admitted, Judged};
use super::upstreams::{Admission, Outlook, Tried, Upstreams, Way};

/// The origins as one service. It is always ready, and refuses a request that no origin takes.
#[derive(Debug, Clone)]
pub(super) struct Router(Arc<Upstreams>);

impl Router {
    pub(super) fn new(upstreams: Arc<Upstreams>) -> Self {
        Self(upstreams)
    }
}

impl Service<Request<SentBody>> for Router {
    type Response = Response<Judged>;
    type Error = BoxError;
    type Future = RouterFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    /// A request with [`Tried`] in its extensions goes to an origin that is not yet among those, if one takes it.
    fn call(&mut self, mut request: Request<SentBody>) -> RouterFuture {
        let tried = request.extensions_mut().remove::<Tried>();
        match self.0.admit(tried.as_ref()) {
            Ok(Way::Free(admission)) => RouterFuture::sent(&self.0, admission, request, tried),
            Ok(Way::Full(queue)) => {
                let waiting = Waiting { queue, upstreams: Arc::clone(&self.0), request, tried };
                RouterFuture::Waits { waiting: Some(Box::new(waiting)) }
            }
            Err(refused) => RouterFuture::Refused { refused },
        }
    }
}

/// A request that has no turn yet.
struct Waiting {
    queue: Queue,
    upstreams: Arc<Upstreams>,
    request: Request<SentBody>,
    tried: Option<Tried>,
}

pin_project! {
    /// The answer of a [`Router`].
    #[project = RouterProjection]
    pub(super) enum RouterFuture {
        Sent {
            // Before what it takes up: the call ends first when this is dropped.
            #[pin]
            call: <Admitted as Service<Request<SentBody>>>::Future,
            // `None` once there is an answer, which holds it.
            taken: Option<Taken>,
            // Who learns how it went.
            attempted: Option<Attempted>,
            // What tells where another attempt would go, and where this one went; nothing where there is no other.
            next: Option<(Arc<Upstreams>, Tried, usize)>,
        },
        Waits {
            waiting: Option<Box<Waiting>>,
        },
        Refused {
            refused: NoOrigin,
        },
    }
}

impl RouterFuture {
    fn sent(
        upstreams: &Arc<Upstreams>,
        admission: Admission,
        mut request: Request<SentBody>,
        tried: Option<Tried>,
    ) -> Self {
        let Admission { origin, mut service, mut taken } = admission;
        upstreams.origin(origin).address(&mut request);
        let course = request.extensions_mut().remove::<Arc<Course>>();
        let attempted = course.map(|course| course.attempt(origin));
        taken.pick.is_timed_by(attempted.as_ref());
        let call = service.call(request);
        Self::Sent {
            call,
            taken: Some(taken),
            attempted,
            next: tried.map(|tried| (Arc::clone(upstreams), tried, origin)),
        }
    }

    /// Sends what waits when its turn comes.
    fn poll_turn(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let RouterProjection::Waits { waiting } = self.as_mut().project() else { return Poll::Ready(Ok(())) };
        let turn = ready!(waiting.as_mut().expect("it is taken with its turn").queue.poll_turn(cx));
        let Some(waiting) = waiting.take() else { return Poll::Ready(Ok(())) };
        let (origin, permit) = turn?;
        let Waiting { upstreams, request, tried, .. } = *waiting;
        let admission = upstreams.admit_in_turn(origin, permit, tried.as_ref())?;
        self.set(Self::sent(&upstreams, admission, request, tried));
        Poll::Ready(Ok(()))
    }
}

impl Future for RouterFuture {
    type Output = Result<Response<Judged>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(self.as_mut().poll_turn(cx))?;
        let (call, taken, attempted, next) = match self.project() {
            RouterProjection::Sent { call, taken, attempted, next } => (call, taken, attempted, next),
            RouterProjection::Refused { refused } => return Poll::Ready(Err((*refused).into())),
            RouterProjection::Waits { .. } => unreachable!("its turn has come"),
        };
        let mut result = ready!(call.poll(cx));
        let outcome = OfOrigin.classify(result.as_ref());
        let attempted = attempted.take();
        if let Some(taken) = taken.take() {
            taken.settle(outcome, &mut result);
        }
        Poll::Ready(match result {
            Ok(mut answer) => {
                if let Some((upstreams, tried, origin)) = next
                    && is_retried(answer.status())
                {
                    let outlook = upstreams.outlook(tried);
                    // Nobody waits for it where another origin is asked instead.
                    if outlook == Outlook::Elsewhere && asks_to_be_left_alone(&answer) {
                        tried.leave_alone(*origin);
                    }
                    answer.extensions_mut().insert(outlook);
                }
                if let Some(attempted) = attempted {
                    attempted.answered(outcome, &mut answer);
                }
                Ok(answer)
            }
            Err(error) => {
                let error = Arc::from(error);
                if let Some(attempted) = attempted {
                    attempted.failed(outcome, Why::Error(Arc::clone(&error)));
                }
                let outlook =
                    next.as_ref().map_or(Outlook::Nowhere, |(upstreams, tried, _)| upstreams.outlook(tried));
                Err(Failed { error, outlook }.into())
            }
        })
    }
}

impl fmt::Debug for RouterFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterFuture").finish_non_exhaustive()
    }
}

/// No origin takes the request; nothing was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoOrigin {
    /// Whether one would have taken it that has no room.
    pub(super) busy: bool,
    /// When the first breaker may admit a request, where that is known.
    pub(super) retry_after: Option<Duration>,
}

/// An attempt that failed without an answer, and where another one would go.
#[derive(Debug)]
pub(super) struct Failed {
    error: Arc<dyn Error + Send + Sync>,
    pub(super) outlook: Outlook,
}

impl Failed {
    /// What went wrong, however far `error` has come.
    pub(super) fn cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
        error.downcast_ref::<Self>().map_or(error, |failed| &*failed.error)
    }
}

impl fmt::Display for NoOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no origin takes the request")
    }
}

impl Error for NoOrigin {}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the attempt failed")
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.error)
    }
}
