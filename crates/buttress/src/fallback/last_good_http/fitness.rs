//! What may be kept, and for whom.

use http::header::{
    AGE, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, HeaderName, RANGE, SET_COOKIE, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body::Body;
use std::time::Duration;

/// Whether a request says who asks: by `Authorization`, `Proxy-Authorization`, `Cookie`, `X-Api-Key`, `X-Auth-Token` and
/// whatever else is called like these.
pub(super) fn has_credentials(headers: &HeaderMap) -> bool {
    const PARTS: [&str; 7] = ["auth", "cookie", "jwt", "password", "secret", "session", "token"];
    headers.keys().map(HeaderName::as_str).any(|name| {
        // As `Ocp-Apim-Subscription-Key`.
        name.ends_with("key") || PARTS.iter().any(|part| name.contains(part))
    })
}

/// Whether a kept answer could do for such a request, and its answer be kept.
pub(super) fn may_be_asked_for<B: Body>(request: &Request<B>) -> bool {
    let (method, headers) = (request.method(), request.headers());
    (method == Method::GET || method == Method::HEAD)
        && !headers.contains_key(RANGE)
        && !says(headers, CACHE_CONTROL, &["no-store"])
        && !has_body(request)
}

/// Whether part of the question may be in a body, which no key has. A header can tell of one that was read before, and over
/// HTTP/2 none needs to.
fn has_body<B: Body>(request: &Request<B>) -> bool {
    let (headers, body) = (request.headers(), request.body());
    headers.contains_key(TRANSFER_ENCODING)
        || headers.get_all(CONTENT_LENGTH).iter().any(|length| length != "0")
        || !(body.is_end_stream() || body.size_hint().exact() == Some(0))
}

/// How old an answer was already when it came.
pub(super) fn age_of(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(AGE).and_then(|age| age.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// Whether the answer may be given to others, and when it is old (RFC 9111, 3 and 4.2.4).
pub(super) fn may_be_kept(status: StatusCode, headers: &HeaderMap, asked: &HeaderMap) -> bool {
    const NOT_STALE: [&str; 5] = ["no-store", "private", "no-cache", "must-revalidate", "proxy-revalidate"];
    status == StatusCode::OK
        && !says(headers, CACHE_CONTROL, &NOT_STALE)
        && !headers.contains_key(SET_COOKIE)
        && !headers.contains_key(TRAILER)
        && Variant::of(headers, asked).is_some()
}

/// Whether one of the values of a header, each a list, has one of these words in it. A value that is no text could say
/// anything.
fn says(headers: &HeaderMap, name: HeaderName, words: &[&str]) -> bool {
    let mut values = headers.get_all(name).iter();
    values.any(|value| {
        let Ok(text) = value.to_str() else { return true };
        elements(text).any(|element| {
            let word = element.split('=').next().unwrap_or_default().trim();
            words.iter().any(|unfit| word.eq_ignore_ascii_case(unfit))
        })
    })
}

fn elements(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|element| !element.is_empty())
}

/// Whom an answer is for, among those who ask for the same URI: the headers that it varies by, and what they said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Variant(Vec<(HeaderName, Vec<HeaderValue>)>);

impl Variant {
    /// `None` if it varies by what no header tells.
    pub(super) fn of(headers: &HeaderMap, asked: &HeaderMap) -> Option<Self> {
        let mut by = Vec::new();
        for value in headers.get_all(VARY) {
            for name in elements(value.to_str().ok()?) {
                // `*` is a name as well, of no header.
                let name = HeaderName::from_bytes(name.as_bytes()).ok().filter(|name| name != "*")?;
                let said = asked.get_all(&name).iter().cloned().collect();
                by.push((name, said));
            }
        }
        Some(Self(by))
    }

    pub(super) fn is_for(&self, asked: &HeaderMap) -> bool {
        self.0.iter().all(|(name, said)| said.iter().eq(asked.get_all(name)))
    }

    pub(super) fn bytes(&self) -> usize {
        let of = |(name, said): &(HeaderName, Vec<HeaderValue>)| {
            name.as_str().len() + said.iter().map(HeaderValue::len).sum::<usize>()
        };
        self.0.iter().map(of).sum()
    }
}

/// The headers that are part of an answer, and not of the connection it came by.
pub(super) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    const OF_CONNECTIONS: [HeaderName; 5] = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
    const OLD: [&str; 3] = ["keep-alive", "proxy-connection", "proxy-authenticate"];
    let named = headers.get_all(CONNECTION);
    let nominated: Vec<_> = named.iter().filter_map(|value| value.to_str().ok()).flat_map(elements).collect();
    let goes = |name: &HeaderName| {
        OF_CONNECTIONS.contains(name)
            || OLD.contains(&name.as_str())
            || nominated.iter().any(|nominated| name.as_str().eq_ignore_ascii_case(nominated))
    };
    let stay = headers.iter().filter(|(name, _)| !goes(name));
    stay.map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let of = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(of).collect()
    }

    fn keeps(pairs: &[(&'static str, &'static str)]) -> bool {
        may_be_kept(StatusCode::OK, &headers(pairs), &HeaderMap::new())
    }

    #[test]
    fn only_what_others_may_have_when_it_is_old_is_kept() {
        assert!(keeps(&[]) && keeps(&[("cache-control", "max-age=60, public, stale-if-error=600")]));
        for unfit in [
            "no-store",
            "Private",
            "max-age=0 , NO-CACHE",
            "no-cache=\"x\"",
            "private=\"a, b\"",
            "must-revalidate",
        ] {
            assert!(!keeps(&[("cache-control", unfit)]), "{unfit}");
        }
        assert!(!keeps(&[("cache-control", "public"), ("cache-control", "no-store")]), "in a second one");
        assert!(!keeps(&[("set-cookie", "a=b")]) && !keeps(&[("trailer", "x-sum")]));
        let mut odd = HeaderMap::new();
        odd.insert(CACHE_CONTROL, HeaderValue::from_bytes(b"\xff").expect("a value"));
        assert!(!may_be_kept(StatusCode::OK, &odd, &HeaderMap::new()), "who knows what it says");
        for status in [201, 204, 206, 301, 304, 404, 500] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert!(!may_be_kept(status, &HeaderMap::new(), &HeaderMap::new()), "{status}");
        }
    }

    #[test]
    fn an_answer_is_for_those_alone_who_say_the_same_where_it_varies() {
        let vary = headers(&[("vary", "accept-language, X-Tenant")]);
        let german = headers(&[("accept-language", "de"), ("accept", "text/html")]);
        let variant = Variant::of(&vary, &german).expect("they are headers");
        assert!(variant.is_for(&german) && variant.is_for(&headers(&[("accept-language", "de")])));
        assert!(!variant.is_for(&headers(&[("accept-language", "fr")])));
        assert!(!variant.is_for(&headers(&[("accept-language", "de"), ("x-tenant", "7")])));
        assert!(!variant.is_for(&HeaderMap::new()));
        for unfit in ["*", "accept, *", "a b"] {
            assert_eq!(Variant::of(&headers(&[("vary", unfit)]), &german), None, "{unfit}");
        }
    }

    #[test]
    fn what_is_of_the_connection_is_not_of_the_answer() {
        let came = headers(&[
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("keep-alive", "timeout=5"),
            ("content-type", "text/plain"),
            ("etag", "\"7\""),
        ]);
        assert_eq!(end_to_end(&came), headers(&[("content-type", "text/plain"), ("etag", "\"7\"")]));
    }
}
