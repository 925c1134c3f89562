//! How requests spread over peers of which some are bad.

use super::world::{Behaviour, Log, run};
use crate::selection::Config;
use crate::{Ratio, presets};
use Behaviour::{Fails, FailsBetween, Flaps, Good, Hangs, HangsBetween, Slow, Throttles};

const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// The bad one is the first of five.
fn beside_good(bad: Behaviour) -> [Behaviour; 5] {
    [bad, Good, Good, Good, Good]
}

fn routed(peers: &[Behaviour], seed: u64, seconds: usize) -> Log {
    run(presets::router(), Config::default(), peers, seed, seconds)
}

#[test]
fn g3_a_black_hole_gets_little_and_is_probed_all_the_same() {
    for bad in [Fails, Throttles, Hangs] {
        for seed in SEEDS {
            let log = routed(&beside_good(bad), seed, 60);
            let what = format!("{bad:?}, seed {seed}: {log:?}");
            assert!(log.share(0, 5, 60) <= 0.03, "share {}: {what}", log.share(0, 5, 60));
            assert!(log.longest_silence(0, 0) < 5, "not probed: {what}");
            assert!(log.success(0) >= 0.96, "success {}: {what}", log.success(0));
        }
    }
}

#[test]
fn g3_a_slow_one_and_one_that_flaps_cost_little() {
    for seed in SEEDS {
        let log = routed(&beside_good(Slow), seed, 60);
        assert!(log.share(0, 5, 60) <= 0.03, "seed {seed}: {log:?}");
        let log = routed(&beside_good(Flaps), seed, 60);
        assert!(log.success(0) >= 0.96, "{}, seed {seed}: {log:?}", log.success(0));
    }
}

#[test]
fn g3_with_a_bad_one_of_each_kind_the_good_ones_are_found() {
    for seed in SEEDS {
        let log = routed(&[Fails, Flaps, Slow, Hangs, Good, Good, Good, Good], seed, 60);
        assert!(log.share(0, 5, 60) <= 0.03, "seed {seed}: {log:?}");
        assert!(log.success(5) >= 0.96, "{}, seed {seed}: {log:?}", log.success(5));
    }
}

#[test]
fn g3_one_that_recovers_gets_its_share_again_and_no_herd() {
    for bad in [FailsBetween(10, 40), HangsBetween(10, 40)] {
        for seed in SEEDS {
            let log = routed(&beside_good(bad), seed, 80);
            let what = format!("{bad:?}, seed {seed}: {log:?}");
            let fair = 0.2;
            assert!(log.share(0, 60, 80) >= 0.8 * fair, "share {}: {what}", log.share(0, 60, 80));
            assert!(log.busiest(0, 40, 80) <= 1.5 * fair, "a herd: {what}");
            assert!(log.success(0) >= 0.96, "success {}: {what}", log.success(0));
        }
    }
}

/// What the test above would see if nobody were asked again.
#[test]
fn g3_without_exploring_one_that_recovered_may_stay_out() {
    let quiet = Config::default().explore(std::time::Duration::from_secs(1), Ratio::ZERO).unwrap();
    let log = run(presets::router(), quiet, &beside_good(FailsBetween(10, 40)), 1, 80);
    assert!(log.longest_silence(0, 10) >= 5, "{log:?}");
}
