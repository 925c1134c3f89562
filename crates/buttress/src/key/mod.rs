//! What state is kept per: a host, a tenant, a client, a peer.
//!
//! A layer with [`keyed`](crate::CircuitBreakerLayer::keyed) keeps one state per key in place of one for all. A [`KeyOf`]
//! finds the key of a request: a closure, or one of those here. The named ones take any request with an HTTP head.
//!
//! | | key |
//! |---|---|
//! | `\|request: &Request\| …` | whatever the closure returns, if it is `Hash + Eq + Clone + Display` |
//! | [`by_head`] | the same, from the head of the request alone, whatever its body |
//! | [`by_str`] | a piece of text in the head, looked up without being copied |
//! | [`by_host`] | the host, in lower case and without port |
//! | [`by_header`] | a header |
//! | [`by_client_ip`] | the client's address, an IPv6 one by its network; behind [trusted proxies](TrustedProxies) the one they vouch for |
//! | [`by_path_prefix`] | the first segments of the path |
//!
//! A request without a key passes the layer by. A text of more than 256 bytes is cut, and ends in a hash of all of it: what
//! callers send is kept, in memory and in labels. What a closure returns is kept as it is.

mod bounded;
#[cfg(feature = "http")]
mod client_ip;
#[cfg(feature = "http")]
mod extract;
#[cfg(feature = "http")]
mod forwarded;
#[cfg(feature = "http")]
mod head;

#[cfg(feature = "http")]
pub use client_ip::{ByClientIp, by_client_ip, client_network};
#[cfg(feature = "http")]
pub use extract::{
    ByHead, ByHeader, ByHost, ByPathPrefix, ByStr, by_head, by_header, by_host, by_path_prefix, by_str,
};
#[cfg(feature = "http")]
pub use forwarded::{InvalidNetwork, Network, TrustedProxies};
#[cfg(feature = "http")]
pub use head::{Head, RequestHead};

pub(crate) use bounded::bounded;
use std::borrow::Cow;
use std::fmt::Display;
use std::hash::Hash;

/// What a state can be kept per. Looked up in its borrowed form, as `str`, and shown by `Display` in events, status and
/// metrics. Nothing to implement: every type that can be one is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a state",
    note = "a key is `Hash + Eq + Clone + Display + Send + Sync + 'static`, or a borrowed form such as `str`"
)]
pub trait Key: Hash + Eq + Display + ToOwned<Owned: Send + Sync + 'static> + Send + Sync + 'static {}

impl<K> Key for K where
    K: Hash + Eq + Display + ToOwned<Owned: Send + Sync + 'static> + Send + Sync + 'static + ?Sized
{
}

/// Finds the key of a request. A closure over the request will do, if the type of the request is written out in it.
pub trait KeyOf<Req> {
    /// What the state is kept per.
    type Key: Key + ?Sized;

    /// The key of `request`; `None` lets it pass the layer by. It is called before anything is reserved, and may panic.
    fn key<'a>(&'a self, request: &'a Req) -> Option<Cow<'a, Self::Key>>;
}

impl<Req, K: Key + ToOwned<Owned = K>, F: Fn(&Req) -> Option<K>> KeyOf<Req> for F {
    type Key = K;

    fn key<'a>(&'a self, request: &'a Req) -> Option<Cow<'a, K>> {
        self(request).map(Cow::Owned)
    }
}
