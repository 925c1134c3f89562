//! What a request asks for: its path, and the host it names.

use http::header::{self, HeaderMap, HeaderValue};
use http::uri::{PathAndQuery, Uri};
use http::{Method, Request, StatusCode, Version};

use super::answer::OwnAnswer;

/// The longest target that is forwarded.
const MAX_TARGET: usize = 8 * 1024;

/// The target of a request that can be forwarded.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) path: PathAndQuery,
    /// The host the client named; an old client may name none.
    pub(super) host: Option<HeaderValue>,
}

impl Target {
    /// Reads the target of a request.
    ///
    /// # Errors
    /// The answer to a request that cannot be forwarded.
    pub(super) fn of<B>(request: &Request<B>) -> Result<Self, OwnAnswer> {
        if request.method() == Method::CONNECT {
            // 405 would owe a list of what is allowed, and only the origin knows that.
            return Err(OwnAnswer::new(
                StatusCode::NOT_IMPLEMENTED,
                "CONNECT: this proxy opens no tunnels\n",
            ));
        }
        let uri = request.uri();
        let path = path(request.method(), uri)?;
        let named = host_field(request.version(), request.headers())?;
        let Some(authority) = uri.authority() else { return Ok(Self { path, host: named }) };
        let host = HeaderValue::try_from(authority.as_str())
            .ok()
            .filter(is_host)
            .ok_or(const { OwnAnswer::bad_request("the host in the request target is malformed\n") })?;
        Ok(Self { path, host: Some(host) })
    }
}

fn path(method: &Method, uri: &Uri) -> Result<PathAndQuery, OwnAnswer> {
    if uri.scheme_str().is_some_and(|scheme| scheme != "http") {
        return Err(OwnAnswer::bad_request("only http targets are served here\n"));
    }
    let path = uri.path_and_query().filter(|_| uri.scheme().is_some() || uri.authority().is_none());
    let path = path.ok_or(const { OwnAnswer::bad_request("the request target is malformed\n") })?;
    if path.as_str().len() > MAX_TARGET {
        return Err(OwnAnswer::new(StatusCode::URI_TOO_LONG, "the request target is too long\n"));
    }
    if path == "*" && method != Method::OPTIONS {
        return Err(OwnAnswer::bad_request("the target * is for OPTIONS alone\n"));
    }
    Ok(path.clone())
}

/// The one `Host` of a request; HTTP/1.0 knew none.
fn host_field(version: Version, headers: &HeaderMap) -> Result<Option<HeaderValue>, OwnAnswer> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host) => Ok(Some(host.clone())),
        (Some(_), None) => Err(OwnAnswer::bad_request("the Host field is malformed\n")),
        (Some(_), Some(_)) => Err(OwnAnswer::bad_request("more than one Host field\n")),
        (None, _) if version < Version::HTTP_11 => Ok(None),
        (None, _) => Err(OwnAnswer::bad_request("no Host field\n")),
    }
}

/// Whether a value has only bytes that a host and a port can have (RFC 3986, section 3.2). No `@`: a name
/// and password before the host would be read differently by different servers.
fn is_host(value: &HeaderValue) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:%[]!$&'()*+,;=".contains(byte);
    value.as_bytes().iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(
        method: &str,
        uri: &str,
        version: Version,
        hosts: &[&str],
    ) -> Result<(String, Option<String>), u16> {
        let mut request = Request::builder().method(method).uri(uri).version(version);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        match Target::of(&request.body(()).unwrap()) {
            Ok(Target { path, host }) => {
                Ok((path.to_string(), host.map(|host| host.to_str().unwrap().to_owned())))
            }
            Err(answer) => Err(answer.status().as_u16()),
        }
    }

    fn found(path: &str, host: &str) -> Result<(String, Option<String>), u16> {
        Ok((path.to_owned(), Some(host.to_owned())))
    }

    #[test]
    fn the_host_comes_from_the_field_or_an_absolute_target() {
        let v11 = Version::HTTP_11;
        assert_eq!(target("GET", "/a?b=c", v11, &["x:80"]), found("/a?b=c", "x:80"));
        assert_eq!(target("GET", "/", v11, &[""]), found("/", ""));
        assert_eq!(target("GET", "http://shop.example:81/a", v11, &["x"]), found("/a", "shop.example:81"));
        assert_eq!(target("GET", "/", Version::HTTP_10, &[]), Ok(("/".to_owned(), None)));
        assert_eq!(target("OPTIONS", "*", v11, &["x"]), found("*", "x"));
    }

    #[test]
    fn ambiguous_or_foreign_targets_are_refused() {
        let v11 = Version::HTTP_11;
        assert_eq!(target("GET", "/", v11, &[]), Err(400));
        assert_eq!(target("GET", "/", v11, &["a", "b"]), Err(400));
        assert_eq!(target("GET", "/", v11, &["a", "a"]), Err(400));
        assert_eq!(target("GET", "/", v11, &["a/b"]), Err(400));
        assert_eq!(target("GET", "/", v11, &["user@a"]), Err(400));
        assert_eq!(target("GET", "http://user@shop.example/", v11, &["x"]), Err(400));
        assert_eq!(target("GET", "https://shop.example/", v11, &["x"]), Err(400));
        assert_eq!(target("GET", "shop.example:80", v11, &["x"]), Err(400));
        assert_eq!(target("GET", "*", v11, &["x"]), Err(400));
        assert_eq!(target("CONNECT", "shop.example:443", v11, &["x"]), Err(501));
        assert_eq!(target("GET", &format!("/{}", "a".repeat(8192)), v11, &["x"]), Err(414));
    }
}
