//! One attempt at an origin, with a bound on the time until its answer begins.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use buttress::{BoxError, Boxed, TimeoutLayer, timeout};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client, ResponseFuture};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::exchange::Exchange;
use super::metered::{Meter, Metered};
use super::patience::Patience;
use super::request_body::SentBody;

/// The pooled client of all origins, cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct HttpClient(Arc<Client<HttpConnector, Metered<SentBody>>>);

impl HttpClient {
    pub(super) fn new(client: Client<HttpConnector, Metered<SentBody>>) -> Self {
        Self(Arc::new(client))
    }
}

impl Service<Request<Metered<SentBody>>> for HttpClient {
    type Response = Response<Incoming>;
    type Error = legacy::Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), legacy::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Metered<SentBody>>) -> ResponseFuture {
        self.0.request(request)
    }
}

type Timed = <TimeoutLayer<Boxed, timeout::Handle> as Layer<HttpClient>>::Service;

/// Sends a request and waits at most so long for the head of its answer.
///
/// While a client is still sending its body, the time its own pauses take is not the origin's: a slow
/// uploader must not make a healthy origin look late.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    timed: Timed,
    common: Arc<Common>,
}

/// What all attempts at one origin have in common.
#[derive(Debug)]
struct Common {
    client: HttpClient,
    timeout: Duration,
    meter: Meter,
}

impl Attempt {
    /// `limit` counts the attempts it ends, which are those without a body; `meter` what passes.
    pub(super) fn new(client: HttpClient, limit: timeout::Handle, meter: Meter) -> Self {
        let timeout = limit.limit();
        let timed = TimeoutLayer::from_handle(limit).layer(client.clone());
        Self { timed, common: Arc::new(Common { client, timeout, meter }) }
    }
}

impl Service<Request<SentBody>> for Attempt {
    type Response = Response<Metered<Incoming>>;
    type Error = BoxError;
    type Future = AttemptFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Service::<Request<Metered<SentBody>>>::poll_ready(&mut self.timed, cx)
    }

    fn call(&mut self, request: Request<SentBody>) -> AttemptFuture {
        let exchange = request.extensions().get::<Arc<Exchange>>().cloned();
        let Common { client, timeout, meter } = &*self.common;
        let request = request.map(|body| meter.upload(body));
        let call = match exchange {
            None => Call::Plain { call: self.timed.call(request) },
            Some(exchange) => {
                exchange.attempt_begins();
                let call = client.clone().call(request);
                Call::Upload { call, patience: Patience::new(exchange, *timeout) }
            }
        };
        AttemptFuture { call, meter: meter.clone() }
    }
}

pin_project! {
    /// The answer of an [`Attempt`].
    pub(super) struct AttemptFuture {
        #[pin]
        call: Call,
        meter: Meter,
    }
}

pin_project! {
    #[project = CallProjection]
    enum Call {
        Plain {
            #[pin]
            call: <Timed as Service<Request<Metered<SentBody>>>>::Future,
        },
        Upload {
            #[pin]
            call: ResponseFuture,
            patience: Patience,
        },
    }
}

impl fmt::Debug for AttemptFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptFuture").finish_non_exhaustive()
    }
}

impl Future for AttemptFuture {
    type Output = Result<Response<Metered<Incoming>>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.call.poll(cx))?;
        Poll::Ready(Ok(answer.map(|body| this.meter.download(body))))
    }
}

impl Future for Call {
    type Output = Result<Response<Incoming>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            CallProjection::Plain { call } => call.poll(cx),
            CallProjection::Upload { call, patience } => {
                if let Poll::Ready(answer) = call.poll(cx) {
                    let answer = answer.map(|answer| marked(answer, patience.exchange()));
                    return Poll::Ready(answer.map_err(Into::into));
                }
                patience.poll_end(cx).map(|()| Err(OriginLate(patience.limit()).into()))
            }
        }
    }
}

/// Marks an answer that begins before its request is complete: until that is, silence may be either side's
/// doing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Early;

fn marked<B>(mut answer: Response<B>, exchange: &Exchange) -> Response<B> {
    if !exchange.is_complete() {
        answer.extensions_mut().insert(Early);
    }
    answer
}

/// The origin had the whole timeout to itself and did not begin to answer.
#[derive(Debug)]
pub(super) struct OriginLate(Duration);

impl fmt::Display for OriginLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer within {}", humantime::format_duration(self.0))
    }
}

impl std::error::Error for OriginLate {}
