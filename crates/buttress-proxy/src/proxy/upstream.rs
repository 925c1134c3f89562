//! One origin as the proxy calls it: a breaker, a limit on each attempt, the client; and the bulkhead beside them, whose places
//! the router hands out.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use buttress::bulkhead::{self, adaptive_limit};
use buttress::circuit_breaker::{self, CircuitBreakerLayer, CircuitBreakerService, Handle};
use buttress::health::Watched;
use buttress::source::Source;
use buttress::{AtEnd, Bounds, Boxed, InvalidConfig, JudgedBody, Rejected};
use http::uri::{Authority, Scheme, Uri};
use http::{HeaderValue, Request, header};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::{Layer, Service};

use super::ProxyConfig;
use super::attempt::{Attempt, HttpClient};
use super::blame::OfOrigin;
use super::headers;
use super::metered::Metered;
use super::request_body::SentBody;
use crate::Origin;

/// How long a connection to an origin is kept unused: less than the 5 s after which common origins close
/// theirs, so that a request rarely meets a closing one.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// How long an origin may leave what was sent to it unacknowledged or unread. One that answered early and
/// then neither reads nor closes would otherwise hold its connection for ever.
#[cfg(target_os = "linux")]
const UNREAD_FOR: Duration = Duration::from_secs(60);

/// How long a request may wait for its turn while an origin has no room: hardly noticed, and longer than chance crowds
/// arrivals together. A longer wait would not let more through, and be felt for longer after a rush.
const TURN_WITHIN: Duration = Duration::from_millis(100);

/// How many requests may wait for one origin. The time ends the wait of most; this bounds the memory.
const QUEUE: u32 = 1_000;

/// One origin, and the breaker and the bulkhead in front of it.
#[derive(Debug)]
pub(super) struct Upstream {
    /// Where connections to it go.
    target: Authority,
    host: HeaderValue,
    breaker: Handle,
    bulkhead: bulkhead::Handle,
    /// What its check says, if it has one.
    watched: Option<Watched>,
    service: Admitted,
}

/// The breaker and what is beneath it; in a clone that is ready, the admission of one request.
pub(super) type Admitted = CircuitBreakerService<Attempt, Handle, Boxed, AtEnd<OfOrigin>>;

/// The body of an origin's answer, with the admission of its request until it has ended.
pub(super) type Judged =
    JudgedBody<Metered<Incoming>, circuit_breaker::Permit<<Handle as Source>::Lease>, OfOrigin>;

impl Upstream {
    pub(super) fn new(
        origin: &Origin,
        breaker: Handle,
        bulkhead: bulkhead::Handle,
        watched: Option<Watched>,
        config: &ProxyConfig,
        attempt: Attempt,
    ) -> Self {
        let host =
            HeaderValue::try_from(origin.authority().as_str()).expect("an authority is printable ASCII");
        let layer = CircuitBreakerLayer::from_handle(breaker.clone())
            .classify(OfOrigin)
            .at_body_end()
            .stalled_after(config.body_timeout)
            .readiness();
        let service = layer.layer(attempt);
        Self { target: origin.target().clone(), host, breaker, bulkhead, watched, service }
    }

    /// The service with an admission in it; `None` if that went to another request in the last instant.
    pub(super) fn admit(&self) -> Result<Option<Admitted>, Rejected> {
        self.breaker.check()?;
        let mut service = self.service.clone();
        let mut now = Context::from_waker(Waker::noop());
        let ready = Service::<Request<SentBody>>::poll_ready(&mut service, &mut now);
        Ok(matches!(ready, Poll::Ready(Ok(()))).then_some(service))
    }

    pub(super) fn breaker(&self) -> &Handle {
        &self.breaker
    }

    pub(super) fn bulkhead(&self) -> &bulkhead::Handle {
        &self.bulkhead
    }

    /// Whether nothing speaks against it, by its check.
    pub(super) fn is_well(&self) -> bool {
        self.watched.as_ref().is_none_or(Watched::is_usable)
    }

    /// Whether a request would have its turn at once, as it looks at the moment.
    pub(super) fn has_room(&self) -> bool {
        let bulkhead = &self.bulkhead;
        !bulkhead.is_closed() && bulkhead.queued() == 0 && bulkhead.in_flight() < bulkhead.limit()
    }

    /// Makes a request one for this origin. It is its host where the client named none.
    pub(super) fn address<B>(&self, request: &mut Request<B>) {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.target.clone());
        parts.path_and_query = request.uri().path_and_query().cloned();
        *request.uri_mut() = Uri::from_parts(parts).expect("scheme, authority and path make a URI");
        if !request.headers().contains_key(header::HOST) {
            headers::name_host(request.headers_mut(), self.host.clone());
        }
    }
}

/// The breaker in front of an origin. It records how long calls take only where somebody can see that.
pub(super) fn breaker(name: &str, config: &ProxyConfig) -> Handle {
    match config.admin {
        None => Handle::new(name, config.breaker),
        Some(_) => Handle::recording_durations(name, config.breaker, Bounds::default()),
    }
}

/// The bulkhead in front of an origin. Unless it is told how many requests the origin bears at a time, it finds out.
///
/// # Errors
/// If that number is more than can be counted.
pub(super) fn bulkhead(name: &str, config: &ProxyConfig) -> Result<bulkhead::Handle, InvalidConfig> {
    let builder = bulkhead::Config::builder().queue(QUEUE).max_wait(TURN_WITHIN);
    Ok(match config.limits.max_concurrent {
        Some(most) => bulkhead::Handle::new(name, builder.max_concurrent(most.get()).build()?),
        None => bulkhead::Handle::adaptive_with(name, builder.build()?, adaptive_limit::Config::default()),
    })
}

pub(super) fn http_client() -> HttpClient {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    #[cfg(target_os = "linux")]
    connector.set_tcp_user_timeout(Some(UNREAD_FOR));
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(POOL_IDLE)
        .set_host(false)
        .build(connector);
    HttpClient::new(client)
}
