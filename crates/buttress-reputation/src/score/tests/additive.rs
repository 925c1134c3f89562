//! Points, and what time does to them.

use super::*;

const HOUR: u32 = 3600;

fn after(scoring: &Additive, deeds: impl IntoIterator<Item = Deed>) -> f64 {
    let state = deeds.into_iter().fold(scoring.fresh(), |state, deed| scoring.judged(state, &deed, 0));
    scoring.score(state, 0).get()
}

#[test]
fn s3_20_s3_21_s3_22_s3_23_each_kind_of_deed_moves_the_score_by_its_points() {
    let scoring = Additive::default();
    assert_eq!(after(&scoring, []), 50.0);
    for (deed, score) in [
        (Deed::sync(true), 52.0),
        (Deed::sync(false), 45.0),
        (Deed::message(true), 50.5),
        (Deed::message(false), 49.0),
        (Deed::call(Outcome::Success), 50.5),
        (Deed::call(failed()), 49.0),
        (Deed::call(Outcome::Throttled), 49.5),
        (Deed::call(Outcome::Ignored), 50.0),
        (Deed::call(Outcome::Cancelled), 50.0),
        (Deed::points(-12.25), 37.75),
    ] {
        assert_eq!(after(&scoring, [deed]), score, "{deed:?}");
    }
}

#[test]
fn s3_18_s3_19_points_end_at_0_and_at_100() {
    let scoring = Additive::default();
    assert_eq!(after(&scoring, [Deed::sync(true); 25]), 100.0);
    assert_eq!(after(&scoring, [Deed::sync(true); 26]), 100.0);
    assert_eq!(after(&scoring, [Deed::sync(false); 9]), 5.0);
    assert_eq!(after(&scoring, [Deed::sync(false); 10]), 0.0);
    assert_eq!(after(&scoring, [Deed::sync(false); 1_000]), 0.0);
    // What was over at an end is not owed.
    let deeds = [[Deed::sync(false); 20].as_slice(), &[Deed::sync(true)]].concat();
    assert_eq!(after(&scoring, deeds), 2.0);
}

#[test]
fn s3_27_c30_s3_61_scores_return_to_the_start_as_by_the_hour_and_evenly_between() {
    let scoring = Additive::default();
    for score in [0.0, 20.0, 50.0, 50.000_1, 88.5, 100.0] {
        let state = scoring.set(Score::new(score), 77);
        for hours in [0, 1, 2, 5, 24, 100, 1_000, 100_000] {
            let expected = 50.0 + (score - 50.0) * 0.99_f64.powi(hours as i32);
            let shown = scoring.score(state, 77 + hours * HOUR).get();
            assert!((shown - expected).abs() < 1e-7, "{score} after {hours} h is {shown}, not {expected}");
        }
        // Half an hour twice is an hour, and no hour is waited for.
        let half = scoring.score(state, 77 + HOUR / 2).get();
        let expected = 50.0 + (score - 50.0) * 0.99_f64.sqrt();
        assert!((half - expected).abs() < 1e-7, "{half}");
    }
    // Whether it is looked at each second or after a day does not matter.
    let mut often = scoring.set(Score::MIN, 0);
    for at in 1..=24 * HOUR {
        often = scoring.judged(often, &Deed::points(0.0), at);
    }
    let seldom = scoring.score(scoring.set(Score::MIN, 0), 24 * HOUR).get();
    let often = scoring.score(often, 24 * HOUR).get();
    assert!((often - seldom).abs() < 1e-3, "{often} {seldom}");
}

#[test]
fn f1_a_clock_that_goes_back_is_one_that_stands_still() {
    let scoring = Additive::default();
    let state = scoring.judged(scoring.set(Score::MIN, 10 * HOUR), &Deed::message(true), 10 * HOUR);
    assert_eq!(scoring.score(state, 0).get(), 0.5);
    let state = scoring.judged(state, &Deed::message(true), 3);
    assert_eq!(scoring.score(state, 10 * HOUR).get(), 1.0);
    // Forward it can do no more than bring back the start.
    assert_eq!(scoring.score(state, u32::MAX).get(), 50.0);
}

#[test]
fn s3_61_the_decay_and_the_start_are_knobs() {
    let lasting = Additive::default().hourly_decay(1.0).unwrap();
    assert_eq!(lasting.score(lasting.set(Score::MIN, 0), u32::MAX).get(), 0.0);
    let quick = Additive::default().hourly_decay(0.5).unwrap().start(80.0).unwrap();
    assert_eq!(quick.score(quick.fresh(), 9).get(), 80.0);
    assert_eq!(quick.score(quick.set(Score::MIN, 0), HOUR).get(), 40.0);
}

#[test]
fn f3_starts_and_decays_that_cannot_work_are_refused_by_name() {
    for wrong in [f64::NAN, f64::NEG_INFINITY, f64::INFINITY, -1.0, 0.0, 100.0] {
        assert_eq!(Additive::default().start(wrong).unwrap_err().knob(), "start", "{wrong}");
    }
    for wrong in [f64::NAN, f64::NEG_INFINITY, f64::INFINITY, -0.5, 0.0, 1.000_1] {
        assert_eq!(Additive::default().hourly_decay(wrong).unwrap_err().knob(), "hourly_decay", "{wrong}");
    }
    let error = Additive::default().hourly_decay(99.0).unwrap_err();
    assert_eq!(error.to_string(), "hourly_decay is 99, allowed is above 0 and at most 1");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn g1_equal_deeds_keep_the_order_of_two_peers(
        scoring in additives(),
        // Of the same age: an older one has had more time to return.
        scores in (0_u32..=100 << 25, 0_u32..=100 << 25),
        since in any::<u32>(),
        deeds in proptest::collection::vec(deeds(), 40),
        times in times(),
    ) {
        let of = |score: u32| u64::from(score) << 32 | u64::from(since);
        let (mut low, mut high) = (of(scores.0.min(scores.1)), of(scores.0.max(scores.1)));
        for (deed, at) in deeds.iter().zip(times) {
            low = scoring.judged(low, deed, at);
            high = scoring.judged(high, deed, at);
            prop_assert!(scoring.score(low, at) <= scoring.score(high, at));
        }
    }
}

#[test]
fn w59_of_points_only_those_above_a_floor_are_hopeful() {
    let scoring = Additive::default();
    let states = [10.0, 50.0, 75.0, 75.000_001, 99.0].map(|score| scoring.set(Score::new(score), 1_234));
    let hopeful = |hours: u32, floor| scoring.hopeful(&states, 1_234 + hours * 3_600, Score::new(floor));
    assert_eq!(hopeful(0, 75.0), 0b11000);
    assert_eq!(hopeful(0, 50.0), 0b11100);
    assert_eq!(hopeful(0, 49.0), 0b11110);
    assert_eq!(hopeful(0, 100.0), 0);
    // Each of them returns to the start in time.
    assert_eq!(hopeful(1, 75.0), 0b10000);
    assert_eq!(hopeful(2_000, 51.0), 0);
    assert_eq!(hopeful(2_000, 49.0), 0b11111);
}
