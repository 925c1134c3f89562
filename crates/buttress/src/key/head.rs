//! The head of a request, whatever its body.

use http::{Extensions, HeaderMap, Method, Request, header};
use std::fmt;

/// A request with an HTTP head.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no HTTP head to take a key from",
    note = "for other requests give `.keyed()` a closure over the request: `|request: &MyRequest| …`"
)]
pub trait RequestHead {
    /// Its head.
    fn head(&self) -> Head<'_>;
}

/// What of a request a key can be taken from.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    method: &'a Method,
    authority: Option<&'a str>,
    path: &'a str,
    headers: &'a HeaderMap,
    extensions: Option<&'a Extensions>,
}

impl<'a> Head<'a> {
    /// The method.
    #[must_use]
    pub const fn method(&self) -> &'a Method {
        self.method
    }

    /// The host that is asked for, with its port if it names one: from the target, else from the header `Host`.
    #[must_use]
    pub fn authority(&self) -> Option<&'a str> {
        self.authority.or_else(|| self.header(header::HOST.as_str()))
    }

    /// The host that is asked for, as it is written but without its port.
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        let authority = self.authority()?;
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = match authority.rsplit_once(':') {
            // The last colon of a bare IPv6 address in brackets lies within them.
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        (!host.is_empty()).then_some(host)
    }

    /// The path, without the query.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The first header of that name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers.
    #[must_use]
    pub const fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// What other layers attached to the request, if it can carry such a thing.
    #[must_use]
    pub const fn extensions(&self) -> Option<&'a Extensions> {
        self.extensions
    }
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold what is nobody's business.
        f.debug_struct("Head").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

impl<B> RequestHead for Request<B> {
    fn head(&self) -> Head<'_> {
        Head {
            method: self.method(),
            authority: self.uri().authority().map(http::uri::Authority::as_str),
            path: self.uri().path(),
            headers: self.headers(),
            extensions: Some(self.extensions()),
        }
    }
}

/// Has no extensions to look into.
#[cfg(feature = "reqwest")]
impl RequestHead for reqwest::Request {
    fn head(&self) -> Head<'_> {
        let authority = self.url().authority();
        Head {
            method: self.method(),
            authority: (!authority.is_empty()).then_some(authority),
            path: self.url().path(),
            headers: self.headers(),
            extensions: None,
        }
    }
}
