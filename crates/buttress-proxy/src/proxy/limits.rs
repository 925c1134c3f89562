//! How much a proxy takes on.

use std::num::{NonZeroU32, NonZeroU64};

use buttress::bandwidth;

/// How much a [`Proxy`](crate::Proxy) takes on at most. By default as much as its origins bear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many requests an origin gets at a time. `None` finds out how many it bears.
    pub max_concurrent: Option<NonZeroU32>,
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
