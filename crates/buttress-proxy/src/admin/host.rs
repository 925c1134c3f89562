//! Keeps web pages out: a browser can be made to resolve a foreign name to this port, but it then says that
//! name as the host.

use std::net::IpAddr;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::StatusCode;
use http::header::{HOST, HeaderMap};
use http::uri::{Authority, Uri};

use super::answers::refusal;

/// Answers requests whose host is a name of this very machine; 421 to all others.
pub(super) async fn loopback_alone(request: Request, next: Next) -> Response {
    if names_loopback(request.uri(), request.headers()) {
        return next.run(request).await;
    }
    refusal(
        StatusCode::MISDIRECTED_REQUEST,
        "this port answers to localhost, 127.0.0.1 and [::1] as its host, and to no other name\n",
    )
}

/// Whether all that names a host in a request names this machine, and something does.
fn names_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Authority::try_from(host.as_bytes()).is_ok_and(|host| is_loopback(&host)),
        _ => false,
    };
    named && uri.authority().is_none_or(is_loopback)
}

/// Whether a host is this machine, whatever its port.
pub(super) fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    let port_is_well = match authority.as_str().strip_prefix(host) {
        Some("") => true,
        Some(_) => authority.port_u16().is_some(),
        // Something before the host, as in `user@localhost`.
        None => false,
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let ours = host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    port_is_well && ours
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn allowed(target: &str, hosts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::try_from(*host).unwrap());
        }
        names_loopback(&target.parse().unwrap(), &headers)
    }

    #[test]
    fn h12_names_of_this_machine_are_answered() {
        for host in ["localhost", "LocalHost:9900", "127.0.0.1", "127.0.0.1:9900", "127.8.9.10:1", "[::1]"] {
            assert!(allowed("/status", &[host]), "{host}");
        }
        assert!(allowed("/", &["[::1]:9900"]));
        assert!(allowed("http://localhost:9900/", &["localhost:9900"]));
    }

    #[test]
    fn h12_any_other_name_is_not_whatever_it_resolves_to() {
        for host in [
            "evil.example",
            "evil.example:9900",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evil.example#localhost",
            "localhost@evil.example",
            "evil.example@localhost",
            "192.0.2.1",
            "0.0.0.0",
            "0",
            "2130706433",
            "[::]",
            "[2001:db8::1]",
            "localhost:",
            "localhost:x",
            "localhost, evil.example",
            "",
        ] {
            assert!(!allowed("/status", &[host]), "{host}");
        }
        assert!(!allowed("/", &[]));
        assert!(!allowed("/", &["localhost", "localhost"]));
        assert!(!allowed("http://evil.example/", &["localhost"]));
        assert!(!allowed("http://localhost/", &["evil.example"]));
    }
}
