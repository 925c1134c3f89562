//! How much a proxy takes on.

use std::num::{NonZeroU32, NonZeroU64};

use buttress::bandwidth;
use buttress::rate_limit::Rate;

/// How much a [`Proxy`](crate::Proxy) takes on at most. By default as much as its origins bear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many requests an origin gets at a time. `None` finds out how many it bears.
    ///
    /// A request counts until its answer has ended, and no longer than until its client has taken nothing of it for a second or
    /// the bandwidth has held it up for a second in all.
    pub max_concurrent: Option<NonZeroU32>,
    /// How many requests are taken, of all clients together.
    pub rate: Option<Rate>,
    /// How many of them may come at once; as many as the rate names unless it is said, which are 100 of 100 in a minute. Goes
    /// with a rate alone.
    pub burst: Option<NonZeroU32>,
    /// How many requests are taken of each client address, or of each IPv6 network of 64 bits. As many may come at once.
    pub per_client: Option<Rate>,
    /// How many bytes of bodies pass in each direction in a second.
    pub bandwidth: Option<NonZeroU64>,
}

impl Limits {
    /// Without a limit bytes are only counted.
    pub(super) fn bandwidth(&self) -> bandwidth::Config {
        let rate = self.bandwidth.map_or(0, NonZeroU64::get);
        let builder = bandwidth::Config::builder().upload(rate).download(rate);
        builder.build().expect("the default with other rates is valid")
    }
}
