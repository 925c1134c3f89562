//! Shares, and what time does to them.

use super::*;

fn share(scoring: &Bayesian, good: usize, bad: usize) -> f64 {
    let deeds = (0..good).map(|_| true).chain((0..bad).map(|_| false)).map(Deed::message);
    let state = deeds.fold(scoring.fresh(), |state, deed| scoring.judged(state, &deed, 0));
    scoring.score(state, 0).get()
}

#[test]
fn s3_66_what_is_expected_is_the_mean_of_what_was_seen_and_of_the_prior() {
    let scoring = Bayesian::default();
    for (good, bad) in [(0, 0), (1, 0), (0, 1), (7, 3), (30, 70), (100, 0), (0, 400)] {
        let expected = 100.0 * (good as f64 + 5.0) / ((good + bad) as f64 + 10.0);
        let shown = share(&scoring, good, bad);
        assert!((shown - expected).abs() < 1e-9, "{good} of {}: {shown}, not {expected}", good + bad);
    }
    // What comes in a different order makes no difference while it is all remembered.
    let scoring = scoring.prior(80.0, 2.0).unwrap();
    assert!((share(&scoring, 1, 1) - 100.0 * 2.6 / 4.0).abs() < 1e-9);
}

#[test]
fn s3_66_a_share_is_a_share_however_many_deeds_there_are() {
    let scoring = Bayesian::default();
    let mut state = scoring.fresh();
    let mut shares = Vec::new();
    for deed in 0..100_000 {
        // Nine of ten, spread evenly.
        state = scoring.judged(state, &Deed::message(deed % 10 != 0), 0);
        if deed > 10_000 {
            shares.push(scoring.score(state, 0).get());
        }
    }
    let (least, most) =
        shares.iter().fold((100.0_f64, 0.0_f64), |(least, most), &share| (least.min(share), most.max(share)));
    let expected = 100.0 * (450.0 + 5.0) / 510.0;
    assert!(expected - 0.6 < least && most < expected + 0.6, "{least} to {most}, not {expected}");
    // One that fails from now on is below the half after 350 deeds, as there is no more to outweigh than is remembered.
    let mut deeds = 0;
    while scoring.score(state, 0).get() > 50.0 {
        state = scoring.judged(state, &Deed::message(false), 0);
        deeds += 1;
    }
    assert!((250..=350).contains(&deeds), "{deeds}");
}

#[test]
fn s3_27_evidence_fades_by_half_in_each_half_life() {
    let scoring = Bayesian::default().half_life(Duration::from_secs(160)).unwrap();
    let state = (0..100).fold(scoring.fresh(), |state, _| scoring.judged(state, &Deed::message(true), 1_000));
    for halves in 0..12 {
        let good = 100.0 / f64::from(1 << halves);
        let expected = 100.0 * (good + 5.0) / (good + 10.0);
        let shown = scoring.score(state, 1_000 + 160 * halves).get();
        assert!((shown - expected).abs() < 0.05, "after {halves}: {shown}, not {expected}");
    }
    // Whether it is looked at each second or once does not matter much.
    let mut often = state;
    for at in 1_000..=1_160 {
        often = scoring.judged(often, &Deed::points(0.0), at);
    }
    let (often, seldom) = (scoring.score(often, 1_160).get(), scoring.score(state, 1_160).get());
    assert!((often - seldom).abs() < 0.05, "{often} {seldom}");
    assert!(scoring.confidence(state, 100) > 0.9);
}

#[test]
fn f1_a_clock_that_goes_back_takes_nothing_away_and_does_not_stop_time() {
    let scoring = Bayesian::default().half_life(Duration::from_secs(16)).unwrap();
    let state =
        (0..100).fold(scoring.fresh(), |state, _| scoring.judged(state, &Deed::message(false), 5_000));
    let score = scoring.score(state, 5_000);
    assert_eq!(scoring.score(state, 4_999), score);
    assert_eq!(scoring.score(state, 0), score);
    // Two threads whose clocks are a second apart do not make time pass.
    let mut apart = state;
    for round in 0..1_000 {
        apart = scoring.judged(apart, &Deed::points(0.0), 5_000 - round % 2);
    }
    assert_eq!(scoring.score(apart, 5_000), score);
    // From a clock that was put back on, evidence fades as ever.
    let back = scoring.judged(state, &Deed::points(0.0), 100);
    assert_eq!(scoring.score(back, 100), score);
    let faded = scoring.score(back, 116).get();
    assert!((faded - 100.0 * 5.0 / 60.0).abs() < 0.05, "{faded}");
    // A peer that is new after years fades as well.
    let late = 1 << 30;
    let new = scoring.judged(scoring.fresh(), &Deed::points(-50.0), late);
    let faded = scoring.score(new, late + 16).get();
    assert!((faded - 100.0 * 5.0 / 35.0).abs() < 0.05, "{faded}");
}

#[test]
fn s3_29_s3_69_what_is_set_is_the_score_as_nearly_as_evidence_can_say() {
    let scoring = Bayesian::default();
    for score in [2.0, 10.0, 25.0, 50.0, 51.0, 75.0, 98.0] {
        let set = scoring.score(scoring.set(Score::new(score), 9_999), 9_999).get();
        assert!((set - score).abs() < 0.02, "{set} of {score}");
    }
    let ends = [Score::MIN, Score::MAX].map(|score| scoring.score(scoring.set(score, 0), 0).get());
    assert!(ends[0] < 1.0 && ends[1] > 99.0, "{ends:?}");
    assert_eq!(scoring.set(Score::START, 0), scoring.fresh());
}

#[test]
fn f3_priors_half_lives_and_memories_that_cannot_work_are_refused_by_name() {
    let fine = Bayesian::default();
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, 100.0, -3.0] {
        assert_eq!(fine.prior(wrong, 10.0).unwrap_err().knob(), "prior", "{wrong}");
    }
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.9, 1000.1] {
        assert_eq!(fine.prior(50.0, wrong).unwrap_err().knob(), "prior events", "{wrong}");
        assert_eq!(fine.memory(wrong).unwrap_err().knob(), "memory", "{wrong}");
    }
    for wrong in [Duration::ZERO, Duration::from_millis(999), Duration::MAX] {
        assert_eq!(fine.half_life(wrong).unwrap_err().knob(), "half_life", "{wrong:?}");
    }
    let error = fine.half_life(Duration::ZERO).unwrap_err();
    assert_eq!(error.to_string(), "half_life is 0ns, allowed is 1 s to 366 days");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn g1_equal_deeds_keep_the_order_of_two_peers_of_which_as_much_is_known(
        scoring in bayesians(),
        good in (0..500_u32, 0..500_u32),
        since in 0..1_000_000_u32,
        deeds in proptest::collection::vec(deeds(), 40),
        times in times(),
    ) {
        let of = |good: u32| {
            let deeds = (0..500).map(|deed| Deed::points(if deed < good { 1.0 } else { -1.0 }));
            deeds.fold(scoring.fresh(), |state, deed| scoring.judged(state, &deed, since))
        };
        let (mut low, mut high) = (of(good.0.min(good.1)), of(good.0.max(good.1)));
        for (deed, at) in deeds.iter().zip(times) {
            low = scoring.judged(low, deed, at);
            high = scoring.judged(high, deed, at);
            prop_assert!(scoring.score(low, at) <= scoring.score(high, at));
        }
    }
}

#[test]
fn w59_of_shares_hardly_more_than_those_above_a_floor_are_hopeful() {
    let scoring = Bayesian::default();
    let states = [10.0, 50.0, 74.9, 75.1, 99.0].map(|score| scoring.set(Score::new(score), 1_234));
    let hopeful = |later: u32, floor| scoring.hopeful(&states, 1_234 + later, Score::new(floor));
    assert_eq!(hopeful(0, 75.0), 0b11000);
    assert_eq!(hopeful(0, 49.0), 0b11110);
    assert_eq!(hopeful(0, 100.0), 0);
    // Each of them returns to the prior in time.
    assert_eq!(hopeful(600, 75.0), 0b10000);
    assert_eq!(hopeful(86_400, 75.0), 0);
    assert_eq!(hopeful(86_400, 49.0), 0b11111);
}
