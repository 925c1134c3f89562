//! The future of one call.

use super::Degraded;
use super::answers::Answers;
use super::cause::Cause;
use super::handle::Using;
use super::protocol::Protocol;
use super::service::Parts;
use super::when::{Seen, When};
use crate::{Refuse, Trigger};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The response of a [`FallbackService`](super::FallbackService).
    pub struct ResponseFuture<I, Req, Res, Err, A: Answers<Req, Res, Err>, W, P, R> {
        #[pin]
        stage: Stage<I, Req, Res, Err, A, W, P, R>,
    }
}

pin_project! {
    #[project = StageProj]
    enum Stage<I, Req, Res, Err, A: Answers<Req, Res, Err>, W, P, R> {
        Calling {
            #[pin]
            inner: I,
            // What is needed if the call is to fall back; `None` where it is off.
            watched: Option<Watched<A::Kept, A, W, P, R>>,
        },
        FallingBack {
            // Before what counts it: the fallback ends first when this one is dropped.
            #[pin]
            answer: A::Future,
            using: Using,
            // Comes back if the fallback fails.
            original: Option<Result<Res, Err>>,
            parts: Arc<Parts<A, W, P, R>>,
        },
    }
}

type Watched<K, A, W, P, R> = (K, Arc<Parts<A, W, P, R>>);

impl<I, Req, Res, Err, A: Answers<Req, Res, Err>, W, P, R> ResponseFuture<I, Req, Res, Err, A, W, P, R> {
    #[inline]
    pub(super) const fn new(inner: I, watched: Option<Watched<A::Kept, A, W, P, R>>) -> Self {
        Self { stage: Stage::Calling { inner, watched } }
    }
}

impl<I, Req, Res, Err, A, W, P, R> Future for ResponseFuture<I, Req, Res, Err, A, W, P, R>
where
    I: Future<Output = Result<Res, Err>>,
    A: Answers<Req, Res, Err>,
    W: When<Res, Err>,
    P: Protocol<Res> + Protocol<A::Response>,
    R: Refuse<A::Response, Err>,
{
    type Output = Result<A::Response, R::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        if let StageProj::Calling { inner, watched } = stage.as_mut().project() {
            let result = ready!(inner.poll(cx));
            let Some((kept, parts)) = watched.take() else {
                return Poll::Ready(result.map(A::pass).map_err(R::inner));
            };
            let seen = parts.see::<Res, Err, A::Response>(&result);
            let Some(trigger) = parts.when.asks(seen) else {
                return Poll::Ready(match result {
                    Ok(response) if !seen.failed => Ok(parts.answers.good(kept, response)),
                    result => result.map(A::pass).map_err(R::inner),
                });
            };
            let (answer, using) = parts.fall_back(kept, seen, trigger);
            stage.set(Stage::FallingBack { answer, using, original: Some(result), parts });
        }
        let StageProj::FallingBack { answer, using, original, parts } = stage.project() else {
            unreachable!("it is falling back")
        };
        let answer = ready!(answer.poll(cx));
        using.end(answer.is_ok());
        let original = original.take().expect("a future is not polled after its end");
        Poll::Ready(match (answer, original) {
            (Ok(mut response), _) => {
                parts.protocol.mark(&mut response, Degraded { source: parts.source });
                Ok(response)
            }
            (Err(_), Ok(response)) => Ok(A::pass(response)),
            (Err(error), Err(original)) => Err(R::with_fallback(original, error.into())),
        })
    }
}

impl<A, W, P, R> Parts<A, W, P, R> {
    #[inline]
    fn see<'a, Res, Err, Out>(&self, result: &'a Result<Res, Err>) -> Seen<'a, Res, Err>
    where
        P: Protocol<Res>,
        R: Refuse<Out, Err>,
    {
        match result {
            Ok(response) => {
                let rejected = self.protocol.rejected(response);
                let failed = rejected.is_some() || self.protocol.failed(response);
                Seen { result: Ok(response), rejected, failed }
            }
            Err(error) => Seen { result: Err(error), rejected: R::rejected(error), failed: true },
        }
    }

    #[cold]
    fn fall_back<Req, Res, Err>(
        &self,
        kept: A::Kept,
        seen: Seen<'_, Res, Err>,
        trigger: Trigger,
    ) -> (A::Future, Using)
    where
        A: Answers<Req, Res, Err>,
    {
        let handle = self.handle.as_ref().expect("what is off is not watched");
        // First, as the function of a fallback may panic.
        let using = handle.begin(trigger, self.source);
        (self.answers.answer(kept, Cause::new(seen, trigger)), using)
    }
}

impl<I, Req, Res, Err, A: Answers<Req, Res, Err>, W, P, R> fmt::Debug
    for ResponseFuture<I, Req, Res, Err, A, W, P, R>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
