//! Keys from the head of a request.

use super::head::{Head, RequestHead};
use super::{Key, KeyOf, bounded};
use http::HeaderName;
use std::borrow::Cow;
use std::fmt;

/// The key that `find` takes from the head of a request, whatever the request's body.
///
/// ```
/// use buttress::key::by_head;
/// use buttress::{CircuitBreakerLayer, Config};
///
/// let one_per_method = CircuitBreakerLayer::http(Config::default()).keyed(by_head(|head| Some(head.method().clone())));
/// # fn fits<S: tower::Service<http::Request<()>>>(_: S) {}
/// # fits(tower::Layer::layer(&one_per_method, tower::service_fn(|_| async { Ok::<_, std::io::Error>(http::Response::new(())) })));
/// ```
pub fn by_head<K: Key + ToOwned<Owned = K>, F: Fn(Head<'_>) -> Option<K>>(find: F) -> ByHead<F> {
    ByHead(find)
}

/// The text that `find` points at in the head of a request. It is copied only when its state is made.
pub fn by_str<F: for<'a> Fn(Head<'a>) -> Option<&'a str>>(find: F) -> ByStr<F> {
    ByStr(find)
}

/// The host that a request asks for, in lower case, without port and trailing dot: as many spellings, one key.
#[must_use]
pub const fn by_host() -> ByHost {
    ByHost
}

/// The first header of that name, if it is text. A header that clients choose freely makes as many keys as they like: the
/// store is bounded, yet a tenant's own token is the better key.
#[must_use]
pub const fn by_header(name: HeaderName) -> ByHeader {
    ByHeader(name)
}

/// The first `segments` of the path: 2 of `/api/orders/17` is `/api/orders`. A shorter path is its own key.
///
/// The path is taken as it is written, and one route can be written in many ways (`/api//orders`, `/api/%6frders`): put it
/// behind what brings paths into one form, or take the route that a router found, from the extensions.
#[must_use]
pub const fn by_path_prefix(segments: usize) -> ByPathPrefix {
    ByPathPrefix(segments)
}

/// See [`by_head`].
#[derive(Clone, Copy)]
pub struct ByHead<F>(F);

/// See [`by_str`].
#[derive(Clone, Copy)]
pub struct ByStr<F>(F);

/// See [`by_host`].
#[derive(Clone, Copy, Debug, Default)]
pub struct ByHost;

/// See [`by_header`].
#[derive(Clone, Debug)]
pub struct ByHeader(HeaderName);

/// See [`by_path_prefix`].
#[derive(Clone, Copy, Debug)]
pub struct ByPathPrefix(usize);

impl<Req: RequestHead, K: Key + ToOwned<Owned = K>, F: Fn(Head<'_>) -> Option<K>> KeyOf<Req> for ByHead<F> {
    type Key = K;

    fn key<'a>(&'a self, request: &'a Req) -> Option<Cow<'a, K>> {
        (self.0)(request.head()).map(Cow::Owned)
    }
}

impl<Req: RequestHead, F: for<'a> Fn(Head<'a>) -> Option<&'a str>> KeyOf<Req> for ByStr<F> {
    type Key = str;

    fn key<'a>(&'a self, request: &'a Req) -> Option<Cow<'a, str>> {
        (self.0)(request.head()).map(bounded)
    }
}

impl<Req: RequestHead> KeyOf<Req> for ByHost {
    type Key = str;

    fn key<'a>(&'a self, request: &'a Req) -> Option<Cow<'a, str>> {
        let host = request.head().host()?;
        let host = bounded(host.strip_suffix('.').filter(|host| !host.is_empty()).unwrap_or(host));
        Some(if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(host.to_ascii_lowercase())
        } else {
            host
        })
    }
}

impl<Req: RequestHead> KeyOf<Req> for ByHeader {
    type Key = str;

    fn key<'a>(&'a self, request: &'a Req) -> Option<Cow<'a, str>> {
        request.head().header(self.0.as_str()).map(bounded)
    }
}

impl<Req: RequestHead> KeyOf<Req> for ByPathPrefix {
    type Key = str;

    fn key<'a>(&'a self, request: &'a Req) -> Option<Cow<'a, str>> {
        let path = request.head().path();
        let segments = path.strip_prefix('/').unwrap_or(path);
        let end = segments.match_indices('/').nth(self.0.checked_sub(1)?).map(|(at, _)| at);
        let end = end.map_or(path.len(), |at| at + (path.len() - segments.len()));
        Some(bounded(&path[..end]))
    }
}

impl<F> fmt::Debug for ByHead<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByHead")
    }
}

impl<F> fmt::Debug for ByStr<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByStr")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::bounded::LONGEST;
    use http::{Request, header};

    fn to(target: &str) -> Request<()> {
        Request::get(target).body(()).expect("a request")
    }

    fn from(host: &str) -> Request<()> {
        Request::get("/").header(header::HOST, host).body(()).expect("a request")
    }

    #[test]
    fn g7_many_spellings_of_a_host_are_one_key() {
        for request in [
            to("http://orders.example:8080/x"),
            to("http://ORDERS.example./x"),
            to("http://user:secret@Orders.Example/x"),
            from("orders.example"),
            from("Orders.example:443"),
        ] {
            assert_eq!(by_host().key(&request).as_deref(), Some("orders.example"), "{request:?}");
        }
        assert_eq!(by_host().key(&to("http://[2001:DB8::1]:80/")).as_deref(), Some("[2001:db8::1]"));
        assert_eq!(by_host().key(&from("[::1]")).as_deref(), Some("[::1]"));
        assert_eq!(by_host().key(&to("/")).as_deref(), None);
        assert_eq!(by_host().key(&from(":80")).as_deref(), None);
    }

    #[test]
    fn the_target_says_the_host_before_the_header_does() {
        let request =
            Request::get("http://target/").header(header::HOST, "header").body(()).expect("a request");
        assert_eq!(by_host().key(&request).as_deref(), Some("target"));
    }

    #[test]
    fn f4_a_long_text_is_cut_and_stays_another_key() {
        let long = |end: char| format!("{}{end}", "é".repeat(32_000));
        let key = |text: &str| bounded(text).into_owned();
        assert!(key(&long('a')).len() <= LONGEST);
        assert_eq!(key(&long('a')), key(&long('a')));
        assert_ne!(key(&long('a')), key(&long('b')));
        let whole = "x".repeat(LONGEST);
        assert!(matches!(bounded(&whole), Cow::Borrowed(_)));
        let tenant = |text: String| Request::get("/").header("x-tenant", text).body(()).expect("a request");
        let (request, of) = (tenant("x".repeat(9_000)), by_header(HeaderName::from_static("x-tenant")));
        assert_eq!(of.key(&request).map(|key| key.len()), Some(LONGEST));
        let of = by_str(|head| head.header("x-tenant"));
        assert_eq!(of.key(&request).map(|key| key.len()), Some(LONGEST));
        let target = format!("http://{}/{}", "h".repeat(400), "p".repeat(400));
        assert_eq!(by_host().key(&to(&target)).map(|key| key.len()), Some(LONGEST));
        assert_eq!(by_path_prefix(1).key(&to(&target)).map(|key| key.len()), Some(LONGEST));
    }

    #[test]
    fn path_prefixes_end_at_whole_segments() {
        let prefix = |segments, path| by_path_prefix(segments).key(&to(path)).map(Cow::into_owned);
        assert_eq!(prefix(2, "/api/orders/17?of=me").as_deref(), Some("/api/orders"));
        assert_eq!(prefix(2, "/api/orders").as_deref(), Some("/api/orders"));
        assert_eq!(prefix(2, "/api").as_deref(), Some("/api"));
        assert_eq!(prefix(1, "/").as_deref(), Some("/"));
        assert_eq!(prefix(1, "/äö/x").as_deref(), Some("/äö"));
        assert_eq!(prefix(0, "/api"), None);
    }

    #[test]
    fn c36_text_is_borrowed_and_other_keys_are_what_the_closure_returns() {
        let request = Request::get("/").header("x-tenant", "blue").body(()).expect("a request");
        let tenant = by_str(|head| head.header("x-tenant"));
        assert!(matches!(tenant.key(&request), Some(Cow::Borrowed("blue"))));
        assert!(matches!(
            by_header(HeaderName::from_static("x-tenant")).key(&request),
            Some(Cow::Borrowed("blue"))
        ));
        let length = by_head(|head| Some(head.path().len()));
        assert_eq!(length.key(&request).as_deref(), Some(&1));
        let whole = |request: &Request<()>| Some(request.method().clone());
        assert_eq!(whole.key(&request).as_deref(), Some(&http::Method::GET));
    }
}
