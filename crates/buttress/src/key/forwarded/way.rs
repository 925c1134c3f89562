//! What `X-Forwarded-For` and `Forwarded` say, read from the right.
//!
//! The right end is what the nearest proxy wrote, and all that is left of it may come from anybody. So nothing on the left can
//! be allowed to change what the right means: not a quote that is never closed, not a line of another kind.

use http::header::{FORWARDED, HeaderMap, HeaderValue};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const X_FORWARDED_FOR: &str = "x-forwarded-for";

/// The nodes that the request was forwarded for, nearest first: an address, or nothing where there is none to read.
pub(super) fn claims(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> + '_ {
    // One of the two has no lines then, or is not read.
    let plain = headers.get_all(X_FORWARDED_FOR).iter().rev();
    plain.flat_map(elements).map(node).chain(named(headers).map(|(_, address)| address))
}

/// The elements of a list, the last one first, without those that are empty.
fn elements(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    split_from_right(line.as_bytes(), b',').filter(|element| !element.is_empty())
}

/// The pieces between separators that are not quoted. A quote counts as it looks from the right.
fn split_from_right(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let mut quoted = false;
        for (at, byte) in text.iter().enumerate().rev() {
            if *byte == b'"' && !is_escaped(&text[..at]) {
                quoted = !quoted;
            } else if *byte == separator && !quoted {
                rest = Some(&text[..at]);
                return Some(text[at + 1..].trim_ascii());
            }
        }
        Some(text.trim_ascii())
    })
}

/// Whether what follows `before` is escaped by a backslash, which none is that is escaped itself.
fn is_escaped(before: &[u8]) -> bool {
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The node in the one `for=` of an element (RFC 7239, section 4).
fn forwarded_for(element: &[u8]) -> Option<&[u8]> {
    parameter(element, "for")
}

/// The one value of a parameter of an element, without its quotes.
pub(super) fn parameter<'a>(element: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut found = split_from_right(element, b';').filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        pair[..at].eq_ignore_ascii_case(name.as_bytes()).then_some(&pair[at + 1..])
    });
    let value = found.next().filter(|_| found.next().is_none())?;
    match value {
        // Escapes are not undone: no address, scheme or host needs one.
        [b'"', value @ .., b'"'] => Some(value),
        value => Some(value),
    }
}

/// The elements of `Forwarded` where it is what is read, nearest first, each with the address in it.
pub(super) fn named(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], Option<IpAddr>)> {
    let lines = headers.get_all(FORWARDED).iter().rev();
    let lines = lines.take(if headers.contains_key(X_FORWARDED_FOR) { 0 } else { usize::MAX });
    lines.flat_map(elements).map(|element| (element, forwarded_for(element).and_then(node)))
}

/// The address of a node, whose port does not matter. IPv6 is bare or in brackets.
fn node(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        return is_port(port).then(|| address.to_canonical());
    }
    match text.split_once(':') {
        Some((address, port)) if !port.contains(':') => {
            let address: Ipv4Addr = address.parse().ok()?;
            is_port(&text[text.len() - port.len() - 1..]).then_some(address.into())
        }
        _ => Some(text.parse::<IpAddr>().ok()?.to_canonical()),
    }
}

/// Nothing, or a colon and a port, which may be a number or hidden (RFC 7239, section 6).
fn is_port(text: &str) -> bool {
    let Some(port) = text.strip_prefix(':') else { return text.is_empty() };
    match port.strip_prefix('_') {
        Some(hidden) => {
            !hidden.is_empty()
                && hidden.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
        None => port.parse::<u16>().is_ok() && port.bytes().all(|byte| byte.is_ascii_digit()),
    }
}
