//! How requests spread over peers of which some are bad.

use super::world::{Behaviour, Caller, Log, run};
use crate::breaker::Kind;
use crate::selection::Config;
use crate::{CostRules, Ratio, presets};
use Behaviour::{Fails, FailsBetween, Flaps, Good, Hangs, HangsBetween, Slow, Throttles};
use Caller::{Leaves, TimesOut};
use std::time::Duration;

const SEEDS: [u64; 4] = [1, 2, 3, 4];

/// The bad one is the first of five.
fn beside_good(bad: Behaviour) -> [Behaviour; 5] {
    [bad, Good, Good, Good, Good]
}

/// With the breakers of the ledger, and without: where others have them, as behind a proxy.
fn ledgers() -> [crate::Config; 2] {
    let without = presets::router().to_builder().breaker(Kind::Off).build().expect("it is allowed");
    [presets::router(), without]
}

/// What came of it with each of the ledgers and each of the seeds, and what to say where it is wrong.
fn worlds(peers: &[Behaviour], seconds: usize) -> impl Iterator<Item = (Log, String)> {
    let runs = ledgers().into_iter().flat_map(|ledger| SEEDS.map(|seed| (ledger.clone(), seed)));
    runs.map(move |(ledger, seed)| {
        let log = run(ledger.clone(), Config::default(), peers, seed, seconds);
        let what = format!("{peers:?}, breaker {:?}, seed {seed}: {log:?}", ledger.breaker());
        (log, what)
    })
}

#[test]
fn g3_a_black_hole_gets_little_and_is_probed_all_the_same() {
    for bad in [Fails, Throttles, Hangs(TimesOut(1)), Hangs(Leaves(1))] {
        for (log, what) in worlds(&beside_good(bad), 60) {
            assert!(log.share(0, 5, 60) <= 0.03, "its share is {}: {what}", log.share(0, 5, 60));
            assert!(log.silence(0) <= Duration::from_secs(5), "it is not probed: {what}");
            assert!(log.success(0) >= 0.96, "{} succeeded: {what}", log.success(0));
        }
    }
}

#[test]
fn g3_one_that_hangs_gets_little_whatever_the_patience_of_callers_and_how_they_lose_it() {
    // Where a breaker is open, nothing is known before the probe ends, and it is out for ten seconds at most.
    let patience = [(TimesOut(1), 5), (TimesOut(30), 15), (Leaves(1), 5), (Leaves(30), 15)];
    for (caller, silence) in patience {
        for (bad, from) in [(Hangs(caller), 5), (HangsBetween(10, 90, caller), 15)] {
            for (log, what) in worlds(&beside_good(bad), 90) {
                assert!(log.share(0, from, 90) <= 0.03, "its share is {}: {what}", log.share(0, from, 90));
                assert!(log.success(0) >= 0.96, "{} succeeded: {what}", log.success(0));
                assert!(log.silence(0) <= Duration::from_secs(silence), "it is not probed: {what}");
            }
        }
    }
}

#[test]
fn g3_one_that_is_slow_and_one_that_flaps_cost_little() {
    for (log, what) in worlds(&beside_good(Slow), 60) {
        assert!(log.share(0, 5, 60) <= 0.03, "its share is {}: {what}", log.share(0, 5, 60));
    }
    for (log, what) in worlds(&beside_good(Flaps), 60) {
        assert!(log.success(0) >= 0.96, "{} succeeded: {what}", log.success(0));
        assert!(log.silence(0) <= Duration::from_secs(5), "it is not probed: {what}");
    }
}

#[test]
fn g3_beside_a_bad_one_of_each_kind_the_good_ones_are_found() {
    let peers = [Fails, Flaps, Slow, Hangs(TimesOut(1)), Throttles, Good, Good, Good, Good, Good];
    for (log, what) in worlds(&peers, 60) {
        for black_hole in [0, 3, 4] {
            assert!(log.share(black_hole, 5, 60) <= 0.03, "{black_hole}: {what}");
            assert!(log.silence(black_hole) <= Duration::from_secs(5), "{black_hole}: {what}");
        }
        assert!(log.success(0) >= 0.96, "{} succeeded: {what}", log.success(0));
    }
}

#[test]
fn g3_one_that_recovers_gets_its_share_again_and_no_herd() {
    let fair = 0.2;
    for bad in [
        FailsBetween(10, 40),
        HangsBetween(10, 40, TimesOut(1)),
        FailsBetween(0, 40),
        HangsBetween(0, 40, TimesOut(1)),
    ] {
        for (log, what) in worlds(&beside_good(bad), 80) {
            assert!(log.share(0, 60, 80) >= 0.8 * fair, "its share is {}: {what}", log.share(0, 60, 80));
            assert!(log.busiest(0, 40, 80) <= 1.5 * fair, "a herd: {what}");
            assert!(log.success(0) >= 0.96, "{} succeeded: {what}", log.success(0));
        }
    }
}

#[test]
fn g3_without_a_cost_of_failures_a_black_hole_attracts_requests() {
    let free = CostRules::default().failure_cost(Duration::from_micros(1)).unwrap();
    let ledger = presets::router().to_builder().breaker(Kind::Off).cost(free).build().unwrap();
    let blind = Config::default().tier_cost(1.0).unwrap();
    let log = run(ledger, blind, &beside_good(Fails), 1, 60);
    assert!(log.share(0, 5, 60) > 0.3, "nothing in this world attracts: {log:?}");
}

#[test]
fn g3_without_exploring_one_that_recovered_stays_out() {
    // Nothing but a probe makes it cheaper again.
    let lasting = CostRules::default().decay(Duration::from_secs(3_600)).unwrap();
    let ledger = presets::router().to_builder().cost(lasting).build().unwrap();
    let recovers = beside_good(FailsBetween(0, 40));
    let log = run(ledger.clone(), Config::default(), &recovers, 1, 80);
    assert!(log.share(0, 60, 80) >= 0.16, "it has to recover by exploring: {log:?}");
    let blind = Config::default().explore(Duration::from_secs(1), Ratio::ZERO).unwrap();
    let log = run(ledger, blind, &recovers, 1, 80);
    assert!(log.share(0, 40, 80) < 0.01, "something else asks it: {log:?}");
}
