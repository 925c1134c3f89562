//! The call has ended when its body has.

use super::watch::{Watch, judge_end, settle_end};
use super::{Judge, JudgedBody, Settle, hint, settle};
use crate::classify::{End, Until};
use crate::{Classify, Outcome};
use http::Response;
use http_body::Body;
use std::time::Duration;

/// The call has ended when the last byte of its response has come, or the trailers after it: a body that breaks off is a
/// failure, and until then the permit is held. Made by `.at_body_end()`.
///
/// * A head that is no success is judged at once: nothing in the body makes it better, and a breaker that waits for the
///   text of an error page opens late. A bulkhead has its verdict then too, and keeps the place until the body has ended.
/// * A body that is empty ends with its head; so do the answers to `HEAD`, and 204 and 304.
/// * A body dropped before anybody polled it is judged by the head, unless the trailers would have decided: the caller wanted
///   no more. Dropped midway, the call is [cancelled](Outcome::Cancelled).
/// * A body that ends cleanly before the length it announced is a failure.
/// * A body that is kept and never read holds its permit as long.
/// * A half-open breaker's probe keeps its lease while parts of its body come. When they have been coming for as long as a
///   lease lasts, it has found out enough and is a success, whatever comes after.
///
/// What the end says is up to the classifier: see [`Classify::until`] and [`Classify::classify_end`].
///
/// ```
/// use buttress::{CircuitBreakerLayer, Config};
/// use std::time::Duration;
///
/// # use http_body::{Body, Frame};
/// # use std::{convert::Infallible, pin::Pin, task::{Context, Poll}};
/// # struct Cut;
/// # impl Body for Cut {
/// #     type Data = &'static [u8];
/// #     type Error = Infallible;
/// #     fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Infallible>>> {
/// #         Poll::Ready(None)
/// #     }
/// #     fn size_hint(&self) -> http_body::SizeHint {
/// #         http_body::SizeHint::with_exact(5)
/// #     }
/// # }
/// # use tower::{Layer, Service, ServiceExt, service_fn};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), buttress::BoxError> {
/// let layer = CircuitBreakerLayer::http(Config::default()).at_body_end().stalled_after(Duration::from_secs(30));
/// # let origin = service_fn(|_: ()| async { Ok::<_, Infallible>(http::Response::new(Cut)) });
/// let breaker = layer.handle().clone();
/// let response = layer.layer(origin).ready().await?.call(()).await?;
/// assert_eq!(response.status(), 200);
/// assert_eq!(breaker.snapshot().totals.failures, 0);
///
/// // The origin announced five bytes and sends none.
/// let mut body = response.into_body();
/// std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
/// assert_eq!(breaker.snapshot().totals.failures, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AtEnd<C> {
    pub(super) classify: C,
    waits: bool,
    stalled_after: Option<Duration>,
}

impl<C> AtEnd<C> {
    /// Judges by `classify`: at the end of the body if `waits` is true, and by the head if not. Layers have `.at_body_end()` for
    /// it; this is for a service of your own.
    pub const fn new(classify: C, waits: bool) -> Self {
        Self { classify, waits, stalled_after: None }
    }

    /// A body of which nothing comes for so long while somebody waits for it has failed.
    #[must_use]
    pub fn stalled_after(self, limit: Duration) -> Self {
        Self { stalled_after: Some(limit), ..self }
    }

    /// How long a body may be quiet, where anybody looks at it.
    pub(super) fn stall_limit(&self) -> Option<Duration> {
        self.stalled_after.filter(|_| self.waits)
    }

    /// Settles the permit by the head, or says until when it is too early.
    pub(super) fn head<Res, Err>(&self, response: &Res, permit: &mut impl Settle) -> Option<Until>
    where
        C: Classify<Res, Err>,
    {
        let result = Ok(response);
        let outcome = self.classify.classify(result);
        if self.waits && outcome == Outcome::Success {
            match self.classify.until(response) {
                Until::Head => {}
                later => return Some(later),
            }
        }
        if outcome == Outcome::Ignored
            && let Some(rejected) = self.classify.rejection(result)
        {
            // Our own answer, whose body is no part of the call.
            permit.rejected(rejected);
            return None;
        }
        let retry_after = hint(outcome, || self.classify.retry_after(result));
        if self.waits && outcome != Outcome::Success {
            return permit.judged(outcome, retry_after).then_some(Until::LastByte);
        }
        permit.settle(outcome, retry_after);
        None
    }

    /// Settles the permit by an empty body, or watches over the one there is.
    pub(super) fn body<Res, Err, B: Body, P: Settle>(
        &self,
        until: Until,
        body: &B,
        permit: &mut P,
    ) -> Option<Watch<P, C>>
    where
        C: Classify<Res, Err> + Clone,
    {
        if body.is_end_stream() {
            settle_end(permit, judge_end::<Res, Err, C>(&self.classify, End::Complete), End::Complete);
            return None;
        }
        permit.answered();
        let announced = body.size_hint().exact();
        let (classify, judge) = (self.classify.clone(), judge_end::<Res, Err, C>);
        Some(Watch::new(permit.take(), classify, judge, until, announced))
    }
}

impl<B, Err, C> Judge<Response<B>, Err> for AtEnd<C>
where
    B: Body,
    C: Classify<Response<B>, Err> + Clone,
{
    type Response<P: Settle> = Response<JudgedBody<B, P, C>>;

    fn response<P: Settle>(&self, response: Response<B>, permit: &mut P) -> Self::Response<P> {
        let watch = self
            .head(&response, permit)
            .and_then(|until| self.body::<Response<B>, Err, _, _>(until, response.body(), permit));
        response.map(|body| JudgedBody::new(body, watch, self.stall_limit()))
    }

    fn error<P: Settle>(&self, error: &Err, permit: &mut P) {
        settle(&self.classify, Err(error), permit);
    }
}
