//! Another service.

use super::{Answers, KeepOf};
use crate::BoxError;
use crate::fallback::Cause;
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

/// Answers by another service: a clone of it for each use, which is readied and called once.
#[derive(Clone, Copy, Debug)]
pub struct OfService<S>(pub(in crate::fallback) S);

impl<S, Req: Clone> KeepOf<Req> for OfService<S> {
    type Attempt = Req;
    type Kept = Req;

    fn keep(&self, request: Req) -> (Req, Req) {
        (request.clone(), request)
    }
}

impl<S, Req, Res, Err> Answers<Req, Res, Err> for OfService<S>
where
    S: Service<Req, Response = Res, Error: Into<BoxError>> + Clone,
    Req: Clone,
{
    type Response = Res;
    type Error = S::Error;
    type Future = OfServiceFuture<S, Req>;

    fn answer(&self, request: Req, _: Cause<'_, Res, Err>) -> Self::Future {
        OfServiceFuture { stage: Stage::Readying { service: self.0.clone(), request: Some(request) } }
    }

    fn good(&self, _: Req, response: Res) -> Res {
        response
    }

    fn pass(response: Res) -> Res {
        response
    }
}

pin_project! {
    /// The answer of an [`OfService`].
    pub struct OfServiceFuture<S: Service<Req>, Req> {
        #[pin]
        stage: Stage<S, Req>,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<S: Service<Req>, Req> {
        Readying {
            service: S,
            request: Option<Req>,
        },
        Called {
            #[pin]
            response: S::Future,
        },
    }
}

impl<S: Service<Req>, Req> Future for OfServiceFuture<S, Req> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            match stage.as_mut().project() {
                StageProj::Readying { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    let request = request.take().expect("it is called once");
                    let response = service.call(request);
                    stage.set(Stage::Called { response });
                }
                StageProj::Called { response } => return response.poll(cx),
            }
        }
    }
}

impl<S: Service<Req>, Req> fmt::Debug for OfServiceFuture<S, Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfServiceFuture").finish_non_exhaustive()
    }
}
