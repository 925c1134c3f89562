//! The future of one call, with all its attempts.

use super::budget::Token;
use super::condition::{Condition, Decision};
use super::course::{Came, Course, Owner, Retry, leaves_no_more_than};
use super::hooks::Watch;
use super::nested;
use super::replay::Replay;
use super::service::Common;
use super::source::Source;
use crate::Refuse;
use buttress_core::retry::GiveUp;
use pin_project_lite::pin_project;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

pin_project! {
    /// The response of a [`RetryService`](super::RetryService).
    pub struct ResponseFuture<S, Req, H, R, Y, W, K>
    where
        S: Service<Y::Attempt>,
        H: Source,
        Y: Replay<Req>,
    {
        // Before the course: the attempt ends first when this is dropped.
        #[pin]
        stage: Stage<S, S::Future, Y::Attempt>,
        // `None` of a call that is made once, and of one that is over: what is kept of the request goes with its answer.
        course: Option<Kept<S, H, R, Y, W, K, Y::Tape>>,
        refuse: PhantomData<fn(Req) -> R>,
    }
}

/// What is kept of a call that may be made again.
struct Kept<S, H: Source, R, Y, W, K, T> {
    tape: T,
    course: Course<Common<S, H, R, Y, W, K>>,
}

pin_project! {
    #[project = StageProj]
    enum Stage<S, F, A> {
        Calling {
            #[pin]
            inner: F,
        },
        // Boxed, as most calls never come here.
        Waiting {
            pause: Pin<Box<Pause<S, A>>>,
        },
        Between,
    }
}

pin_project! {
    /// The time between two attempts. What the next costs is given back unless it is sent.
    struct Pause<S, A> {
        #[pin]
        sleep: Option<Sleep>,
        service: Option<S>,
        attempt: Option<A>,
        token: Token,
    }
}

impl<S, Req, H, R, Y, W, K> ResponseFuture<S, Req, H, R, Y, W, K>
where
    S: Service<Y::Attempt>,
    H: Source,
    Y: Replay<Req>,
{
    #[inline]
    pub(super) const fn once(inner: S::Future) -> Self {
        Self { stage: Stage::Calling { inner }, course: None, refuse: PhantomData }
    }

    #[inline]
    pub(super) const fn first(
        inner: S::Future,
        tape: Y::Tape,
        course: Course<Common<S, H, R, Y, W, K>>,
    ) -> Self {
        Self { stage: Stage::Calling { inner }, course: Some(Kept { tape, course }), refuse: PhantomData }
    }
}

impl<S, Req, H, R, Y, W, K> Future for ResponseFuture<S, Req, H, R, Y, W, K>
where
    S: Service<Y::Attempt> + Clone,
    H: Source,
    R: Refuse<S::Response, S::Error>,
    Y: Replay<Req>,
    W: Condition<S::Response, S::Error>,
    K: Watch<S::Response, S::Error>,
{
    type Output = Result<S::Response, R::Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let StageProj::Calling { inner } = this.stage.project() else { return self.go_on(cx, None) };
        let result = ready!(inner.poll(cx));
        if let Some(kept) = this.course {
            if let Err(decision) = kept.settle::<Req>(&result) {
                return self.go_on(cx, Some((result, decision)));
            }
            // What is kept is let go here, as the future may be held on to.
            *this.course = None;
        }
        Poll::Ready(result.map_err(R::inner))
    }
}

/// How an attempt ended, if not as the end of its call, and what the condition says about it.
type Ended<S, A> = (Result<<S as Service<A>>::Response, <S as Service<A>>::Error>, Decision);

impl<S, Req, H, R, Y, W, K> ResponseFuture<S, Req, H, R, Y, W, K>
where
    S: Service<Y::Attempt> + Clone,
    H: Source,
    R: Refuse<S::Response, S::Error>,
    Y: Replay<Req>,
    W: Condition<S::Response, S::Error>,
    K: Watch<S::Response, S::Error>,
{
    /// Goes on from an attempt that `ended`, or from a wait; out of line, so that the way of a call that needs no retry is
    /// short.
    #[cold]
    #[inline(never)]
    fn go_on(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut ended: Option<Ended<S, Y::Attempt>>,
    ) -> Poll<Result<S::Response, R::Error>> {
        let mut this = self.project();
        let kept = this.course.as_mut().expect("only a call that may be made again goes on");
        let output = loop {
            let (result, decision) = match ended.take() {
                Some(ended) => ended,
                None => {
                    let result = match this.stage.as_mut().project() {
                        StageProj::Calling { inner } => ready!(inner.poll(cx)),
                        StageProj::Waiting { pause } => {
                            match ready!(pause.as_mut().poll::<Req, _, _, _, _, _>(cx, kept)) {
                                Next::Sent(inner) => {
                                    this.stage.set(Stage::Calling { inner });
                                    continue;
                                }
                                // It says as much about the peer as an answer.
                                Next::Failed(error) => Err(error),
                                Next::Late => {
                                    this.stage.set(Stage::Between);
                                    break kept.late::<S::Response, S::Error>();
                                }
                            }
                        }
                        StageProj::Between => panic!("a future is not polled after its end"),
                    };
                    match kept.settle::<Req>(&result) {
                        Ok(()) => break result.map_err(R::inner),
                        Err(decision) => (result, decision),
                    }
                }
            };
            // Whatever the attempt still holds of the request is needed for another.
            this.stage.set(Stage::Between);
            match kept.next::<Req>(result.as_ref(), decision) {
                Ok(retry) => {
                    // What the attempt answered is let go before the wait.
                    drop(result);
                    this.stage.set(Stage::Waiting { pause: Box::pin(Pause::new(retry)) });
                }
                Err(why) => {
                    let attempts = kept.course.progress.attempt();
                    break result.map_err(|error| match why {
                        GiveUp::NotRetryable => R::inner(error),
                        _ => R::exhausted(error, attempts),
                    });
                }
            }
        };
        *this.course = None;
        Poll::Ready(output)
    }
}

impl<S, H: Source, R, Y, W, K, T> Kept<S, H, R, Y, W, K, T> {
    /// Ends the call if this attempt is a success; otherwise, what the condition says.
    #[inline(always)]
    fn settle<Req>(&mut self, result: &Result<S::Response, S::Error>) -> Result<(), Decision>
    where
        S: Service<Y::Attempt>,
        Y: Replay<Req>,
        W: Condition<S::Response, S::Error>,
        K: Watch<S::Response, S::Error>,
    {
        let Course { owner, progress } = &mut self.course;
        let decision = owner.rules.condition.decide(result.as_ref());
        if result.is_err() || !decision.keeps() {
            return Err(decision);
        }
        progress.succeed::<S::Response, S::Error, K>(owner.shared(), &owner.rules.hooks);
        Ok(())
    }

    /// What follows an attempt that was no success.
    fn next<Req>(
        &mut self,
        result: Result<&S::Response, &S::Error>,
        decision: Decision,
    ) -> Result<Retry<Y::Attempt>, GiveUp>
    where
        S: Service<Y::Attempt>,
        R: Refuse<S::Response, S::Error>,
        Y: Replay<Req, Tape = T>,
        W: Condition<S::Response, S::Error>,
        K: Watch<S::Response, S::Error>,
    {
        let (tape, Course { owner, progress }) = (&self.tape, &mut self.course);
        let replay = &owner.replay;
        let mut came = Came::of(&owner.rules.condition, decision, result, R::rejected);
        came.deadline = replay.deadline(tape);
        came.outlook = replay.outlook(tape);
        progress.next(owner.shared(), &owner.rules, result, came, |attempt, unprocessed| {
            replay.permits(tape, unprocessed).then(|| replay.again(tape, attempt)).flatten()
        })
    }

    /// The answer to a call whose time was over before a service was ready for its next attempt. The last result is gone.
    fn late<Res, Err>(&mut self) -> Result<Res, R::Error>
    where
        R: Refuse<Res, Err>,
    {
        let Course { owner, progress } = &mut self.course;
        progress.late(owner.shared());
        owner.refuse.refuse(owner.shared().timed_out())
    }
}

/// What becomes of a pause.
enum Next<F, Err> {
    /// The next attempt.
    Sent(F),
    /// No service can be made ready for it.
    Failed(Err),
    /// The call's time was over before one was.
    Late,
}

impl<S, A> Pause<S, A> {
    fn new(retry: Retry<A>) -> Self {
        let Retry { attempt, delay, token } = retry;
        let sleep = (!delay.is_zero()).then(|| sleep(delay));
        Self { sleep, service: None, attempt: Some(attempt), token }
    }
}

impl<S: Service<A> + Clone, A> Pause<S, A> {
    /// The next attempt, once its time has come and a service is ready for it.
    fn poll<Req, H: Source, R, Y: Replay<Req>, W, K>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        kept: &mut Kept<S, H, R, Y, W, K, Y::Tape>,
    ) -> Poll<Next<S::Future, S::Error>> {
        let mut this = self.project();
        if let Some(sleep) = this.sleep.as_mut().as_pin_mut() {
            ready!(sleep.poll(cx));
            this.sleep.set(None);
        }
        let Course { owner, progress } = &mut kept.course;
        let service = this.service.get_or_insert_with(|| owner.spare());
        let ready = ready!(service.poll_ready(cx));
        if ready.is_ok() && leaves_no_more_than(Duration::ZERO, owner.replay.deadline(&kept.tape)) {
            return Poll::Ready(Next::Late);
        }
        // One that is not ready for it is an attempt too: else there would be no end to them.
        progress.attempt_again(owner.shared());
        Poll::Ready(match ready {
            Ok(()) => {
                this.token.spend();
                let attempt = this.attempt.take().expect("a pause ends once");
                Next::Sent(nested::hand_over::<A, _>(|| service.call(attempt)))
            }
            Err(error) => Next::Failed(error),
        })
    }
}

impl<S, Req, H, R, Y, W, K> fmt::Debug for ResponseFuture<S, Req, H, R, Y, W, K>
where
    S: Service<Y::Attempt>,
    H: Source,
    Y: Replay<Req>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
