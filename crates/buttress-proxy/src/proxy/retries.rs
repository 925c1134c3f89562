//! Which requests are sent again, when, and how often.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use buttress::classify::Http;
use buttress::retry::{
    BackoffHook, Budget, ByBody, Condition, Config, Decision, Handle, Hooks, Replay, RetryLayer,
    RetryService, budget,
};
use buttress::{BoxError, Boxed, Classify, Deadline};
use http::{Request, Response, StatusCode};
use hyper_util::client::legacy;
use tower::Layer;

use super::blame;
use super::exchange::Exchange;
use super::request_body::{RequestBody, SentBody};
use super::router::{Failed, Router};
use super::upstreams::Outlook;

/// The origins as one service that sends again what fails.
pub(super) type Retried =
    RetryService<Router, Option<Handle>, Boxed, Replayed, WorthAnother, Hooks<AtOnceElsewhere>>;

/// What the retries of a proxy are called.
const NAME: &str = "proxy";

/// What all retries of a proxy together may come to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    /// Of the requests.
    pub(crate) ratio: f64,
    pub(crate) per_second: f64,
    pub(crate) window: Duration,
}

/// Two retries answer nearly all requests while each attempt fails three times in ten, and need 0.3 + 0.3² of them for that; a
/// budget grants at least nine elevenths of its share, as it looks back in tenths of its window. A fifth, the layer's own
/// default, is for a retry that alone protects its peer: here each origin has a breaker and a bulkhead besides, and what those
/// refuse is not sent, so that neither an outage nor an overload is what the budget has to hold.
pub(crate) const BUDGET: Allowance =
    Allowance { ratio: 0.5, per_second: 1.0, window: Duration::from_secs(10) };

/// The retries of one proxy, with one budget for all of its origins; `None` if there are not to be any.
pub(super) fn handle(retries: u32) -> Option<Handle> {
    let config =
        Config::builder().retries(retries).build().expect("the default with another number is valid");
    let Allowance { ratio, per_second, window } = BUDGET;
    let budget =
        budget::Config::new(ratio, per_second, window).expect("a share of the requests is a valid budget");
    (retries > 0).then(|| Handle::with_budget(NAME, config, Budget::new(budget)))
}

/// `timeout` is what a request may take until its answer begins.
pub(super) fn retried(origins: Router, handle: Option<Handle>, timeout: Duration) -> Retried {
    RetryLayer::from_handle(handle)
        .replay(Replayed { by_body: ByBody::default(), timeout })
        .when(WorthAnother)
        .backoff_with(AtOnceElsewhere)
        .layer(origins)
}

/// Whether an answer of this status may be given up for that of another attempt: those by which an origin says
/// that it, or something behind it, does not work at the moment. A 500 says that of the request.
pub(super) fn is_retried(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Whether an origin that answers so has had enough of this client, or says when to ask it again.
pub(super) fn asks_to_be_left_alone<B>(answer: &Response<B>) -> bool {
    answer.status() == StatusCode::TOO_MANY_REQUESTS
        || Classify::<Response<B>, BoxError>::retry_after(&Http, Ok(answer)).is_some()
}

/// Where another attempt would go; `None` of a result that is final.
fn outlook<B>(result: Result<&Response<B>, &BoxError>) -> Option<Outlook> {
    match result {
        Ok(answer) => answer.extensions().get().copied(),
        Err(error) => error.downcast_ref().map(|failed: &Failed| failed.outlook),
    }
}

/// Tries again what failed, as long as some origin would take it.
#[derive(Debug, Clone, Copy)]
pub(super) struct WorthAnother;

impl<B> Condition<Response<B>, BoxError> for WorthAnother {
    fn decide(&self, result: Result<&Response<B>, &BoxError>) -> Decision {
        let Some(outlook) = outlook(result) else { return Decision::Keep };
        match (result, outlook) {
            (_, Outlook::Nowhere) => Decision::Stop,
            (Ok(_), Outlook::Elsewhere) => Decision::RETRY,
            // It has had enough of this client, and is not to be asked once more.
            (Ok(answer), Outlook::Again) if answer.status() == StatusCode::TOO_MANY_REQUESTS => {
                Decision::Stop
            }
            (Ok(_), Outlook::Again) => Decision::Retry { hint: Http.retry_after(result), unprocessed: false },
            (Err(error), _) => {
                let cause = Failed::cause(&**error);
                // What this host lacks, it lacks for another attempt as well.
                if blame::is_local(cause) {
                    return Decision::Stop;
                }
                let unreached = cause.downcast_ref().is_some_and(legacy::Error::is_connect);
                Decision::Retry { hint: None, unprocessed: unreached }
            }
        }
    }
}

/// Waits before an origin is asked again that has just failed, and not before another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct AtOnceElsewhere;

impl<B> BackoffHook<Response<B>, BoxError> for AtOnceElsewhere {
    fn backoff(&self, _: u32, result: Result<&Response<B>, &BoxError>) -> Option<Duration> {
        (outlook(result) == Some(Outlook::Elsewhere)).then_some(Duration::ZERO)
    }
}

/// Sends requests again as [`ByBody`] does, within the time that they have.
#[derive(Debug, Clone)]
pub(super) struct Replayed {
    by_body: ByBody,
    timeout: Duration,
}

/// What is kept of a request.
pub(super) struct Tape {
    request: <ByBody as Replay<Request<RequestBody>>>::Tape,
    upload: Option<Arc<Exchange>>,
}

impl Replay<Request<RequestBody>> for Replayed {
    type Attempt = Request<SentBody>;
    type Tape = Tape;

    fn first(&self, request: Request<RequestBody>) -> (Request<SentBody>, Tape) {
        let upload = request.body().exchange();
        let (attempt, request) = self.by_body.first(request);
        (attempt, Tape { request, upload })
    }

    fn once(&self, request: Request<RequestBody>) -> Request<SentBody> {
        self.by_body.once(request)
    }

    fn again(&self, tape: &Tape, attempt: NonZeroU32) -> Option<Request<SentBody>> {
        Replay::<Request<RequestBody>>::again(&self.by_body, &tape.request, attempt)
    }

    fn permits(&self, tape: &Tape, unprocessed: bool) -> bool {
        Replay::<Request<RequestBody>>::permits(&self.by_body, &tape.request, unprocessed)
    }

    fn counts(&self, tape: &Tape) -> bool {
        Replay::<Request<RequestBody>>::counts(&self.by_body, &tape.request)
    }

    /// The time of an upload begins when the client has done its part; that of all else is limited by a layer.
    fn deadline(&self, tape: &Tape) -> Option<Deadline> {
        let since = tape.upload.as_ref()?.origins_turn_since()?;
        Some(Deadline::at(since + self.timeout))
    }
}
