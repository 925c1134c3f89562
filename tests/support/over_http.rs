//! A layer for HTTP, held to the same contract: what a plan says happens in the body of the response.

use crate::{Erased, ErasedFuture, Plan};
use buttress::{BoxError, Rejected};
use http::{Request, Response};
use http_body::{Body, Frame};
use std::fmt;
use std::future::{Ready, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use tower::{Layer, Service};

/// Puts a layer for HTTP before a service of plans. A call ends when the body of its response has been read.
#[derive(Clone, Copy, Debug)]
pub struct OverHttp<L>(
    /// The layer.
    pub L,
);

impl<L: Layer<Below>> Layer<Erased> for OverHttp<L> {
    type Service = Above<L::Service>;

    fn layer(&self, inner: Erased) -> Self::Service {
        Above(self.0.layer(Below(inner)))
    }
}

/// Answers with a head at once, and makes the call in the body.
#[derive(Clone, Debug)]
pub struct Below(Erased);

impl Service<Request<Plan>> for Below {
    type Response = Response<CallBody>;
    type Error = BoxError;
    type Future = Ready<Result<Response<CallBody>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Plan>) -> Self::Future {
        ready(Ok(Response::new(CallBody(Some(self.0.call(request.into_body()))))))
    }
}

/// A body that makes a call and yields its response; by default there is none.
#[derive(Default)]
pub struct CallBody(Option<ErasedFuture>);

impl Body for CallBody {
    type Data = &'static [u8];
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<&'static [u8]>, BoxError>>> {
        let Some(call) = &mut self.0 else { return Poll::Ready(None) };
        let result = ready!(call.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(Some(result.map(|text| Frame::data(text.as_bytes()))))
    }
}

impl fmt::Debug for CallBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallBody").finish()
    }
}

/// Asks by HTTP, and reads the body of the answer. A rejection that comes as a response is an error again.
#[derive(Clone, Debug)]
pub struct Above<S>(S);

impl<S, B> Service<Plan> for Above<S>
where
    S: Service<Request<Plan>, Response = Response<B>, Error: Into<BoxError>, Future: Send + Sync + 'static>,
    B: Body<Data = &'static [u8], Error: Into<BoxError>> + Send + Sync + 'static,
{
    type Response = &'static str;
    type Error = BoxError;
    type Future = ErasedFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, plan: Plan) -> ErasedFuture {
        let head = self.0.call(Request::new(plan));
        Box::pin(async move {
            let response = head.await.map_err(Into::into)?;
            if let Some(rejected) = response.extensions().get::<Rejected>() {
                return Err((*rejected).into());
            }
            let mut body = pin!(response.into_body());
            let mut text = "";
            while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
                let data = frame.map_err(Into::into)?.into_data().expect("a body of data alone");
                text = std::str::from_utf8(data)?;
            }
            Ok(text)
        })
    }
}
