//! What failed, and what remains of the error budget.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::{Path, State};
use axum::response::Response;
use buttress::failure_log::{Filter, Options};
use buttress::{circuit_breaker, clock};
use http::{StatusCode, Uri};
use serde::Serialize;

use super::View;
use super::answers::{json, refusal};
use super::query::Query;

/// What can be asked for behind `/failures?`.
const PARAMETERS: &[&str] =
    &["days", "since", "until", "component", "operation", "category", "severity", "text", "by_component"];

/// How far back the failures go unless told otherwise: a week has all that a week brings with it.
const DAYS: u32 = 7;

/// Failures are kept for a month.
const MOST_DAYS: u32 = 31;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// All that is known of the failures that are asked for.
pub(super) async fn failures(State(view): State<Arc<View>>, uri: Uri) -> Response {
    let now = clock::system_time(clock::now());
    let (filter, mut options) = match asked(&uri, now) {
        Ok(asked) => asked,
        Err(refused) => return *refused,
    };
    options.breakers = view.memory.origins().map(Arc::from).collect();
    aside(move || json(StatusCode::OK, &view.memory.log().review(&filter, &options))).await
}

/// All that is known of one failure, with how the breaker stands in front of the origin that failed.
pub(super) async fn failure(State(view): State<Arc<View>>, Path(id): Path<String>) -> Response {
    let Ok(number) = id.parse::<u64>() else {
        return refusal(StatusCode::BAD_REQUEST, "a failure is named by its number, as in /failures/17\n");
    };
    aside(move || match view.memory.log().report(number) {
        Some(report) => match view.registry.get::<circuit_breaker::Handle>(&report.record.component) {
            Ok(breaker) => json(StatusCode::OK, &report.with_breaker(breaker.state())),
            Err(_) => json(StatusCode::OK, &report),
        },
        None => refusal(StatusCode::NOT_FOUND, "there is no such failure, or not any more\n"),
    })
    .await
}

/// How the error budget stands.
pub(super) async fn budget(State(view): State<Arc<View>>) -> Response {
    let budgets = view.registry.status().error_budgets;
    if budgets.is_empty() {
        let none = "there is no error budget; start the proxy with an objective, as in --slo 99.9\n";
        return refusal(StatusCode::NOT_FOUND, none);
    }
    json(StatusCode::OK, &Budgets { error_budgets: budgets })
}

/// The same as in `/status`.
#[derive(Debug, Serialize)]
struct Budgets<T> {
    error_budgets: T,
}

/// Does not hold up the requests of clients, which the same threads serve: to look at thousands of failures takes
/// milliseconds.
async fn aside(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| refusal(StatusCode::INTERNAL_SERVER_ERROR, "the failures cannot be shown\n"))
}

/// Which failures, and how they are to be looked at.
fn asked(uri: &Uri, now: SystemTime) -> Result<(Filter, Options), Box<Response>> {
    let query = Query::of(uri, PARAMETERS)?;
    let mut filter = Filter::default();
    let days = query.read("days", days)?;
    let since = query.read("since", moment)?;
    filter.since = since.or_else(|| now.checked_sub(DAY * days.unwrap_or(DAYS)));
    filter.until = query.read("until", moment)?;
    filter.category = query.read("category", word)?;
    filter.severity = query.read("severity", word)?;
    filter.component = query.get("component").map(Arc::from);
    filter.operation = query.get("operation").map(Arc::from);
    filter.text = query.get("text").map(Arc::from);
    let by_component =
        query.read("by_component", |text| text.parse().map_err(|_| "true or false".to_owned()))?;
    Ok((filter, Options { by_component: by_component.unwrap_or(false), ..Options::default() }))
}

fn days(text: &str) -> Result<u32, String> {
    let days = text.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    days.ok_or_else(|| format!("a number from 1 to {MOST_DAYS} is needed"))
}

fn moment(text: &str) -> Result<SystemTime, String> {
    humantime::parse_rfc3339_weak(text).map_err(|_| "a time is needed, as in 2026-11-22T10:00:00Z".to_owned())
}

fn word<T: FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}
