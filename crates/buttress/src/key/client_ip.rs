//! The address of a client as a key.

use super::head::RequestHead;
use super::{KeyOf, TrustedProxies};
use http::Extensions;
use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The client's address, found in the extensions of the request by `find`.
///
/// An IPv4 address stands for itself, also where it comes mapped into IPv6. An IPv6 client has a whole network to itself and
/// could take a new address for each request, so its key is the network: 64 bits of it unless
/// [`ByClientIp::ipv6_prefix`] says otherwise. The address that `find` finds must be the one the connection came from: what a
/// client writes into a header it can write differently next time. What proxies vouch for is for
/// [`ByClientIp::trusting`] to read.
///
/// ```
/// use buttress::key::{ByClientIp, by_client_ip};
/// use std::net::SocketAddr;
///
/// // With axum: `extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())`.
/// let key: ByClientIp<_> = by_client_ip(|extensions| extensions.get::<SocketAddr>().map(SocketAddr::ip));
/// ```
pub const fn by_client_ip<F: Fn(&Extensions) -> Option<IpAddr>>(find: F) -> ByClientIp<F> {
    ByClientIp { find, ipv6_prefix: 64, trusted: TrustedProxies::nobody() }
}

/// See [`by_client_ip`].
#[derive(Clone)]
pub struct ByClientIp<F> {
    find: F,
    ipv6_prefix: u32,
    trusted: TrustedProxies,
}

impl<F> ByClientIp<F> {
    /// How many bits of an IPv6 address are its network's: 64 by default, as the smallest network a client is given; 56 or 48
    /// where providers give more. Above 128 is 128.
    #[must_use]
    pub fn ipv6_prefix(mut self, bits: u32) -> Self {
        self.ipv6_prefix = bits;
        self
    }

    /// Behind these proxies the key is the address they vouch for, in `X-Forwarded-For` or `Forwarded`. Without this those
    /// headers are not read, and all clients behind one proxy have one key.
    ///
    /// ```
    /// use buttress::key::{TrustedProxies, by_client_ip};
    /// use std::net::SocketAddr;
    ///
    /// let balancers = TrustedProxies::parse(["10.0.0.0/8", "::1"])?;
    /// let key = by_client_ip(|extensions| extensions.get::<SocketAddr>().map(SocketAddr::ip)).trusting(balancers);
    /// # Ok::<(), buttress::BoxError>(())
    /// ```
    #[must_use]
    pub fn trusting(mut self, proxies: TrustedProxies) -> Self {
        self.trusted = proxies;
        self
    }
}

/// What stands for a client at `address`, by the rules of [`by_client_ip`]: an IPv4 address itself, of an IPv6 address the
/// network, which is its first `ipv6_prefix` bits. Above 128 is 128.
///
/// ```
/// use buttress::key::client_network;
/// use std::net::IpAddr;
///
/// let network = |address: &str| address.parse::<IpAddr>().map(|address| client_network(address, 64).to_string());
/// assert_eq!(network("::ffff:192.0.2.7").as_deref(), Ok("192.0.2.7"));
/// assert_eq!(network("2001:db8:1:2:3:4:5:6").as_deref(), Ok("2001:db8:1:2::"));
/// ```
#[must_use]
pub fn client_network(address: IpAddr, ipv6_prefix: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - ipv6_prefix.min(128)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl<Req: RequestHead, F: Fn(&Extensions) -> Option<IpAddr>> KeyOf<Req> for ByClientIp<F> {
    type Key = IpAddr;

    fn key<'a>(&'a self, request: &'a Req) -> Option<Cow<'a, IpAddr>> {
        let head = request.head();
        let peer = (self.find)(head.extensions()?)?;
        Some(Cow::Owned(client_network(self.trusted.client(peer, head.headers()), self.ipv6_prefix)))
    }
}

impl<F> fmt::Debug for ByClientIp<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ByClientIp");
        debug.field("ipv6_prefix", &self.ipv6_prefix).field("trusted", &self.trusted).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;
    use std::net::SocketAddr;

    fn key(address: &str, bits: u32) -> String {
        let mut request = Request::new(());
        let address: IpAddr = address.parse().expect("an address");
        request.extensions_mut().insert(SocketAddr::from((address, 1)));
        let found =
            by_client_ip(|extensions| extensions.get::<SocketAddr>().map(SocketAddr::ip)).ipv6_prefix(bits);
        found.key(&request).expect("a key").to_string()
    }

    #[test]
    fn g7_a_client_has_one_key_however_it_is_addressed() {
        assert_eq!(key("192.0.2.7", 64), "192.0.2.7");
        assert_eq!(key("::ffff:192.0.2.7", 64), "192.0.2.7");
        for bits in [64, 65, 128, 1000] {
            assert_eq!(key("2001:db8:1:2::", bits), "2001:db8:1:2::");
        }
        assert_eq!(key("2001:db8:1:2:3:4:5:6", 64), "2001:db8:1:2::");
        assert_eq!(key("2001:db8:1:2:3:4:5:6", 48), "2001:db8:1::");
        assert_eq!(key("2001:db8:1:2:3:4:5:6", 128), "2001:db8:1:2:3:4:5:6");
        assert_eq!(key("2001:db8:1:2:3:4:5:6", 0), "::");
    }

    #[test]
    fn h6_only_behind_a_trusted_proxy_a_header_makes_the_key() {
        let trusted = TrustedProxies::parse(["10.0.0.1"]).expect("an address");
        let find = by_client_ip(|extensions| extensions.get::<SocketAddr>().map(SocketAddr::ip));
        let find = find.trusting(trusted);
        let key = |peer: [u8; 4], forwarded: &str| {
            let mut request = Request::new(());
            request.extensions_mut().insert(SocketAddr::from((peer, 1)));
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().expect("a value"));
            find.key(&request).expect("a key").to_string()
        };
        assert_eq!(key([192, 0, 2, 7], "8.8.8.8"), "192.0.2.7");
        assert_eq!(key([10, 0, 0, 1], "8.8.8.8"), "8.8.8.8");
        assert_eq!(key([10, 0, 0, 1], "2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    #[test]
    fn without_an_address_there_is_no_key() {
        let find = by_client_ip(|extensions| extensions.get::<SocketAddr>().map(SocketAddr::ip));
        assert_eq!(find.key(&Request::new(())), None);
    }
}
