//! Where a request comes from, as it is told to the origin.

use std::fmt::Write;
use std::net::IpAddr;

use buttress::key::TrustedProxies;
use http::header::{HeaderMap, HeaderValue};

use super::headers::X_FORWARDED_PROTO;
use crate::server::{Client, forwarded_node};

/// Who asks, and through whom.
#[derive(Debug)]
pub(super) struct Trail {
    /// The client's address: the peer's, or the one that trusted proxies vouch for.
    pub(super) client: IpAddr,
    /// Whether the peer is believed in what it says of its client.
    pub(super) trusted: bool,
    pub(super) forwarded_for: HeaderValue,
    pub(super) forwarded: HeaderValue,
}

impl Trail {
    /// Reads the trail of a request with these fields, as the client sent them.
    pub(super) fn of(client: &Client, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        let peer = client.address();
        if !trusted.trusts(peer) {
            let (forwarded_for, forwarded) = (client.forwarded_for(), client.forwarded());
            return Self { client: peer, trusted: false, forwarded_for, forwarded };
        }
        let mut way: Vec<IpAddr> = trusted.way(peer, headers).collect();
        way.reverse();
        let (forwarded_for, forwarded) = written(&way, scheme(headers));
        Self { client: way[0], trusted: true, forwarded_for, forwarded }
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

/// By which scheme the client asked the proxy that is trusted to say so.
fn scheme(headers: &HeaderMap) -> Option<&'static str> {
    match headers.get(X_FORWARDED_PROTO)?.as_bytes() {
        b"https" => Some("https"),
        b"http" => Some("http"),
        _ => None,
    }
}
