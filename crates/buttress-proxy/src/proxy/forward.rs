//! One request, from the client to an origin and back.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use buttress::{BoxError, Rejected};
use http::header::{self, HeaderMap};
use http::{Request, Response, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use tower::Service;

use super::ProxyConfig;
use super::answer::OwnAnswer;
use super::answer_body::AnswerBody;
use super::attempt::OriginLate;
use super::blame;
use super::exchange::{ClientFault, Exchange};
use super::headers;
use super::request_body::RequestBody;
use super::router::{Failed, NoOrigin, Router};
use super::silence::Silence;
use super::target::Target;
use super::upstream::Judged;
use super::upstreams::Upstreams;
use crate::server::{Answer, Client};

/// Forwards what comes in at the port of the clients.
#[derive(Debug, Clone)]
pub(super) struct Forward {
    origins: Router,
    body_timeout: Duration,
}

impl Forward {
    pub(super) fn new(config: &ProxyConfig, upstreams: Arc<Upstreams>) -> Self {
        Self { origins: Router::new(upstreams), body_timeout: config.body_timeout }
    }

    async fn exchange(
        &self,
        client: Arc<Client>,
        request: Request<RequestBody>,
    ) -> Result<Response<AnswerBody>, OwnAnswer> {
        let target = Target::of(&request)?;
        let (mut parts, body) = request.into_parts();
        headers::to_origin(&mut parts.headers, target.host, body.is_chunked(), &client);
        parts.uri = Uri::from(target.path);
        parts.version = Version::HTTP_11;
        parts.extensions.clear();
        let shared = body.exchange();
        if let Some(exchange) = &shared {
            parts.extensions.insert(Arc::clone(exchange));
        }

        let call = self.origins.clone().call(Request::from_parts(parts, body));
        let answer = answered(call, shared.as_deref()).await.and_then(unswitched);
        if let (Err(_), Some(exchange)) = (&answer, &shared) {
            exchange.give_up();
        }
        let answer = answer?;
        let silence = Silence::of(&answer, shared.as_ref(), self.body_timeout);
        let (mut parts, body) = answer.into_parts();
        headers::to_client(&mut parts.headers);
        parts.version = Version::HTTP_11;
        parts.extensions.clear();
        Ok(Response::from_parts(parts, AnswerBody::forwarded(body, silence, client, shared)))
    }
}

impl Answer for Forward {
    type Body = AnswerBody;

    /// Answers `request`, with an origin's answer where there is one.
    async fn answer(&self, client: Arc<Client>, request: Request<Incoming>) -> Response<AnswerBody> {
        let expects_continue = expects_continue(request.headers());
        let request = request.map(|body| RequestBody::new(body, expects_continue));
        self.exchange(client, request).await.unwrap_or_else(|answer| {
            // A client that was not told to continue may send its body or not; only closing is unambiguous.
            let answer = if expects_continue { answer.closing() } else { answer };
            answer.into_response()
        })
    }
}

/// Waits for the head of the answer, or for the client to spoil its request. The latter drops the call,
/// which says nothing about the origin.
async fn answered(
    call: impl Future<Output = Result<Response<Judged>, BoxError>>,
    exchange: Option<&Exchange>,
) -> Result<Response<Judged>, OwnAnswer> {
    let mut call = pin!(call);
    let answer = poll_fn(|cx| {
        if let Some(Poll::Ready(fault)) = exchange.map(|exchange| exchange.poll_fault(cx)) {
            return Poll::Ready(Err(spoilt(fault)));
        }
        call.as_mut().poll(cx).map_err(|error| explain(&error))
    });
    let answer = answer.await?;
    if let Some(exchange) = exchange {
        exchange.answer_begins();
    }
    Ok(answer)
}

/// An origin that was not asked to switch protocols has no business to; nothing is tunnelled.
fn unswitched<B>(answer: Response<B>) -> Result<Response<B>, OwnAnswer> {
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(OwnAnswer::bad_gateway("the origin switched to another protocol unasked\n"));
    }
    Ok(answer)
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
    if let Some(NoOrigin { retry_after }) = error.downcast_ref() {
        return OwnAnswer::unavailable(*retry_after);
    }
    let error = Failed::cause(&**error);
    // Of the layers around an origin only the timeout rejects a call: the breaker admitted it before.
    if Rejected::find(error).is_some() || error.is::<OriginLate>() {
        return OwnAnswer::late();
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
