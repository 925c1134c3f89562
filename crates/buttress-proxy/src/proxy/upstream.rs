//! The origins as the proxy calls them: a breaker each, and turns among those that admit.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use buttress::circuit_breaker::{CircuitBreakerLayer, CircuitBreakerService, Handle, Permit, Source};
use buttress::registry::Registry;
use buttress::{AtEnd, Bounds, Boxed, JudgedBody, Rejected};
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::{Service, ServiceBuilder};

use super::ProxyConfig;
use super::attempt::{Attempt, HttpClient};
use super::blame::OfOrigin;
use super::request_body::RequestBody;
use crate::Origin;

/// How long a connection to an origin is kept unused: less than the 5 s after which common origins close
/// theirs, so that a request rarely meets a closing one.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// How long an origin may leave what was sent to it unacknowledged or unread. One that answered early and
/// then neither reads nor closes would otherwise hold its connection for ever.
#[cfg(target_os = "linux")]
const UNREAD_FOR: Duration = Duration::from_secs(60);

/// All origins of one proxy.
#[derive(Debug)]
pub(super) struct Upstreams {
    list: Vec<Upstream>,
    turn: AtomicUsize,
}

/// One origin and the breaker in front of it.
#[derive(Debug)]
pub(super) struct Upstream {
    authority: Authority,
    host: HeaderValue,
    breaker: Handle,
    body_timeout: Duration,
    service: Admitted,
}

/// The layers around an origin; in a clone that is ready, the admission of one request.
pub(super) type Admitted = CircuitBreakerService<Attempt, Handle, Boxed, AtEnd<OfOrigin>>;

/// The body of an origin's answer, with the admission of its request until it has ended.
pub(super) type Judged = JudgedBody<Incoming, Permit<<Handle as Source>::Lease>, OfOrigin>;

impl Upstreams {
    /// Puts the breakers into `registry`, which has room for them. An origin that is named twice has one
    /// breaker and two turns.
    pub(super) fn new(config: &ProxyConfig, registry: &Registry) -> Self {
        let client = http_client();
        let upstream = |origin: &Origin| {
            let name = origin.authority().as_str();
            let breaker = registry.get(name).unwrap_or_else(|_| {
                let breaker = breaker(name, config);
                registry.add(breaker.clone()).expect("there is room, and no authority is empty");
                breaker
            });
            Upstream::new(origin, breaker, config, client.clone())
        };
        Self { list: config.origins.iter().map(upstream).collect(), turn: AtomicUsize::new(0) }
    }

    /// The next origin whose breaker admits a request; nothing is sent to find out.
    ///
    /// # Errors
    /// When the first of the breakers may admit again; `None` if an operator has to allow it.
    pub(super) fn admit(&self) -> Result<(&Upstream, Admitted), Option<Duration>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let (before, from) = self.list.split_at(turn % self.list.len());
        let mut retry_after: Option<Duration> = None;
        for upstream in from.iter().chain(before) {
            match upstream.admit() {
                Ok(Some(service)) => return Ok((upstream, service)),
                // Another request took the last probe since the breaker was asked: the next one may be due at any time.
                Ok(None) => retry_after = Some(Duration::ZERO),
                Err(rejected) => {
                    let waits = retry_after.into_iter().chain(rejected.retry_after());
                    retry_after = waits.min();
                }
            }
        }
        Err(retry_after)
    }

    pub(super) fn breakers(&self) -> Vec<Handle> {
        self.list.iter().map(|upstream| upstream.breaker.clone()).collect()
    }
}

impl Upstream {
    fn new(origin: &Origin, breaker: Handle, config: &ProxyConfig, client: HttpClient) -> Self {
        let authority = origin.authority().clone();
        let host = HeaderValue::try_from(authority.as_str()).expect("an authority is printable ASCII");
        let layer = CircuitBreakerLayer::from_handle(breaker.clone())
            .classify(OfOrigin)
            .at_body_end()
            .stalled_after(config.body_timeout)
            .readiness();
        let service =
            ServiceBuilder::new().layer(layer).service(Attempt::new(client, config.attempt_timeout));
        Self { authority, host, breaker, body_timeout: config.body_timeout, service }
    }

    /// The service with an admission in it; `None` if that went to another request in the last instant.
    fn admit(&self) -> Result<Option<Admitted>, Rejected> {
        self.breaker.check()?;
        let mut service = self.service.clone();
        let mut now = Context::from_waker(Waker::noop());
        let ready = Service::<Request<RequestBody>>::poll_ready(&mut service, &mut now);
        Ok(matches!(ready, Poll::Ready(Ok(()))).then_some(service))
    }

    /// The host a request is for that names none.
    pub(super) fn host(&self) -> HeaderValue {
        self.host.clone()
    }

    /// How long it may pause within the body of an answer.
    pub(super) fn body_timeout(&self) -> Duration {
        self.body_timeout
    }

    pub(super) fn uri(&self, path: PathAndQuery) -> Uri {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).expect("scheme, authority and path make a URI")
    }
}

/// The breaker in front of an origin. It records how long calls take only where somebody can see that.
fn breaker(name: &str, config: &ProxyConfig) -> Handle {
    match config.admin {
        None => Handle::new(name, config.breaker),
        Some(_) => Handle::recording_durations(name, config.breaker, Bounds::default()),
    }
}

fn http_client() -> HttpClient {
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
