//! Shaped bodies. Those of the kit are a few bytes and never wait: they pass, or the checks would wait for time that never goes by.

use crate::{Below, Erased, OverHttp, PanicAt, Plan, Subject};
use buttress::BandwidthLayer;
use buttress::bandwidth::{Config, Handle, Select, ShapedBody};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::layer::layer_fn;
use tower::{Layer, ServiceBuilder};

fn line() -> Handle {
    let limit = 1_000_000_000;
    let config =
        Config::builder().upload(limit).download(limit).per_peer_upload(limit).per_peer_download(limit);
    Handle::new("line", config.build().expect("it is valid"))
}

/// `layer` over a service of plans: those are no bodies and come out as they went in.
fn over_http<X>(layer: BandwidthLayer<X>) -> Subject
where
    X: Select<Request<Plan>> + Clone + Send + Sync + 'static,
{
    let plain = layer_fn(move |below: Below| {
        ServiceBuilder::new()
            .map_response(|response: Response<ShapedBody<_>>| {
                response.map(|body| body.map_frame(|frame| frame.map_data(text)))
            })
            .layer(layer.clone())
            .map_request(|request: Request<ShapedBody<Plan>>| request.map(|plan| *plan.get_ref()))
            .service(below)
    });
    Subject::new(layer_fn(move |inner: Erased| OverHttp(plain.clone()).layer(inner)))
}

/// A call of the kit answers with text that lives for ever.
fn text(data: Bytes) -> &'static [u8] {
    data.to_vec().leak()
}

/// Limits that hardly any body reaches.
#[must_use]
pub fn bandwidth() -> Subject {
    over_http(BandwidthLayer::from_handle(line()))
}

/// The same for each peer.
#[must_use]
pub fn bandwidth_keyed() -> Subject {
    let peer = |request: &Request<Plan>| {
        request.body().ask(PanicAt::Request);
        Some(7)
    };
    over_http(BandwidthLayer::from_handle(line()).keyed(peer)).hook(PanicAt::Request)
}

/// Limits that are not there.
#[must_use]
pub fn bandwidth_off() -> Subject {
    over_http(BandwidthLayer::from_handle(None))
}
