//! One request, from the client to an origin and back.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use buttress::bandwidth::{self, Direction, ShapedBody};
use buttress::classify::{Http, Until};
use buttress::deadline::{self, DeadlineService};
use buttress::key::TrustedProxies;
use buttress::registry::Registry;
use buttress::{
    BoxError, Boxed, Classify, DeadlineLayer, FailureKind, InvalidConfig, Outcome, Reason, Rejected, retry,
};
use http::header::{self, HeaderMap};
use http::{Request, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use tower::{Layer, Service};

use super::ProxyConfig;
use super::answer::OwnAnswer;
use super::answer_body::{Account, AnswerBody};
use super::attempt::OriginLate;
use super::blame;
use super::course::{Attempted, Course, Why};
use super::delivery::Delivery;
use super::exchange::ClientFault;
use super::headers;
use super::memory::Memory;
use super::patience::Patience;
use super::place::Place;
use super::rates::Rates;
use super::request_body::RequestBody;
use super::retries::{self, Retried};
use super::router::{Failed, NoOrigin, Router};
use super::silence::Silence;
use super::target::Target;
use super::trail::Trail;
use super::upstream::Judged;
use super::upstreams::Upstreams;
use crate::server::{Answer, Client};

/// Forwards what comes in at the port of the clients.
#[derive(Debug, Clone)]
pub(super) struct Forward {
    origins: Limited,
    /// For requests with a body: how long a client takes for that is not known before, and not limited as a whole.
    uploads: Limited,
    upstreams: Arc<Upstreams>,
    memory: Arc<Memory>,
    trusted: TrustedProxies,
    rates: Rates,
    bandwidth: bandwidth::Handle,
    retries: Option<retry::Handle>,
    deadline: deadline::Handle,
    timeout: Duration,
    body_timeout: Duration,
    client_pause: Duration,
}

pub(super) const ROOM: &str = "there is room, and it has a name that is its own";

/// What the limit on a request is called.
const NAME: &str = "proxy";

/// The origins as one service, with a limit on all attempts together.
type Limited = DeadlineService<Retried, Boxed, Option<deadline::Handle>>;

impl Forward {
    pub(super) fn new(
        config: &ProxyConfig,
        upstreams: Arc<Upstreams>,
        memory: Arc<Memory>,
    ) -> Result<Self, InvalidConfig> {
        let ProxyConfig { retries, timeout, body_timeout, client_pause, .. } = *config;
        let (retries, deadline) = (retries::handle(retries), deadline::Handle::new(NAME, timeout));
        let retried = retries::retried(Router::new(Arc::clone(&upstreams)), retries.clone(), timeout);
        let limited = |limit| DeadlineLayer::from_handle(limit).layer(retried.clone());
        let (origins, uploads) = (limited(Some(deadline.clone())), limited(None));
        let trusted = config.trusted.clone();
        let rates = Rates::new(&config.limits)?;
        let bandwidth = bandwidth::Handle::new(NAME, config.limits.bandwidth());
        Ok(Self {
            origins,
            uploads,
            upstreams,
            memory,
            trusted,
            rates,
            bandwidth,
            retries,
            deadline,
            timeout,
            body_timeout,
            client_pause,
        })
    }

    pub(super) fn retries(&self) -> Option<&retry::Handle> {
        self.retries.as_ref()
    }

    /// Puts what there is to see into `registry`, which has room for it.
    pub(super) fn register(&self, registry: &Registry) {
        if let Some(retries) = &self.retries {
            registry.add(retries.clone()).expect(ROOM);
        }
        registry.add(self.deadline.clone()).expect(ROOM);
        self.memory.register(registry);
        self.rates.register(registry);
        registry.add(self.bandwidth.clone()).expect(ROOM);
    }

    /// What the proxy says itself takes nothing of the bandwidth.
    fn shaped(&self, body: AnswerBody) -> ShapedBody<AnswerBody> {
        if body.is_own() {
            ShapedBody::unlimited(body)
        } else {
            self.bandwidth.shape(Direction::Download, body)
        }
    }

    async fn exchange(
        &self,
        client: Arc<Client>,
        request: Request<RequestBody>,
        trail: &Trail,
        course: &Arc<Course>,
    ) -> Result<Response<AnswerBody>, OwnAnswer> {
        self.rates.admit(trail.client).map_err(|rejected| OwnAnswer::too_many(rejected.retry_after()))?;
        let target = Target::of(&request)?;
        let (mut parts, body) = request.into_parts();
        headers::to_origin(&mut parts.headers, target.host, body.is_chunked(), trail);
        parts.uri = Uri::from(target.path);
        parts.version = Version::HTTP_11;
        parts.extensions.clear();
        let shared = body.exchange();
        if let Some(exchange) = &shared {
            parts.extensions.insert(Arc::clone(exchange));
        }
        parts.extensions.insert(Arc::clone(course));
        if self.retries.is_some() {
            parts.extensions.insert(self.upstreams.untried());
        }

        let mut origins = if shared.is_some() { self.uploads.clone() } else { self.origins.clone() };
        let call = origins.call(Request::from_parts(parts, body));
        let patience = shared.clone().map(|exchange| Patience::new(exchange, self.timeout));
        let answer = answered(call, patience).await.and_then(unswitched);
        if let (Err(_), Some(exchange)) = (&answer, &shared) {
            exchange.give_up();
        }
        let answer = answer?;
        course.is_decided();
        let outcome = for_the_client(&answer);
        let goes_on = Classify::<_, BoxError>::until(&Http, &answer) == Until::LastByte;
        let silence = Silence::of(&answer, shared.as_ref(), self.body_timeout);
        let (mut parts, body) = answer.into_parts();
        let place = parts.extensions.remove::<Arc<Place>>();
        let attempted = parts.extensions.remove::<Attempted>();
        headers::to_client(&mut parts.headers);
        parts.version = Version::HTTP_11;
        parts.extensions.clear();
        let mut account = Some(Account { course: Arc::clone(course), attempted, outcome });
        if !goes_on {
            account.take().into_iter().for_each(Account::settle);
        }
        Ok(Response::from_parts(parts, AnswerBody::forwarded(body, silence, client, shared, place, account)))
    }
}

impl Answer for Forward {
    type Body = Delivery;

    /// Answers `request`, with an origin's answer where there is one.
    async fn answer(&self, client: Arc<Client>, request: Request<Incoming>) -> Response<Delivery> {
        let expects_continue = expects_continue(request.headers());
        let trail = Trail::of(&client, request.headers(), &self.trusted);
        let request =
            request.map(|body| RequestBody::new(body, expects_continue, &self.bandwidth, self.client_pause));
        let course = Course::new(Arc::clone(&self.memory), &request);
        let answer = self.exchange(Arc::clone(&client), request, &trail, &course).await;
        let mut answer = answer.unwrap_or_else(|answer| {
            course.ends_here(&answer);
            // A client that was not told to continue may send its body or not; only closing is unambiguous.
            let answer = if expects_continue { answer.closing() } else { answer };
            answer.into_response()
        });
        self.rates.tell(trail.client, answer.headers_mut());
        answer.map(|body| Delivery::new(self.shaped(body), client))
    }
}

/// Waits for the head of the answer, or for the client to spoil its request. The latter drops the call,
/// which says nothing about the origin. So does the end of an upload's time: an attempt that this cuts short had less
/// than its own limit.
async fn answered(
    call: impl Future<Output = Result<Response<Judged>, BoxError>>,
    mut patience: Option<Patience>,
) -> Result<Response<Judged>, OwnAnswer> {
    let mut call = pin!(call);
    let answer = poll_fn(|cx| {
        let fault = patience.as_ref().map(|patience| patience.exchange().poll_fault(cx));
        if let Some(Poll::Ready(fault)) = fault {
            return Poll::Ready(Err(spoilt(fault)));
        }
        if let Poll::Ready(answer) = call.as_mut().poll(cx) {
            return Poll::Ready(answer.map_err(|error| explain(&error)));
        }
        let over = patience.as_mut().is_some_and(|patience| patience.poll_end(cx).is_ready());
        if over { Poll::Ready(Err(OwnAnswer::late())) } else { Poll::Pending }
    });
    let answer = answer.await?;
    if let Some(patience) = patience {
        patience.exchange().answer_begins();
    }
    Ok(answer)
}

/// An origin that was not asked to switch protocols has no business to; nothing is tunnelled.
fn unswitched<B>(answer: Response<B>) -> Result<Response<B>, OwnAnswer> {
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        if let Some(attempted) = answer.extensions().get::<Attempted>() {
            attempted.failed(Outcome::Failure(FailureKind::Response), Why::Status(answer.status()));
        }
        return Err(OwnAnswer::bad_gateway("the origin switched to another protocol unasked\n"));
    }
    Ok(answer)
}

/// What the head of an answer says of its request. That the origin had enough of a client is between these two.
fn for_the_client<B>(answer: &Response<B>) -> Outcome {
    match answer.status() {
        status if status.is_server_error() => Outcome::Failure(FailureKind::Response),
        StatusCode::TOO_MANY_REQUESTS => Outcome::Ignored,
        _ => Outcome::Success,
    }
}

fn spoilt(fault: ClientFault) -> OwnAnswer {
    match fault {
        ClientFault::Broken => OwnAnswer::bad_request("the request body is malformed or broke off\n"),
        ClientFault::Stalled => {
            OwnAnswer::new(StatusCode::REQUEST_TIMEOUT, "the request body did not arrive in time\n").closing()
        }
    }
}

fn explain(error: &BoxError) -> OwnAnswer {
    if let Some(NoOrigin { busy, retry_after }) = error.downcast_ref() {
        return if *busy { OwnAnswer::busy() } else { OwnAnswer::unavailable(*retry_after) };
    }
    let error = Failed::cause(&**error);
    // The breaker admitted the call before: what rejects it is the bulkhead, when its turn does not come, or a limit in time.
    match Rejected::find(error).map(|rejected| rejected.reason()) {
        Some(Reason::Full | Reason::QueueTimedOut | Reason::TooLarge) => return OwnAnswer::busy(),
        Some(_) => return OwnAnswer::late(),
        None if error.is::<OriginLate>() => return OwnAnswer::late(),
        None => {}
    }
    if blame::is_local(error) {
        return OwnAnswer::unavailable(None);
    }
    let unreachable = error.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect);
    OwnAnswer::bad_gateway(if unreachable {
        "the origin cannot be reached\n"
    } else {
        "the origin broke off before it answered\n"
    })
}

fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}
