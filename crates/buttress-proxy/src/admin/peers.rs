//! The origins as peers: who is asked, and who is left alone.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use buttress::registry::Peers;
use http::{StatusCode, Uri};

use super::View;
use super::answers::json;
use super::query::Query;

/// How many of the best, and of those with troubles, unless told otherwise.
const TOP: usize = 10;

/// A page that a person or a program reads as a whole.
const MOST: usize = 1_000;

/// How all peers stand, with the best of them and those with troubles one by one.
pub(super) async fn peers(State(view): State<Arc<View>>, uri: Uri) -> Response {
    match Query::of(&uri, &["top"]).and_then(|query| query.read("top", top)) {
        Ok(asked) => json(StatusCode::OK, &view.peers.status(asked.unwrap_or(TOP))),
        Err(refused) => *refused,
    }
}

fn top(text: &str) -> Result<usize, String> {
    let top = text.parse().ok().filter(|top| (1..=MOST).contains(top));
    top.ok_or_else(|| format!("a number from 1 to {MOST} is needed"))
}
