//! What an operator may have done, and how it is kept from the web pages that the same machine shows.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use buttress::registry::{Resets, UnknownName};
use http::header::{HeaderMap, HeaderName, ORIGIN};
use http::{StatusCode, Uri};
use serde::Serialize;

use super::View;
use super::answers::{json, refusal};
use super::host;
use super::query::Query;

/// The field that a command has, whatever it says. A web page cannot send it to this port without being asked for permission
/// first, which it does not get.
pub(crate) const COMMAND: HeaderName = HeaderName::from_static("buttress-command");

/// What was done.
#[derive(Debug, Serialize)]
struct Done {
    /// How many were reset.
    reset: usize,
    /// Which, and which were left as they were.
    parts: Resets,
}

impl Done {
    const fn of(parts: Resets) -> Self {
        Self { reset: parts.reset.len(), parts }
    }
}

/// Resets what has the name that the query gives, or everything but the error budgets.
pub(super) async fn reset(State(view): State<Arc<View>>, request: Request) -> Response {
    if let Err(refused) = admit(request.headers()) {
        return *refused;
    }
    let name = match Query::of(request.uri(), &["name"]) {
        Ok(query) => query.get("name").map(str::to_owned),
        Err(refused) => return *refused,
    };
    match name {
        None => json(StatusCode::OK, &Done::of(view.registry.reset_all())),
        Some(name) => match view.registry.reset(&name) {
            Ok(resets) => json(StatusCode::OK, &Done::of(resets)),
            Err(unknown) => refusal(StatusCode::NOT_FOUND, &unknown_name(&unknown)),
        },
    }
}

fn unknown_name(unknown: &UnknownName) -> String {
    format!("{unknown}\n")
}

/// Lets through what no web page of another site sent.
fn admit(headers: &HeaderMap) -> Result<(), Box<Response>> {
    if !headers.contains_key(COMMAND) {
        let why = "a command needs the field buttress-command, which web pages of others cannot send\n";
        return Err(refusal(StatusCode::FORBIDDEN, why).into());
    }
    let foreign = |origin: &http::HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
        !origin.is_some_and(|origin| origin.authority().is_some_and(host::is_loopback))
    };
    if headers.get_all(ORIGIN).iter().any(foreign) {
        return Err(refusal(StatusCode::FORBIDDEN, "web pages of other sites have no commands here\n").into());
    }
    Ok(())
}
