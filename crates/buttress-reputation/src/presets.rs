//! Settings by the name of where they come from.

use crate::{Additive, BanRules, Bayesian, Config, Estimator, breaker};
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
/// an origin is back; and no bans but by hand, as an origin that was down for long is as good as before once it is back.
///
/// Nobody is left out for doing worse than others ([`outlier`](crate::outlier)): what failures cost sends calls elsewhere within
/// seconds, and back as quickly, where an ejection lasts for half a minute.
#[must_use]
pub fn router() -> Config {
    let breaker = breaker::Config::builder().escalation(2.0, Duration::from_secs(2));
    let breaker = breaker.build().expect("a preset is valid");
    let config = Config::builder().scoring(Bayesian::default()).ban(None).breaker(breaker);
    config.build().expect("a preset is valid")
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use crate::breaker::Kind;
    use crate::{Deed, Score, Weights};

    #[test]
    fn s3_09_s3_10_s3_11_s3_12_the_peer_network_has_its_breaker() {
        let config = cyberfly();
        let Kind::Compact(breaker) = config.breaker() else { panic!("{config:?}") };
        assert_eq!((breaker.failure_threshold(), breaker.success_threshold()), (5, 2));
        assert_eq!(breaker.failure_window(), Duration::from_secs(60));
        assert_eq!(breaker.open_for(), Duration::from_secs(30));
        assert_eq!(breaker.failure_rate().get(), 0.0);
    }

    #[test]
    fn s3_17_s3_27_s3_32_s3_61_the_peer_network_has_its_scores() {
        let config = cyberfly();
        let scoring = config.scoring();
        assert_eq!(scoring.score(scoring.fresh(), 0), Score::START);
        let synced = scoring.judged(scoring.fresh(), &Deed::sync(true), 0);
        assert!((scoring.score(synced, 3600).get() - 51.98).abs() < 1e-7);
        assert_eq!(config.latency(), &Estimator::moving(0.2).unwrap());
        assert_eq!(config.bandwidth(), &bandwidth::presets::peer_network());
        assert_eq!(Weights::default().sync_failure, -5.0);
        assert_eq!(config.ban().unwrap().score(), 0.0);
    }

    #[test]
    fn a_router_bans_nobody_and_knows_shares() {
        let config = router();
        assert!(config.ban().is_none() && config.outlier().is_none());
        // A busy peer of which one call in a hundred fails stays far above one of which every second does.
        let scoring = config.scoring();
        let after = |every: u32| {
            let deeds = (1..=10_000).map(|call| Deed::message(call % every != 0));
            scoring.score(deeds.fold(scoring.fresh(), |state, deed| scoring.judged(state, &deed, 0)), 0)
        };
        assert!(after(100).get() > 97.0 && after(2).get() < 55.0);
    }
}
