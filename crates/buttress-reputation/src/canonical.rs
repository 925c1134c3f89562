//! One peer, one id.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The longest name of a host, by RFC 1035, without the dot at its end.
const LONGEST: usize = 253;

/// Where a peer is, in the one form that the ways to write it have in common.
///
/// Names are in lower case and without the dot at their end; an IPv6 address is written as RFC 5952 says, and as IPv4 where
/// it stands for such a one; a port is always there. Nothing is resolved: two names of one machine are two peers.
///
/// A ledger takes ids as they are: two ways to write one address are two peers to it, each with a good name to lose. An
/// address that somebody else wrote is made canonical before it becomes an id.
///
/// ```
/// use buttress_reputation::PeerAddr;
///
/// let canonical = |written: &str| PeerAddr::with_default_port(written, 443).map(|address| address.to_string());
/// assert_eq!(canonical("Example.COM.")?, "example.com:443");
/// assert_eq!(canonical("[::FFFF:192.0.2.7]:0443")?, "192.0.2.7:443");
/// assert_eq!(canonical("2001:DB8:0::1")?, "[2001:db8::1]:443");
/// assert_eq!(
///     canonical("127.1").unwrap_err().to_string(),
///     r#""127.1" is no address of a peer: it ends like an IPv4 address and is none"#
/// );
/// # Ok::<(), buttress_reputation::InvalidAddr>(())
/// ```
///
/// An id that is no address, as the hash of a key, is to be taken as it is: there, other letters are another peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerAddr {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Host {
    Name(Box<str>),
    Ip(IpAddr),
}

/// A text that is no address of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAddr {
    text: String,
    why: &'static str,
}

impl PeerAddr {
    /// The address in `text`: `host`, `host:port`, an IPv4 address with or without a port, an IPv6 one, in brackets where a port
    /// follows. Without a port it is at `port`.
    ///
    /// # Errors
    /// [`InvalidAddr`], which says why: nothing else is an address, neither what has a scheme, a user or a path, nor what some
    /// resolvers would take for an IPv4 address, such as `127.1`.
    pub fn with_default_port(text: &str, port: u16) -> Result<Self, InvalidAddr> {
        Self::parse(text, Some(port))
    }

    /// The host: a name in lower case, or an IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.to_string(),
            Host::Ip(ip) => ip.to_string(),
        }
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    fn parse(text: &str, default: Option<u16>) -> Result<Self, InvalidAddr> {
        let invalid = |why| InvalidAddr { text: text.to_owned(), why };
        // Without brackets, all of it is the address.
        if let Ok(ip) = text.parse::<Ipv6Addr>() {
            let port = default.ok_or_else(|| invalid(NO_PORT))?;
            return Ok(Self { host: Host::Ip(IpAddr::from(ip).to_canonical()), port });
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (ip, rest) = rest.split_once(']').ok_or_else(|| invalid("the bracket is not closed"))?;
                let ip: Ipv6Addr = ip.parse().map_err(|_| invalid("no IPv6 address is in the brackets"))?;
                let port = match rest.strip_prefix(':') {
                    Some(port) => Some(port),
                    None if rest.is_empty() => None,
                    None => return Err(invalid("something other than a port follows the brackets")),
                };
                (Host::Ip(IpAddr::from(ip).to_canonical()), port)
            }
            None => {
                let (name, port) = match text.split_once(':') {
                    Some((name, port)) => (name, Some(port)),
                    None => (text, None),
                };
                (host(name).map_err(invalid)?, port)
            }
        };
        let port = match port {
            // A sign is a number's, not a port's.
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().map_err(|_| invalid("the port is not 1 to 65535"))?
            }
            Some(_) => return Err(invalid("the port is no number")),
            None => default.ok_or_else(|| invalid(NO_PORT))?,
        };
        if port == 0 {
            return Err(invalid("the port is not 1 to 65535"));
        }
        Ok(Self { host, port })
    }
}

const NO_PORT: &str = "it has no port";

fn host(name: &str) -> Result<Host, &'static str> {
    if let Ok(ip) = name.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(ip.into()));
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        return Err("it has no host");
    }
    if name.len() > LONGEST {
        return Err("the host is longer than 253 letters");
    }
    if !name.is_ascii() {
        return Err("the host is not ASCII; its form that begins with xn-- is");
    }
    let is_label = |label: &str| {
        let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        letters && (1..=63).contains(&label.len())
    };
    if !name.split('.').all(is_label) {
        return Err(
            "a part of the host is empty, longer than 63 letters, or has other letters than a-z, 0-9, - and _",
        );
    }
    // As the URL standard has it: what ends in a number is taken for an IPv4 address by some, in octal even.
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X")).is_some_and(is_hex);
    if hex || last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("it ends like an IPv4 address and is none");
    }
    Ok(Host::Name(name.to_ascii_lowercase().into()))
}

impl FromStr for PeerAddr {
    type Err = InvalidAddr;

    /// As [`with_default_port`](Self::with_default_port), and there must be a port.
    fn from_str(text: &str) -> Result<Self, InvalidAddr> {
        Self::parse(text, None)
    }
}

/// The zone and the flow of an IPv6 address are left out: they mean something on one machine, or on one connection, alone.
impl From<SocketAddr> for PeerAddr {
    fn from(address: SocketAddr) -> Self {
        Self { host: Host::Ip(address.ip().to_canonical()), port: address.port() }
    }
}

impl fmt::Display for PeerAddr {
    /// `example.com:443`, `192.0.2.7:443`, `[2001:db8::1]:443`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => write!(f, "{name}:{}", self.port),
            Host::Ip(ip) => SocketAddr::new(*ip, self.port).fmt(f),
        }
    }
}

impl fmt::Display for InvalidAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no address of a peer: {}", self.text, self.why)
    }
}

impl Error for InvalidAddr {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(text: &str) -> Result<String, &'static str> {
        PeerAddr::with_default_port(text, 80).map(|address| address.to_string()).map_err(|error| error.why)
    }

    #[test]
    fn g7_the_ways_to_write_an_address_are_one_peer() {
        for (one, ways) in [
            (
                "example.com:80",
                &["example.com", "EXAMPLE.com", "example.com.", "Example.Com.:80", "example.com:0080"][..],
            ),
            ("example.com:8080", &["example.com:8080", "eXample.com.:8080"]),
            (
                "192.0.2.7:80",
                &[
                    "192.0.2.7",
                    "192.0.2.7:80",
                    "::ffff:192.0.2.7",
                    "[::FFFF:c000:0207]",
                    "[0:0:0:0:0:ffff:192.0.2.7]:80",
                ],
            ),
            ("[::1]:80", &["::1", "[::1]", "[::1]:80", "0:0:0:0:0:0:0:1", "[0000::0001]:80"]),
            ("[2001:db8::1]:81", &["[2001:DB8::1]:81", "[2001:0db8:0:0::0:1]:81"]),
            ("xn--bcher-kva.example:80", &["XN--Bcher-KVA.example"]),
            ("_sync._tcp.example:80", &["_SYNC._tcp.example."]),
        ] {
            for way in ways {
                assert_eq!(canonical(way).as_deref(), Ok(one), "{way}");
            }
        }
        let socket = SocketAddr::new("::ffff:192.0.2.7".parse().unwrap(), 80);
        assert_eq!(PeerAddr::from(socket).to_string(), "192.0.2.7:80");
    }

    #[test]
    fn g7_what_is_no_address_is_refused_and_says_why() {
        let long = format!("{}.example", "a.".repeat(130).trim_end_matches('.'));
        for text in [
            "",
            ".",
            ":80",
            "a..b",
            "a b",
            "a/b",
            "http://a",
            "user@a",
            "a:",
            "a:+80",
            "a:0",
            "a:65536",
            "a:b",
            "a:80:81",
            "[::1",
            "[::1]80",
            "[::1]:",
            "[1.2.3.4]:80",
            "[fe80::1%eth0]:80",
            "127.1",
            "0x7f.0x1",
            "1.2.3.4.5",
            "256.1.1.1",
            "2130706433",
            "b\u{fc}cher.example",
            "a\n",
            "a\0",
            "a%2e",
            long.as_str(),
        ] {
            assert!(canonical(text).is_err(), "{text:?} is {:?}", canonical(text));
        }
        assert_eq!(
            "a".parse::<PeerAddr>().unwrap_err().to_string(),
            r#""a" is no address of a peer: it has no port"#
        );
        assert_eq!("::1".parse::<PeerAddr>().unwrap_err().why, NO_PORT);
        let hostile = "a\u{1b}[2J".parse::<PeerAddr>().unwrap_err().to_string();
        assert!(!hostile.contains('\u{1b}'), "{hostile}");
    }

    proptest! {
        #[test]
        fn g7_the_canonical_form_is_canonical(text in "[a-zA-Z0-9:.\\[\\]_-]{0,20}", port in 1_u16..) {
            if let Ok(address) = PeerAddr::with_default_port(&text, port) {
                let written = address.to_string();
                prop_assert_eq!(written.parse(), Ok(address.clone()));
                prop_assert_eq!(canonical(&written).unwrap(), written.clone());
                prop_assert!(!written.bytes().any(|byte| byte.is_ascii_uppercase()));
                let upper = PeerAddr::with_default_port(&text.to_ascii_uppercase(), port);
                prop_assert_eq!(upper, Ok(address));
            }
        }
    }
}
