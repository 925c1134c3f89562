//! What stands on each page.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use buttress::registry::{Status, Verdict};
use buttress_reputation::Ledger;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use super::View;
use crate::proxy::PEERS;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// The text format of Prometheus, as its own client libraries announce it.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether requests are taken, and if not, why.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    reasons: Vec<String>,
}

/// How everything stands.
#[derive(Debug, Serialize)]
struct Standing<'a> {
    /// What the proxy warned of when it started.
    warnings: &'a [String],
    #[serde(flatten)]
    status: Status,
}

/// 200 as long as anything answers at all; the verdict is in the body, since what is wrong with the origins
/// is no reason to restart the proxy.
pub(super) async fn healthz(State(view): State<Arc<View>>) -> Response {
    json(StatusCode::OK, &view.registry.health())
}

/// 200 while requests are taken and one of the origins at least is worth asking.
pub(super) async fn readyz(State(view): State<Arc<View>>) -> Response {
    let readiness = readiness(&view);
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &readiness)
}

pub(super) async fn metrics(State(view): State<Arc<View>>) -> Response {
    page(StatusCode::OK, PROMETHEUS, view.exporter.render())
}

pub(super) async fn status(State(view): State<Arc<View>>) -> Response {
    json(StatusCode::OK, &Standing { warnings: view.memory.warnings(), status: view.registry.status() })
}

pub(super) async fn no_such_path() -> Response {
    let paths = "there is no such page, only /budget, /failures, /failures/NUMBER, /healthz, /metrics, /peers, /readyz and \
                 /status, and the command POST /health/reset\n";
    page(StatusCode::NOT_FOUND, TEXT, paths.to_owned())
}

fn readiness(view: &View) -> Readiness {
    if view.stopping.load(Ordering::Relaxed) {
        return Readiness { ready: false, reasons: vec!["the proxy was asked to stop".to_owned()] };
    }
    let status = view.registry.status();
    // An open breaker that would admit a probe is degraded only: a proxy that nobody asks never finds out
    // that its origins are back.
    let ledger = view.registry.get::<Ledger>(PEERS).ok();
    let is_banned = |origin: &str| ledger.as_ref().is_some_and(|ledger| ledger.is_banned(origin));
    let breakers = &status.circuit_breakers;
    let ready = breakers.iter().any(|(origin, it)| it.verdict < Verdict::Unhealthy && !is_banned(origin));
    if ready {
        return Readiness { ready, reasons: Vec::new() };
    }
    let concerns = status.health.reasons.iter().map(ToString::to_string);
    let banned =
        breakers.keys().filter(|origin| is_banned(origin)).map(|origin| format!("{origin} is banned"));
    Readiness { ready, reasons: concerns.chain(banned).collect() }
}

pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_string_pretty(value) {
        Ok(text) => page(status, JSON, text + "\n"),
        Err(error) => page(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{error}\n")),
    }
}

/// An answer that is true now and not worth keeping.
pub(super) fn page(status: StatusCode, kind: &'static str, text: String) -> Response {
    let fields = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, fields, text).into_response()
}

/// What is not shown, and why.
pub(super) fn refusal(status: StatusCode, reason: &str) -> Response {
    page(status, TEXT, reason.to_owned())
}
