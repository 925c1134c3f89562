//! The address of an origin as it is written on a command line.

use std::fmt;
use std::str::FromStr;

use buttress_reputation::PeerAddr;
use http::uri::{Authority, InvalidUri, Uri};

/// An origin: `http://host[:port]` and nothing else.
///
/// It has one name, however it is written, the canonical one of a [peer](PeerAddr): a host in lower case and without the dot at
/// its end, an IPv6 address in its shortest form, or as IPv4 where it stands for such a one, no port where that is 80. So an origin
/// that is named twice is one origin.
#[derive(Debug, Clone)]
pub struct Origin {
    authority: Authority,
    /// The same with the dot, if it was written with one: a resolver does not search its domains for it then.
    target: Authority,
}

/// Why a text is not an [`Origin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidOrigin {
    /// `https://`.
    Tls,
    /// Another scheme, or none.
    Scheme,
    /// A path, query or fragment: every request brings its own.
    Path,
    /// A user or password.
    UserInfo,
    /// No host, or not a host.
    Host,
    /// A port outside of 1 to 65535.
    Port,
}

impl Origin {
    /// Host, and port unless that is 80; the name of the origin, and the `Host` of a request that names none.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Host and port as connections to it are made. Two ways to write one origin can differ in it, by the dot at the end of a name.
    #[must_use]
    pub fn target(&self) -> &Authority {
        &self.target
    }

    /// Host without the brackets of an IPv6 address, and port, as a resolver takes them.
    #[must_use]
    pub fn address(&self) -> (&str, u16) {
        (without_brackets(self.target.host()), self.target.port_u16().unwrap_or(80))
    }
}

/// By their names.
impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.authority == other.authority
    }
}

impl Eq for Origin {}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidOrigin::Scheme)?;
        if scheme.eq_ignore_ascii_case("https") {
            return Err(InvalidOrigin::Tls);
        }
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(InvalidOrigin::Scheme);
        }
        if rest.contains('@') {
            return Err(InvalidOrigin::UserInfo);
        }
        // A lone slash is what browsers and shells append; it adds no path.
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err(InvalidOrigin::Path);
        }
        let authority = Authority::from_str(rest).map_err(|_| InvalidOrigin::Host)?;
        let host = authority.host();
        if host.is_empty() || host == "[]" {
            return Err(InvalidOrigin::Host);
        }
        let port = match (authority.as_str().strip_prefix(host), authority.port_u16()) {
            (Some(""), None) => 80,
            (_, Some(port)) if port > 0 => port,
            _ => return Err(InvalidOrigin::Port),
        };
        let peer = PeerAddr::with_default_port(host, port).map_err(|_| InvalidOrigin::Host)?;
        let authority = authority_of(&peer, "").map_err(|_| InvalidOrigin::Host)?;
        let dot = if host.ends_with('.') { "." } else { "" };
        let target = authority_of(&peer, dot).map_err(|_| InvalidOrigin::Host)?;
        // The address goes into a request target later, so it has to stand as one now.
        Uri::builder()
            .scheme("http")
            .authority(target.clone())
            .path_and_query("/")
            .build()
            .map_err(|_| InvalidOrigin::Host)?;
        Ok(Self { authority, target })
    }
}

/// The name of a peer, with so many dots behind its host, and its port if it is not the usual one.
fn authority_of(peer: &PeerAddr, dot: &str) -> Result<Authority, InvalidUri> {
    let (host, port) = (peer.host(), peer.port());
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    if port == 80 { format!("{host}{dot}").parse() } else { format!("{host}{dot}:{port}").parse() }
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls => "TLS is not there yet, an origin is http://host[:port]",
            Self::Scheme => "an origin is http://host[:port]",
            Self::Path => "an origin has no path, query or fragment: http://host[:port]",
            Self::UserInfo => "an origin has no user or password: http://host[:port]",
            Self::Host => "the host of the origin is missing or malformed: http://host[:port]",
            Self::Port => "the port of the origin is not in 1..=65535: http://host[:port]",
        })
    }
}

impl std::error::Error for InvalidOrigin {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read() {
        for (text, host, port) in [
            ("http://127.0.0.1:9001", "127.0.0.1", 9001),
            ("HTTP://api.internal", "api.internal", 80),
            ("http://api.internal:80/", "api.internal", 80),
            ("http://[::1]:9001", "::1", 9001),
            ("http://[2001:db8::1]", "2001:db8::1", 80),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().address(), (host, port), "{text}");
        }
    }

    #[test]
    fn g7_what_means_the_same_is_the_same() {
        for (one_form, others) in [
            ("http://shop", &["http://Shop", "HTTP://SHOP:80/", "http://shop:080"][..]),
            ("http://shop:8080", &["http://SHOP:8080", "http://shop:08080/"]),
            ("http://[2001:db8::1]", &["http://[2001:DB8::1]:80", "http://[2001:db8:0:0:0:0:0:1]"]),
            ("http://[::1]:9001", &["http://[0:0::0001]:9001"]),
            ("http://127.0.0.1", &["http://127.0.0.1:80"]),
            (
                "http://10.0.0.1",
                &[
                    "http://[::ffff:10.0.0.1]:80",
                    "http://[::FFFF:a00:1]",
                    "http://[0:0:0:0:0:ffff:10.0.0.1]/",
                ],
            ),
            ("http://shop.example", &["http://shop.example.", "http://Shop.Example.:80/"]),
            ("http://shop.example:8080", &["http://SHOP.example.:08080"]),
        ] {
            let origin: Origin = one_form.parse().unwrap();
            assert_eq!(origin.to_string(), one_form);
            for other in others {
                assert_eq!(other.parse(), Ok(origin.clone()), "{other}");
            }
        }
        assert_ne!("http://shop:8080".parse::<Origin>(), "http://shop".parse());
    }

    #[test]
    fn a_dot_at_the_end_is_for_the_resolver_and_not_for_the_name() {
        for (text, name, target, address) in [
            ("http://Shop.", "shop", "shop.", ("shop.", 80)),
            ("http://shop.example.:9001", "shop.example:9001", "shop.example.:9001", ("shop.example.", 9001)),
            ("http://shop.example", "shop.example", "shop.example", ("shop.example", 80)),
        ] {
            let origin: Origin = text.parse().unwrap();
            let seen = (origin.authority().as_str(), origin.target().as_str(), origin.address());
            assert_eq!(seen, (name, target, address), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        for (text, reason) in [
            ("https://example.com", InvalidOrigin::Tls),
            ("ftp://example.com", InvalidOrigin::Scheme),
            ("127.0.0.1:9001", InvalidOrigin::Scheme),
            ("", InvalidOrigin::Scheme),
            ("http://", InvalidOrigin::Host),
            ("http://:80", InvalidOrigin::Host),
            ("http://a b", InvalidOrigin::Host),
            ("http://::1", InvalidOrigin::Host),
            ("http://[::1", InvalidOrigin::Host),
            // Resolvers do not agree about these.
            ("http://127.1", InvalidOrigin::Host),
            ("http://0x7f.0.0.1", InvalidOrigin::Host),
            ("http://shop..", InvalidOrigin::Host),
            ("http://.", InvalidOrigin::Host),
            ("http://[10.0.0.1]", InvalidOrigin::Host),
            ("http://host:", InvalidOrigin::Port),
            ("http://host:0", InvalidOrigin::Port),
            ("http://host:65536", InvalidOrigin::Port),
            ("http://host:80x", InvalidOrigin::Port),
            ("http://host/path", InvalidOrigin::Path),
            ("http://host?query", InvalidOrigin::Path),
            ("http://host#top", InvalidOrigin::Path),
            ("http://user:secret@host", InvalidOrigin::UserInfo),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(reason), "{text}");
        }
    }
}
