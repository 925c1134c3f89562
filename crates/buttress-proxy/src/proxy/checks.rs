//! Whether the origins are well, found out beside the requests.

use std::num::NonZeroUsize;

use buttress::BoxError;
use buttress::health::{Check, Config, Found, Monitor};
use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::uri::{PathAndQuery, Scheme, Uri};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::Origin;

/// How a proxy finds out whether its origins are well: it asks each of them for a page again and again. An origin is well while
/// that is answered with a status below 400.
#[derive(Debug, Clone, PartialEq)]
pub struct Checks {
    /// The page.
    pub path: PathAndQuery,
    /// How often it is asked for, how long an answer may take, and how many answers make an origin well or not.
    pub config: Config,
}

/// What the monitor of the origins is called.
const NAME: &str = "origins";

/// Who asks, as origins see it.
const AGENT: &str = concat!("buttress/", env!("CARGO_PKG_VERSION"), " (health check)");

/// Asks origins for a page. Each time by a connection of its own: whether a new one can be had is a part of the question, and
/// those for requests stay theirs.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    path: PathAndQuery,
    client: Client<HttpConnector, Empty<Bytes>>,
}

/// Looks at the origins until it is dropped.
#[derive(Debug)]
pub(super) struct Looking(Option<Monitor>);

impl Checks {
    /// A monitor for so many origins.
    pub(super) fn monitor(&self, origins: NonZeroUsize) -> Monitor {
        Monitor::with_capacity(NAME, self.config, origins)
    }

    pub(super) fn asking(&self) -> Asking {
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Asking { path: self.path.clone(), client }
    }
}

impl Asking {
    /// The check of one origin, which has its name.
    pub(super) fn check(&self, origin: &Origin) -> Check {
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(origin.target().clone());
        parts.path_and_query = Some(self.path.clone());
        let uri = Uri::from_parts(parts).expect("scheme, authority and path make a URI");
        let (client, name) = (self.client.clone(), origin.authority().clone());
        Check::new(origin.authority().as_str(), move || {
            let request = Request::get(uri.clone()).header(HOST, name.as_str()).header(USER_AGENT, AGENT);
            let request = request.body(Empty::new());
            let answer = client.request(request.expect("a URI and a field make a request"));
            async move {
                match answer.await {
                    Ok(answer) => of_answer(&answer),
                    Err(error) => Found::from(Err::<(), BoxError>(error.into())),
                }
            }
        })
    }
}

fn of_answer<B>(answer: &Response<B>) -> Found {
    let status = answer.status();
    if status < StatusCode::BAD_REQUEST {
        Found::Healthy
    } else {
        Found::Unhealthy(format!("it answered {status}"))
    }
}

impl Looking {
    pub(super) fn start(monitor: Option<&Monitor>) -> Self {
        Self(monitor.cloned().inspect(Monitor::start))
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.iter().for_each(Monitor::stop);
    }
}
