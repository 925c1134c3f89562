//! The last good HTTP answer per method and URI.

mod body;
mod fitness;
mod store;

pub use body::KeptBody;

use super::answers::{Answers, KeepOf, NothingKept};
use super::{Cause, Degraded, FallbackLayer, Http, Open};
use crate::clock;
use crate::key::{Key, KeyOf};
use body::Tape;
use bytes::Bytes;
use fitness::{has_credentials, may_be_asked_for, may_be_kept};
use http::{HeaderMap, Method, Request, Response};
use http_body::Body;
use std::borrow::Cow;
use std::fmt;
use std::future::{Ready, ready};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use store::Shelf;

/// Answers a `GET` or `HEAD` with the last good answer that there was to the same one, while that is not too old
/// (`stale-if-error`).
///
/// # What is kept
/// Answers of status 200 whose body has come to its end and is no longer than the limit; while it comes it goes through as it
/// is, and a copy is made. Not what says `no-store`, `private`, `no-cache`, `must-revalidate` or `proxy-revalidate` in
/// `Cache-Control`, which is not to be given to others or not when it is old; nor what sets cookies, has trailers or varies by
/// everything.
///
/// # Whom it is for
/// Everybody who asks for the same thing: same method, same host and path, same query, and the same value of each header that
/// `Vary` names. So a request that says who asks leaves nothing and is given nothing, unless [a key](Self::keyed) tells those
/// who ask apart. It says so by `Authorization`, `Proxy-Authorization`, `Cookie`, or any other header whose name ends with `key`
/// or has `auth`, `cookie`, `jwt`, `password`, `secret`, `session` or `token` in it, as `X-Api-Key` and `X-Auth-Token` do. Where
/// it is said in another way, as by `X-User`, a network address or a client's certificate, the key is needed: nothing else keeps
/// one user's answer from another.
///
/// Requests for a range, with `no-store` or with a body, which may be part of the question, have no part in it.
///
/// # What the answer says
/// It has the headers of the kept one and the truth about it: its `Age`, in which the one counts that it came with, as it does
/// for the oldest that may be given; `Warning: 111` (revalidation failed),
/// [`Degraded`] in its extensions and the [header](FallbackLayer::mark_header) that names the source.
pub struct LastGoodHttp<X = Anybody> {
    shelf: Arc<Shelf>,
    find: X,
}

/// Those who do not say who they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anybody;

impl<B> KeyOf<Request<B>> for Anybody {
    type Key = str;

    fn key<'a>(&'a self, request: &'a Request<B>) -> Option<Cow<'a, str>> {
        (!has_credentials(request.headers())).then_some(Cow::Borrowed(""))
    }
}

/// How many answers are kept by default: with those of the default length, 16 MiB.
const ANSWERS: NonZeroUsize = NonZeroUsize::new(256).expect("it is not zero");

/// How long an answer can be by default, its headers included: what fits most answers of an API.
const ANSWER_BYTES: usize = 64 * 1024;

impl LastGoodHttp {
    /// Answers with nothing that is older than `max_age`. Keeps 256 answers of at most 64 KiB, and so 16 MiB at most.
    #[must_use]
    pub fn new(max_age: Duration) -> Self {
        Self { shelf: Arc::new(Shelf::new(max_age, ANSWERS, ANSWER_BYTES)), find: Anybody }
    }

    /// Tells those apart who ask, by a key such as a tenant: requests with credentials have a part in it then, if they have a
    /// key. Two that have the same key, method and URI are given the same answer.
    #[must_use]
    pub fn keyed<X>(self, find: X) -> LastGoodHttp<X> {
        LastGoodHttp { shelf: self.shelf, find }
    }
}

impl<X> LastGoodHttp<X> {
    /// Keeps so many answers; those of before are gone. When another needs the place, one that is too old goes first, then one
    /// that was not asked for lately.
    #[must_use]
    pub fn answers(self, answers: NonZeroUsize) -> Self {
        let shelf = Shelf::new(self.shelf.max_age(), answers, self.shelf.answer_bytes());
        Self { shelf: Arc::new(shelf), find: self.find }
    }

    /// Keeps answers of at most so many bytes, headers and URI included; those of before are gone. As many are taken for an
    /// answer while it comes, until it is found to be longer.
    #[must_use]
    pub fn answer_bytes(self, bytes: usize) -> Self {
        let shelf = Shelf::new(self.shelf.max_age(), self.shelf.capacity(), bytes);
        Self { shelf: Arc::new(shelf), find: self.find }
    }

    /// How many answers are kept, among them those that are too old and have not gone yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shelf.len()
    }

    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<X> FallbackLayer<LastGoodHttp<X>, Open, Http> {
    /// Answers with the last good answer that there was to the same request.
    ///
    /// The body's type changes, to [`KeptBody`], for bodies of [`Bytes`] such as those of axum, hyper, reqwest and tonic.
    #[must_use]
    pub fn last_good_http(kept: LastGoodHttp<X>) -> Self {
        FallbackLayer::new(kept, "last good answer").http()
    }
}

/// A request that has a part in it.
pub struct Asked {
    key: String,
    is_head: bool,
    headers: HeaderMap,
}

impl fmt::Debug for Asked {
    /// Tells nothing of the request, which may have secrets in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").finish_non_exhaustive()
    }
}

impl<X: KeyOf<Request<B>>, B: Body> KeepOf<Request<B>> for LastGoodHttp<X> {
    type Attempt = Request<B>;
    type Kept = Option<Asked>;

    fn keep(&self, request: Request<B>) -> (Request<B>, Option<Asked>) {
        let asked = self.asked(&request);
        (request, asked)
    }
}

impl<X> LastGoodHttp<X> {
    fn asked<B: Body>(&self, request: &Request<B>) -> Option<Asked>
    where
        X: KeyOf<Request<B>>,
    {
        if !may_be_asked_for(request) {
            return None;
        }
        let who = self.find.key(request)?;
        let key = key_of(&*who, request);
        let is_head = request.method() == Method::HEAD;
        Some(Asked { key, is_head, headers: request.headers().clone() })
    }
}

/// Lengths first where a part can hold anything, so that no two requests have one key.
fn key_of<B>(who: &(impl Key + ?Sized), request: &Request<B>) -> String {
    let (who, uri) = (who.to_string(), request.uri());
    let of_host = || request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok());
    let host = uri.authority().map(http::uri::Authority::as_str).or_else(of_host).unwrap_or_default();
    let scheme = uri.scheme_str().unwrap_or_default();
    let path = uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    let host = host.to_ascii_lowercase();
    format!("{}:{who}{} {scheme} {}:{host}{path}", who.len(), request.method(), host.len())
}

impl<X, A, B, Err> Answers<Request<A>, Response<B>, Err> for LastGoodHttp<X>
where
    X: KeyOf<Request<A>>,
    A: Body,
    B: Body<Data = Bytes>,
{
    type Response = Response<KeptBody<B>>;
    type Error = NothingKept;
    type Future = Ready<Result<Self::Response, NothingKept>>;

    fn answer(&self, asked: Option<Asked>, _: Cause<'_, Response<B>, Err>) -> Self::Future {
        let none = NothingKept { too_old: None };
        ready(asked.ok_or(none).and_then(|asked| self.shelf.answer(&asked, clock::now())))
    }

    fn good(&self, asked: Option<Asked>, response: Response<B>) -> Self::Response {
        let fit = |asked: &Asked| {
            response.extensions().get::<Degraded>().is_none()
                && may_be_kept(response.status(), response.headers(), &asked.headers)
        };
        let Some(asked) = asked.filter(fit) else { return Self::pass_on(response) };
        let (head, body) = response.into_parts();
        let tape = Tape::begin(&self.shelf, asked, &head.headers, clock::now());
        Response::from_parts(head, KeptBody::live(body, tape))
    }

    fn pass(response: Response<B>) -> Self::Response {
        Self::pass_on(response)
    }
}

impl<X> LastGoodHttp<X> {
    fn pass_on<B: Body<Data = Bytes>>(response: Response<B>) -> Response<KeptBody<B>> {
        response.map(|body| KeptBody::live(body, None))
    }
}

impl<X: Clone> Clone for LastGoodHttp<X> {
    /// Shares what is kept.
    fn clone(&self) -> Self {
        Self { shelf: Arc::clone(&self.shelf), find: self.find.clone() }
    }
}

impl<X> fmt::Debug for LastGoodHttp<X> {
    /// Tells nothing of what is kept.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastGoodHttp").field("len", &self.len()).finish_non_exhaustive()
    }
}
