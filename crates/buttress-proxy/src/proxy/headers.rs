//! Which header fields stop at the proxy, and which ones it writes itself.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::trail::{Trail, Word};

pub(super) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub(super) const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const X_FORWARDED: &str = "x-forwarded-";

/// What a trusted proxy may say of how its client asked. Of other fields of that kind nobody knows whether it writes them or
/// passes on what its clients made up.
const OF_TRUSTED: [HeaderName; 3] = [X_FORWARDED_PROTO, X_FORWARDED_HOST, X_FORWARDED_PORT];

/// Turns a client's fields into those of the forwarded request. What the client nominated or claimed is
/// gone before the proxy writes its own; what a trusted proxy says of scheme, host and port stays.
pub(super) fn to_origin(headers: &mut HeaderMap, host: Option<HeaderValue>, chunked: bool, trail: &Trail) {
    remove_nominated(headers);
    remove_all(headers, |name| {
        // The server below answers an expectation itself, as soon as the origin wants the body.
        is_hop_by_hop(name)
            || matches!(name, "expect" | "forwarded")
            || name.starts_with(X_FORWARDED)
                && !(matches!(trail.word, Word::Plain) && OF_TRUSTED.iter().any(|known| known == name))
    });
    if let Word::Named { proto, host } = &trail.word {
        headers.extend(proto.clone().map(|proto| (X_FORWARDED_PROTO, proto)));
        headers.extend(host.clone().map(|host| (X_FORWARDED_HOST, host)));
    }
    headers.insert(X_FORWARDED_FOR, trail.forwarded_for.clone());
    headers.entry(X_FORWARDED_PROTO).or_insert(const { HeaderValue::from_static("http") });
    headers.insert(header::FORWARDED, trail.forwarded.clone());
    if let Some(host) = host {
        name_host(headers, host);
    }
    if chunked {
        // Stated, because the client below drops an unannounced body of a GET.
        headers.insert(header::TRANSFER_ENCODING, const { HeaderValue::from_static("chunked") });
    }
}

/// The host that the request is for. What is there of `X-Forwarded-Host` is a trusted proxy's word.
pub(super) fn name_host(headers: &mut HeaderMap, host: HeaderValue) {
    headers.entry(X_FORWARDED_HOST).or_insert_with(|| host.clone());
    headers.insert(header::HOST, host);
}

/// Turns an origin's fields into those of the answer.
pub(super) fn to_client(headers: &mut HeaderMap) {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        // The coding framed the body; a length beside it would announce something else.
        headers.remove(header::CONTENT_LENGTH);
    }
    remove_nominated(headers);
    remove_all(headers, is_hop_by_hop);
}

/// Fields about one connection (RFC 9110, section 7.6.1), and `Trailer`, as trailers are not forwarded.
fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authentication-info"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// One look at each name is all that most heads cost here.
fn remove_all(headers: &mut HeaderMap, gone: impl Fn(&str) -> bool) {
    while let Some(name) = headers.keys().find(|name| gone(name.as_str())).cloned() {
        headers.remove(name);
    }
}

/// Removes what `Connection` names.
fn remove_nominated(headers: &mut HeaderMap) {
    if !headers.contains_key(header::CONNECTION) {
        return;
    }
    let nominated: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .filter(|name| !is_end_to_end(name))
        .collect();
    for name in nominated {
        headers.remove(name);
    }
}

/// Fields that `Connection` cannot take away: they carry who asks, for what, and where a body ends.
fn is_end_to_end(name: &HeaderName) -> bool {
    const KEPT: [HeaderName; 5] =
        [header::HOST, header::AUTHORIZATION, header::COOKIE, header::CONTENT_LENGTH, header::FORWARDED];
    KEPT.contains(name) || name.as_str().starts_with(X_FORWARDED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Client;
    use buttress::key::TrustedProxies;

    fn map(fields: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
        }
        headers
    }

    fn forwarded(fields: &[(&str, &str)]) -> HeaderMap {
        forwarded_by(TrustedProxies::nobody(), fields)
    }

    fn forwarded_by(trusted: TrustedProxies, fields: &[(&str, &str)]) -> HeaderMap {
        let mut headers = map(fields);
        let client = Client::new("192.0.2.7:4711".parse().unwrap());
        let trail = Trail::of(&client, &headers, &trusted);
        let host = HeaderValue::from_static("shop.example");
        to_origin(&mut headers, Some(host), false, &trail);
        headers
    }

    fn all<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
        headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn h5_hop_by_hop_fields_and_nominated_ones_stay_behind() {
        let headers = forwarded(&[
            ("connection", "close, X-Hop , te"),
            ("connection", "x-other,,"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic Zm9v"),
            ("te", "trailers"),
            ("trailer", "x-sum"),
            ("upgrade", "websocket"),
            ("expect", "100-continue"),
            ("x-hop", "1"),
            ("x-other", "1"),
            ("x-kept", "1"),
        ]);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        let own = ["forwarded", "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-kept"];
        assert_eq!(left, own);
    }

    #[test]
    fn h5_a_client_cannot_nominate_away_what_the_origin_relies_on() {
        let headers = forwarded(&[
            ("connection", "host, authorization, cookie, content-length, forwarded, x-forwarded-for"),
            ("authorization", "Bearer t"),
            ("cookie", "a=b"),
            ("content-length", "3"),
            ("x-forwarded-for", "10.0.0.1"),
        ]);
        for (name, value) in [
            ("host", "shop.example"),
            ("authorization", "Bearer t"),
            ("cookie", "a=b"),
            ("content-length", "3"),
            ("forwarded", "for=192.0.2.7;proto=http"),
            ("x-forwarded-for", "192.0.2.7"),
        ] {
            assert_eq!(headers.get(name).unwrap(), value, "{name}");
        }
    }

    #[test]
    fn claims_about_the_way_here_are_replaced_and_never_appended_to() {
        let headers = forwarded(&[
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-for", "10.0.0.2"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "bank.example"),
            ("x-forwarded-port", "443"),
            ("forwarded", "for=10.0.0.1"),
        ]);
        let all = |name| all(&headers, name);
        assert_eq!(all("x-forwarded-for"), ["192.0.2.7"]);
        assert_eq!(all("x-forwarded-proto"), ["http"]);
        assert_eq!(all("x-forwarded-host"), ["shop.example"]);
        assert_eq!(all("x-forwarded-port"), [""; 0]);
        assert_eq!(all("forwarded"), ["for=192.0.2.7;proto=http"]);
    }

    #[test]
    fn h6_what_a_trusted_proxy_says_is_passed_on_without_what_it_cannot_know() {
        let claims = [
            ("x-forwarded-for", "8.8.8.8, 203.0.113.5"),
            ("x-forwarded-for", "2001:db8:aaaa::1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "bank.example"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-user", "root"),
            ("x-forwarded-server", "bank.example"),
            ("forwarded", "for=8.8.8.8"),
        ];
        let trusted = TrustedProxies::parse(["192.0.2.0/24", "2001:db8:aaaa::/48"]).unwrap();
        let headers = forwarded_by(trusted, &claims);
        let all = |name| all(&headers, name);
        assert_eq!(all("x-forwarded-for"), ["203.0.113.5, 2001:db8:aaaa::1, 192.0.2.7"]);
        assert_eq!(
            all("forwarded"),
            ["for=203.0.113.5;proto=https, for=\"[2001:db8:aaaa::1]\", for=192.0.2.7;proto=http"]
        );
        assert_eq!(all("x-forwarded-proto"), ["https"]);
        assert_eq!(all("x-forwarded-host"), ["bank.example"]);
        assert_eq!(all("x-forwarded-port"), ["443"]);
        assert_eq!(all("host"), ["shop.example"]);
        for made_up in ["x-forwarded-user", "x-forwarded-server"] {
            assert_eq!(all(made_up), [""; 0], "nobody is known to vouch for {made_up}");
        }
    }

    #[test]
    fn h6_a_trusted_proxy_that_writes_the_other_field_is_believed_in_that_alone() {
        let claims = [
            ("x-forwarded-proto", "gopher"),
            ("x-forwarded-host", "bank.example"),
            ("x-forwarded-port", "443"),
            ("forwarded", "for=8.8.8.8;proto=gopher;host=bank.example"),
            ("forwarded", "for=203.0.113.5;proto=https;host=\"front.example:8443\""),
        ];
        let headers = forwarded_by(TrustedProxies::parse(["192.0.2.7"]).unwrap(), &claims);
        let all = |name| all(&headers, name);
        assert_eq!(all("x-forwarded-for"), ["203.0.113.5, 192.0.2.7"]);
        assert_eq!(all("forwarded"), ["for=203.0.113.5;proto=https, for=192.0.2.7;proto=http"]);
        assert_eq!(all("x-forwarded-proto"), ["https"]);
        assert_eq!(all("x-forwarded-host"), ["front.example:8443"]);
        assert_eq!(all("x-forwarded-port"), [""; 0]);
    }

    #[test]
    fn h6_a_trusted_proxy_that_says_nothing_is_the_client() {
        let headers = forwarded_by(TrustedProxies::parse(["192.0.2.7"]).unwrap(), &[]);
        assert_eq!(all(&headers, "x-forwarded-for"), ["192.0.2.7"]);
        assert_eq!(all(&headers, "forwarded"), ["for=192.0.2.7;proto=http"]);
        assert_eq!(all(&headers, "x-forwarded-proto"), ["http"]);
        assert_eq!(all(&headers, "x-forwarded-host"), ["shop.example"]);
    }

    #[test]
    fn h5_an_answer_loses_its_hop_by_hop_fields_but_not_its_length() {
        let mut headers = map(&[
            ("connection", "x-hop, content-length"),
            ("keep-alive", "timeout=5"),
            ("proxy-authenticate", "Basic"),
            ("upgrade", "h2c"),
            ("x-hop", "1"),
            ("content-length", "3"),
        ]);
        to_client(&mut headers);
        assert_eq!(headers, map(&[("content-length", "3")]));
    }

    #[test]
    fn h1_a_coded_answer_keeps_no_length_beside_its_coding() {
        let mut headers = map(&[("transfer-encoding", "chunked"), ("content-length", "3")]);
        to_client(&mut headers);
        assert_eq!(headers, HeaderMap::new());
    }
}
