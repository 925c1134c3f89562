//! How many requests are taken, of all clients and of each.

use std::net::IpAddr;
use std::num::NonZeroU32;

use buttress::key::client_network;
use buttress::rate_limit::{Config, Fields, Handle, Kept, Keyed, Rate};
use buttress::registry::Registry;
use buttress::{InvalidConfig, Rejected};
use http::HeaderMap;

use super::Limits;

/// What the limits are called, by their metrics and to clients.
const ALL: &str = "proxy";
const CLIENTS: &str = "clients";

/// The bits of an IPv6 address that are its network's: the smallest network a client is given.
const IPV6_NETWORK: u32 = 64;

/// The rates of one proxy.
#[derive(Debug, Clone)]
pub(super) struct Rates {
    all: Option<Handle>,
    clients: Option<Keyed<IpAddr>>,
}

impl Rates {
    /// # Errors
    /// If a rate and its burst do not go together, and if there is a burst of no rate.
    pub(super) fn new(limits: &Limits) -> Result<Self, InvalidConfig> {
        if let (Some(burst), None) = (limits.burst, limits.rate) {
            return Err(InvalidConfig::new("burst", burst, "none without a rate"));
        }
        let all = limits.rate.map(|rate| config(rate, limits.burst)).transpose()?;
        let clients = limits.per_client.map(|rate| config(rate, None)).transpose()?;
        Ok(Self {
            all: all.map(|config| Handle::new(ALL, config)),
            clients: clients.map(|config| Keyed::new(CLIENTS, config)),
        })
    }

    /// Puts what there is to see into `registry`, which has room for it.
    pub(super) fn register(&self, registry: &Registry) {
        if let Some(all) = &self.all {
            registry.add(all.clone()).expect("there is room, and it has a name that is its own");
        }
        if let Some(clients) = &self.clients {
            registry.add(clients.clone()).expect("there is room, and it has a name that is its own");
        }
    }

    /// Takes a request of the client at `address`, from both rates or from neither.
    ///
    /// # Errors
    /// The rejection. The client's own rate comes first: who asks too often takes nothing from the others, not even for a
    /// moment.
    pub(super) fn admit(&self, address: IpAddr) -> Result<(), Rejected> {
        let client = client_network(address, IPV6_NETWORK);
        if let Some(clients) = &self.clients {
            clients.try_acquire(&client, 1)?;
        }
        let Some(all) = &self.all else { return Ok(()) };
        all.try_acquire(1).inspect_err(|_| {
            if let Some(clients) = &self.clients {
                clients.refund(&client, 1);
            }
        })
    }

    /// Tells in an answer to the client at `address` how much is left of the rates.
    pub(super) fn tell(&self, address: IpAddr, headers: &mut HeaderMap) {
        let client = client_network(address, IPV6_NETWORK);
        let mut standings = self.all.as_ref().map(Kept::standings).unwrap_or_default();
        standings.extend(self.clients.as_ref().map(|clients| clients.standing(&client)));
        Fields::write(&standings, headers);
    }
}

/// As many at once as the rate names: of 100 in a minute 100 may come in its first second.
fn config(rate: Rate, burst: Option<NonZeroU32>) -> Result<Config, InvalidConfig> {
    let named = u32::try_from(rate.count()).unwrap_or(u32::MAX);
    Config::new(rate, burst.map_or(named, NonZeroU32::get))
}
