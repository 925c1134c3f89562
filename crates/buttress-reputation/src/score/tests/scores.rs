//! Scores by themselves, and the weights of deeds.

use super::*;

#[test]
fn s3_17_s3_18_s3_19_a_score_is_a_number_from_0_to_100_and_50_where_nothing_is_known() {
    for (value, score) in [
        (f64::NAN, 50.0),
        (f64::INFINITY, 100.0),
        (f64::NEG_INFINITY, 0.0),
        (-0.0, 0.0),
        (100.000_1, 100.0),
        (33.3, 33.3),
    ] {
        assert_eq!(Score::new(value).get(), score);
    }
    assert_eq!([Score::MIN, Score::START, Score::MAX].map(Score::get), [0.0, 50.0, 100.0]);
    assert!(Score::new(-0.0).get().is_sign_positive());
    assert_eq!(Score::new(49.95).to_string(), "50.0");
    assert_eq!(Score::new(1.0).max(Score::new(f64::NAN)), Score::START);
}

#[test]
fn f3_a_weight_of_the_wrong_sign_or_size_is_refused_by_name() {
    let fine = Weights::default();
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 100.1, -100.1, -1e-9] {
        for (knob, weights) in [
            ("sync_success", Weights { sync_success: wrong, ..fine }),
            ("message_success", Weights { message_success: wrong, ..fine }),
            ("call_success", Weights { call_success: wrong, ..fine }),
            ("sync_failure", Weights { sync_failure: -wrong, ..fine }),
            ("message_failure", Weights { message_failure: -wrong, ..fine }),
            ("call_failure", Weights { call_failure: -wrong, ..fine }),
            ("call_throttled", Weights { call_throttled: -wrong, ..fine }),
        ] {
            assert_eq!(Additive::default().weights(weights).unwrap_err().knob(), knob, "{wrong}");
            assert_eq!(Bayesian::default().weights(weights).unwrap_err().knob(), knob, "{wrong}");
        }
    }
    let error = Additive::default().weights(Weights { sync_failure: 5.0, ..fine }).unwrap_err();
    assert_eq!(error.to_string(), "sync_failure is 5, allowed is -100 to 0 points for a failure");
}

#[test]
fn s3_66_deeds_of_ones_own_are_worth_what_they_say_within_the_scale() {
    let weights = Weights::default();
    let worth = |points| weights.of(&Deed::points(points));
    assert_eq!([-3.5, 0.25, 100.0, -100.0].map(worth), [-3.5, 0.25, 100.0, -100.0]);
    assert_eq!([f64::INFINITY, 1e300, f64::NEG_INFINITY, f64::NAN].map(worth), [100.0, 100.0, -100.0, 0.0]);
    // They are no operation, so the breaker has nothing to count.
    assert_eq!(Deed::points(-100.0).outcome(), Outcome::Ignored);
    assert_eq!(Deed::sync(false).outcome(), failed());
    let took = Duration::from_millis(3);
    assert_eq!(Deed::message(true).taking(took).took(), Some(took));
    assert_eq!(
        [Outcome::Ignored, Outcome::Cancelled].map(|outcome| weights.of(&Deed::call(outcome))),
        [0.0; 2]
    );
}

#[test]
fn c30_one_good_deed_of_one_does_not_outrank_ninety_nine_of_a_hundred() {
    let additive = Additive::default();
    let bayesian = Bayesian::default();
    for scoring in [&additive as &dyn Scoring, &bayesian] {
        let after = |good: usize, bad: usize| {
            let deeds = (0..good).map(|_| true).chain((0..bad).map(|_| false)).map(Deed::message);
            let state = deeds.fold(scoring.fresh(), |state, deed| scoring.judged(state, &deed, 0));
            let samples = (good + bad) as u64;
            (scoring.score(state, 0), scoring.confidence(state, samples))
        };
        let (lucky, hardly) = after(1, 0);
        let (proven, surely) = after(99, 1);
        assert!(lucky < proven && hardly < 0.1 && surely > 0.9, "{scoring:?}: {hardly} {surely}");
        assert!(lucky.trusted(hardly) < proven.trusted(surely), "{scoring:?}");
        // In the other direction as well: one bad deed of one is no proof of being bad.
        let (unlucky, hardly) = after(0, 1);
        let (bad, surely) = after(1, 99);
        assert!(unlucky.trusted(hardly) > bad.trusted(surely), "{scoring:?}");
        assert_eq!(scoring.confidence(scoring.fresh(), 0), 0.0);
    }
    // Of itself a score is as good as it says; by how few deeds it is made, confidence knows.
    let share_of_one = Score::MAX;
    assert_eq!(share_of_one.trusted(0.0), Score::START);
    assert_eq!(share_of_one.trusted(1.0), Score::MAX);
    assert_eq!(Score::MIN.trusted(0.5).get(), 25.0);
    assert_eq!(Score::MIN.trusted(f64::NAN), Score::START);
}
