//! Whose requests a peer forwards, and whether it is believed.

mod way;

use http::HeaderMap;
use ipnet::IpNet;
use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

/// The peers that may say for whom they ask: the load balancers and proxies in front of this service.
///
/// Whatever other peers write into `X-Forwarded-For` and `Forwarded` is ignored. Of what a trusted peer says, only its own
/// words count and those of trusted peers before it: [`client`](Self::client) reads from the right, where each proxy adds the
/// address it was asked from, and ends at the first that is not trusted. What stands to the left of that was written by
/// whoever has it, and may be anything.
///
/// ```
/// use buttress::key::TrustedProxies;
/// use http::HeaderMap;
/// use std::net::IpAddr;
///
/// let trusted = TrustedProxies::parse(["10.0.0.0/8", "::1"])?;
/// let mut headers = HeaderMap::new();
/// headers.insert("x-forwarded-for", "8.8.8.8, 192.0.2.7, 10.0.0.9".parse()?);
/// let balancer: IpAddr = "10.0.0.1".parse()?;
/// assert_eq!(trusted.client(balancer, &headers), "192.0.2.7".parse::<IpAddr>()?);
///
/// let stranger: IpAddr = "203.0.113.5".parse()?;
/// assert_eq!(trusted.client(stranger, &headers), stranger);
/// # Ok::<(), buttress::BoxError>(())
/// ```
///
/// # What a trusted peer must do
/// Write `X-Forwarded-For`, as most do, by adding to it or by replacing it; or write `Forwarded` and take away an
/// `X-Forwarded-For` that its clients sent. Where there is an `X-Forwarded-For` the other header is not read: what a proxy does
/// not write itself it passes on as its clients made it up.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(
    // Nothing is the one value that costs nothing to clone.
    Option<Arc<[Network]>>,
);

/// The addresses of one network, as `10.0.0.0/8`, or one address.
///
/// An IPv4 network mapped into IPv6 is that IPv4 network. Bits of the address behind the prefix are left out.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

/// A text that is neither an address nor a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidNetwork(String);

impl TrustedProxies {
    /// No peer is believed.
    #[must_use]
    pub const fn nobody() -> Self {
        Self(None)
    }

    /// The peers in any of these networks.
    #[must_use]
    pub fn new(networks: impl IntoIterator<Item = Network>) -> Self {
        let networks: Arc<[Network]> = networks.into_iter().collect();
        Self((!networks.is_empty()).then_some(networks))
    }

    /// The same, of networks as text: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`.
    ///
    /// # Errors
    /// The first that is none.
    pub fn parse<T: AsRef<str>>(networks: impl IntoIterator<Item = T>) -> Result<Self, InvalidNetwork> {
        let networks: Result<Vec<Network>, _> =
            networks.into_iter().map(|network| network.as_ref().parse()).collect();
        networks.map(Self::new)
    }

    /// Whether the peer at `address` is believed.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().flat_map(|networks| networks.iter()).any(|network| network.contains(address))
    }

    /// The address of the client for whom `peer` asks: `peer` itself unless it is trusted.
    ///
    /// If all are trusted that are named, the one that is farthest away; and where the trail ends in what is no address, the
    /// last that is known: a proxy that hides its clients answers for all of them.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.way(peer, headers).last().unwrap_or(peer)
    }

    /// What `Forwarded` says of the request as its client made it, of the parameters that RFC 7239 names, such as `proto` and
    /// `host`: by the word of the proxy that the client asked, where that one is trusted and so are all behind it.
    ///
    /// `None` where `Forwarded` is not read: `peer` is not trusted, or there is an `X-Forwarded-For`; and where it does not say.
    #[must_use]
    pub fn forwarded<'a>(&self, peer: IpAddr, headers: &'a HeaderMap, parameter: &str) -> Option<&'a str> {
        let mut asked_by = Some(peer);
        let mut believed = None;
        for (element, address) in way::named(headers).take(LONGEST_WAY) {
            if !asked_by.is_some_and(|address| self.trusts(address)) {
                break;
            }
            (believed, asked_by) = (Some(element), address);
        }
        std::str::from_utf8(way::parameter(believed?, parameter)?).ok()
    }

    /// The addresses that a request came from, nearest first: `peer`, those of trusted proxies before it, and the client that
    /// [`client`](Self::client) finds. At most 64: no honest way is longer.
    pub fn way<'a>(&'a self, peer: IpAddr, headers: &'a HeaderMap) -> impl Iterator<Item = IpAddr> + 'a {
        let mut claims = None;
        let mut next = Some(peer.to_canonical());
        std::iter::from_fn(move || {
            let address = next.take()?;
            if self.trusts(address) {
                let claims = claims.get_or_insert_with(|| way::claims(headers));
                next = claims.next().flatten();
            }
            Some(address)
        })
        .take(LONGEST_WAY)
    }
}

/// Far more proxies than a request passes, and little to read of a header that was made to be long.
const LONGEST_WAY: usize = 64;

impl FromIterator<Network> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        Self::new(networks)
    }
}

impl Network {
    /// Whether `address` is one of it.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical().into())
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(address.into());
        }
        let network: IpNet = text.parse().map_err(|_| InvalidNetwork(text.to_owned()))?;
        let (address, prefix) = (network.addr(), network.prefix_len());
        let unmapped = match (address.to_canonical(), prefix.checked_sub(MAPPED_PREFIX)) {
            (mapped @ IpAddr::V4(_), Some(prefix)) if address.is_ipv6() => IpNet::new(mapped, prefix).ok(),
            _ => None,
        };
        Ok(Self(unmapped.unwrap_or(network).trunc()))
    }
}

/// The bits of `::ffff:0:0/96`, behind which an IPv4 address stands.
const MAPPED_PREFIX: u8 = 96;

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no network, as 10.0.0.0/8 is one, and no address", self.0)
    }
}

impl Error for InvalidNetwork {}

#[cfg(test)]
mod tests;
