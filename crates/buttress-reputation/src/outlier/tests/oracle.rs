//! The rules by themselves, and beside a plain reading of the proposal.

use super::*;

fn places(config: &Config, tallies: &[Tally]) -> Vec<(usize, Rule)> {
    outliers(config, tallies)
}

#[test]
fn who_succeeds_less_often_than_the_others_is_an_outlier() {
    let config = only(Some(SuccessRate::default()), None);
    // Nine of ten without a failure, and one with a fifth: mean 0.98, deviation 0.06.
    let mut tallies = vec![tally(100, 0); 9];
    tallies.push(tally(100, 20));
    assert_eq!(places(&config, &tallies), [(9, Rule::SuccessRate)]);
    // Where all of them fail as often, nobody is.
    for failures in 0..=100 {
        assert_eq!(places(&config, &[tally(100, failures); 10]), []);
    }
    // Of five, one alone is two deviations away, and two are not.
    let mut tallies = [tally(100, 0); 5];
    tallies[3] = tally(100, 30);
    assert_eq!(places(&config, &tallies), [(3, Rule::SuccessRate)]);
    tallies[4] = tally(100, 30);
    assert_eq!(places(&config, &tallies), []);
}

#[test]
fn who_has_few_calls_is_neither_judged_nor_compared_with() {
    let config = only(Some(SuccessRate::default()), Some(FailurePercentage::default()));
    let good = |hosts: usize, calls| vec![tally(calls, 0); hosts];
    let with = |mut tallies: Vec<Tally>, bad| {
        tallies.push(bad);
        places(&config, &tallies)
    };
    assert_eq!(with(good(4, 100), tally(100, 100)), [(4, Rule::SuccessRate)]);
    assert_eq!(with(good(4, 99), tally(99, 99)), [(4, Rule::FailurePercentage)]);
    assert_eq!(with(good(3, 100), tally(100, 100)), []);
    assert_eq!(with(good(9, 100), tally(49, 49)), []);
    assert_eq!(with(good(9, 49), tally(50, 50)), []);
    assert_eq!(with(good(4, 50), tally(50, 50)), [(4, Rule::FailurePercentage)]);
}

#[test]
fn from_so_high_a_percentage_of_failures_on_a_peer_is_an_outlier() {
    let config = only(None, Some(FailurePercentage::default()));
    let judged =
        |calls, failures| places(&config, &[vec![tally(50, 0); 4], vec![tally(calls, failures)]].concat());
    assert_eq!(judged(100, 84), []);
    assert_eq!(judged(100, 85), [(4, Rule::FailurePercentage)]);
    assert_eq!(judged(60, 51), [(4, Rule::FailurePercentage)]);
    assert_eq!(judged(60, 50), []);
}

#[test]
fn g4_the_worst_go_first_and_no_more_than_may_be_out() {
    let config = only(None, Some(FailurePercentage::default()));
    let bad = [tally(100, 85), tally(100, 99), tally(100, 90), tally(100, 90)];
    let of = |hosts: usize, out: usize| {
        let mut tallies = bad.to_vec();
        tallies.resize(hosts - out, tally(100, 0));
        tallies.resize(hosts, Tally { out: true, ..tally(0, 0) });
        outliers(&config, &tallies).into_iter().map(|(place, _)| place).collect::<Vec<_>>()
    };
    // One is always allowed, however few they are.
    assert_eq!(of(5, 0), [1]);
    assert_eq!(of(19, 0), [1]);
    assert_eq!(of(20, 0), [1, 2]);
    assert_eq!(of(30, 0), [1, 2, 3]);
    assert_eq!(of(40, 0), [1, 2, 3, 0]);
    // Those that are out already count.
    assert_eq!(of(30, 1), [1, 2]);
    assert_eq!(of(30, 3), [0; 0]);
    assert_eq!(of(9, 1), [0; 0]);
    let none = Config::builder().max_ejected(0.0).build().unwrap();
    assert_eq!(outliers(&none, &[bad.as_slice(), &[tally(100, 0)]].concat()).len(), 1);
}

/// The two algorithms of proposal A50, line by line, without the percentage of enforcement and with the field's own account of
/// when a percentage is reached. It goes through the peers as they are sorted here, as the proposal leaves their order open.
fn a50(config: &Config, tallies: &[Tally]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tallies.len()).collect();
    let rate = |place: usize| f64::from(tallies[place].failures) / f64::from(tallies[place].calls.max(1));
    order.sort_by(|one, other| rate(*other).total_cmp(&rate(*one)));
    let mut ejected: Vec<usize> = Vec::new();
    let before = tallies.iter().filter(|tally| tally.out).count();
    let full = |ejected: &Vec<usize>| {
        let out = before + ejected.len();
        out > 0 && (out + 1) as f64 > config.max_ejected.get() * tallies.len() as f64 + 1e-9
    };
    if let Some(SuccessRate { deviations, minimum_hosts, request_volume }) = config.success_rate {
        let rates: Vec<f64> = tallies
            .iter()
            .filter(|tally| tally.calls >= request_volume)
            .map(|tally| f64::from(tally.calls - tally.failures) / f64::from(tally.calls))
            .collect();
        if rates.len() >= minimum_hosts as usize {
            let mean = rates.iter().sum::<f64>() / rates.len() as f64;
            let squares: f64 = rates.iter().map(|rate| (rate - mean) * (rate - mean)).sum();
            let stdev = (squares / rates.len() as f64).sqrt();
            for place in order.iter().copied() {
                let tally = tallies[place];
                if full(&ejected) {
                    break;
                }
                if tally.calls < request_volume || tally.out {
                    continue;
                }
                if f64::from(tally.calls - tally.failures) / f64::from(tally.calls)
                    < mean - stdev * deviations - 1e-9
                {
                    ejected.push(place);
                }
            }
        }
    }
    if let Some(FailurePercentage { threshold, minimum_hosts, request_volume }) = config.failure_percentage
        && tallies.iter().filter(|tally| tally.calls >= request_volume).count() >= minimum_hosts as usize
    {
        for place in order {
            let tally = tallies[place];
            if full(&ejected) {
                break;
            }
            if tally.calls < request_volume || tally.out || ejected.contains(&place) {
                continue;
            }
            if 100.0 * f64::from(tally.failures) >= threshold * f64::from(tally.calls) {
                ejected.push(place);
            }
        }
    }
    ejected
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn g4_one_rule_alone_finds_whom_the_proposal_finds(
        peers in proptest::collection::vec((0_u32..300, 0.0..=1.0_f64, prop::bool::weighted(0.1)), 0..40),
        by_rate in any::<bool>(),
        deviations in 0.5..3.0,
        threshold in 20.0..=100.0,
        minimum_hosts in 2_u32..8,
        request_volume in 1_u32..150,
        max_ejected in 0.0..=1.0,
    ) {
        let tallies: Vec<Tally> = peers
            .iter()
            .map(|(calls, share, out)| Tally { out: *out, ..tally(*calls, (f64::from(*calls) * share) as u32) })
            .collect();
        let rate = SuccessRate { deviations, minimum_hosts, request_volume };
        let percentage = FailurePercentage { threshold, minimum_hosts, request_volume };
        let builder = Config::builder().max_ejected(max_ejected);
        let config = if by_rate {
            builder.success_rate(rate).failure_percentage(None)
        } else {
            builder.success_rate(None).failure_percentage(percentage)
        };
        let config = config.build().unwrap();
        let found: Vec<usize> = outliers(&config, &tallies).into_iter().map(|(place, _)| place).collect();
        prop_assert_eq!(&found, &a50(&config, &tallies));
    }

    #[test]
    fn g4_both_rules_together_leave_out_no_more_than_may_be(
        peers in proptest::collection::vec((0_u32..300, 0.0..=1.0_f64, prop::bool::weighted(0.1)), 0..40),
        max_ejected in 0.0..=1.0,
    ) {
        let tallies: Vec<Tally> = peers
            .iter()
            .map(|(calls, share, out)| Tally { out: *out, ..tally(*calls, (f64::from(*calls) * share) as u32) })
            .collect();
        let config = Config::builder().max_ejected(max_ejected).build().unwrap();
        let found = outliers(&config, &tallies);
        let out = tallies.iter().filter(|tally| tally.out).count();
        let most = (max_ejected * tallies.len() as f64).floor().max(1.0) as usize;
        prop_assert!(found.is_empty() || out + found.len() <= most);
        // Whom either of the rules finds, both together find, as far as there is room.
        let all = Config::builder().max_ejected(1.0).build().unwrap();
        let mut each = a50(&all, &tallies);
        each.sort_unstable();
        let mut both: Vec<usize> = outliers(&all, &tallies).into_iter().map(|(place, _)| place).collect();
        both.sort_unstable();
        prop_assert_eq!(both, each);
    }
}
