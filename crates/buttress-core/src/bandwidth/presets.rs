//! Settings by the name of where they come from.

use super::Config;
use std::time::Duration;

/// The numbers of the peer network: no limits for anybody, a refill each 100 ms and a burst of 10 of them.
#[must_use]
pub fn peer_network() -> Config {
    let unlimited = Config::builder().upload(0).download(0).per_peer_upload(0).per_peer_download(0);
    let config = unlimited.refill_interval(Duration::from_millis(100)).burst(10);
    config.build().expect("a preset is valid")
}
