//! Where a request comes from, as it is told to the origin.

use std::fmt::Write;
use std::net::IpAddr;

use buttress::key::TrustedProxies;
use http::header::{self, HeaderMap, HeaderValue};

use super::headers::{X_FORWARDED_FOR, X_FORWARDED_PROTO};
use crate::server::{Client, forwarded_node};

/// Who asks, and through whom.
#[derive(Debug)]
pub(super) struct Trail {
    /// The client's address: the peer's, or the one that trusted proxies vouch for.
    pub(super) client: IpAddr,
    /// Whose word on scheme, host and port counts.
    pub(super) word: Word,
    pub(super) forwarded_for: HeaderValue,
    pub(super) forwarded: HeaderValue,
}

/// Who says by which scheme, under which host name and at which port the client asked.
#[derive(Debug)]
pub(super) enum Word {
    /// Nobody who is believed.
    Nobodys,
    /// A trusted peer, in `X-Forwarded-Proto`, `-Host` and `-Port`.
    Plain,
    /// One that writes `Forwarded` instead. What stands in those fields its clients made up.
    Named { proto: Option<HeaderValue>, host: Option<HeaderValue> },
}

impl Trail {
    /// Reads the trail of a request with these fields, as the client sent them.
    pub(super) fn of(client: &Client, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        let peer = client.address();
        if !trusted.trusts(peer) {
            let (forwarded_for, forwarded) = (client.forwarded_for(), client.forwarded());
            return Self { client: peer, word: Word::Nobodys, forwarded_for, forwarded };
        }
        let mut way: Vec<IpAddr> = trusted.way(peer, headers).collect();
        way.reverse();
        let said = |parameter| trusted.forwarded(peer, headers, parameter);
        let is_named = !headers.contains_key(X_FORWARDED_FOR) && headers.contains_key(header::FORWARDED);
        let (scheme, word) = if is_named {
            let scheme = said("proto").and_then(scheme);
            let host = said("host").and_then(|host| HeaderValue::try_from(host).ok());
            (scheme, Word::Named { proto: scheme.map(HeaderValue::from_static), host })
        } else {
            let proto = headers.get(X_FORWARDED_PROTO).and_then(|value| value.to_str().ok());
            (proto.and_then(scheme), Word::Plain)
        };
        let (forwarded_for, forwarded) = written(&way, scheme);
        Self { client: way[0], word, forwarded_for, forwarded }
    }
}

/// Both fields for a way of several nodes, the client first. What was claimed to lie before it is left out: nobody vouches
/// for it, and origins are known to read it.
fn written(way: &[IpAddr], scheme: Option<&str>) -> (HeaderValue, HeaderValue) {
    let (mut plain, mut named) = (String::new(), String::new());
    let last = way.len() - 1;
    for (at, address) in way.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let (node, proto) = (forwarded_node(*address), if at == last { Some("http") } else { scheme });
        // Writing into a string cannot fail.
        let _ = write!(plain, "{comma}{address}");
        let _ = write!(named, "{comma}for={node}");
        if let Some(proto) = proto.filter(|_| at == 0 || at == last) {
            let _ = write!(named, ";proto={proto}");
        }
    }
    let value = |text: String| HeaderValue::try_from(text).expect("addresses are printable ASCII");
    (value(plain), value(named))
}

/// A scheme by which a client may have asked.
fn scheme(said: &str) -> Option<&'static str> {
    ["http", "https"].into_iter().find(|scheme| said.eq_ignore_ascii_case(scheme))
}
