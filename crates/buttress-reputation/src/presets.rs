//! Settings by the name of where they come from.

use crate::{Additive, Bayesian, Config, Estimator, outlier};
use buttress_core::bandwidth;

/// The numbers of the peer network: a start of 50, +2 and −5 for synchronisations, +0.5 and −1 for messages, 0.99 of the distance
/// from the start left after each hour, latencies by a moving average of 0.2 and with a weight of 0.1, and bandwidth without
/// limits, refilled each 100 ms with a burst of 10.
#[must_use]
pub fn cyberfly() -> Config {
    let latency = Estimator::moving(0.2).expect("a preset is valid");
    let config = Config::builder().scoring(Additive::default()).latency(latency).latency_weight(0.1);
    config.bandwidth(bandwidth::presets::peer_network()).build().expect("a preset is valid")
}

/// What a router of requests wants: scores by the share of calls that succeed, as a busy peer makes more of both than an idle one;
/// and peers that do worse than the others are left out.
#[must_use]
pub fn router() -> Config {
    let config = Config::builder().scoring(Bayesian::default()).outlier(outlier::Config::default());
    config.build().expect("a preset is valid")
}
