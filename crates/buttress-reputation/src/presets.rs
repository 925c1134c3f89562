//! Settings by the name of where they come from.

use crate::{Additive, BanRules, Bayesian, Config, Estimator, breaker, outlier};
use buttress_core::bandwidth;
use std::time::Duration;

/// The numbers of the peer network: a start of 50, +2 and −5 for synchronisations, +0.5 and −1 for messages, 0.99 of the distance
/// from the start left after each hour, latencies by a moving average of 0.2 and with a weight of 0.1; breakers that open at 5
/// failures within 60 s with no success between them, for 30 s, and close at 2 successes; bandwidth without limits, refilled each
/// 100 ms with a burst of 10.
///
/// There, whoever is banned remains so. Here a ban ends by itself, after 10 minutes the first time.
#[must_use]
pub fn cyberfly() -> Config {
    let breaker = breaker::Config::builder().failure_threshold(5).failure_window(Duration::from_secs(60));
    let breaker = breaker.failure_rate(0.0).clear_on_success(true).success_threshold(2).failures_to_reopen(1);
    let open_for = Duration::from_secs(30);
    let breaker = breaker.open_for(open_for).escalation(1.0, open_for).jitter(0.0);
    let latency = Estimator::moving(0.2).expect("a preset is valid");
    let config = Config::builder().scoring(Additive::default()).latency(latency).latency_weight(0.1);
    let config = config.ban(BanRules::default()).breaker(breaker.build().expect("a preset is valid"));
    config.bandwidth(bandwidth::presets::peer_network()).build().expect("a preset is valid")
}

/// What a router of requests wants: scores by the share of calls that succeed, as a busy peer makes more of both than an idle one;
/// breakers that open at a share of failures, for a second and then for two, as a probe is one request of many and soon tells that
/// an origin is back; peers that do worse than the others are left out for a while;
/// and no bans but by hand, as an origin that was down for long is as good as before once it is back.
#[must_use]
pub fn router() -> Config {
    let breaker = breaker::Config::builder().escalation(2.0, Duration::from_secs(2));
    let breaker = breaker.build().expect("a preset is valid");
    let config = Config::builder().scoring(Bayesian::default()).ban(None).breaker(breaker);
    config.outlier(outlier::Config::default()).build().expect("a preset is valid")
}
