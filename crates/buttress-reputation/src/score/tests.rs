//! What holds of every score, whatever happens.

use super::*;
use crate::{FailureKind, Outcome, Weights};
use proptest::prelude::*;
use std::time::Duration;

mod additive;
mod bayesian;
mod scores;

fn failed() -> Outcome {
    Outcome::Failure(FailureKind::Error)
}

/// Any deed there is, however odd.
fn deeds() -> impl Strategy<Value = Deed> {
    let outcomes = prop_oneof![
        Just(Outcome::Success),
        Just(failed()),
        Just(Outcome::Throttled),
        Just(Outcome::Ignored),
        Just(Outcome::Cancelled),
    ];
    prop_oneof![
        any::<bool>().prop_map(Deed::sync),
        any::<bool>().prop_map(Deed::message),
        outcomes.prop_map(Deed::call),
        any::<f64>().prop_map(Deed::points),
        (-10.0..10.0).prop_map(Deed::points),
    ]
}

/// Weights of any size that is allowed.
fn weights() -> impl Strategy<Value = Weights> {
    let raises = || prop_oneof![Just(0.0), Just(1e-12), Just(100.0), 0.0..100.0];
    let lowers = move || raises().prop_map(|points: f64| -points);
    (raises(), lowers(), raises(), lowers(), raises(), lowers(), lowers()).prop_map(|w| Weights {
        sync_success: w.0,
        sync_failure: w.1,
        message_success: w.2,
        message_failure: w.3,
        call_success: w.4,
        call_failure: w.5,
        call_throttled: w.6,
    })
}

/// Times that go on, repeat, and jump in both directions, to the end of all times.
fn times() -> impl Strategy<Value = Vec<u32>> {
    let time = prop_oneof![0..10_u32, 0..100_000_u32, any::<u32>(), Just(u32::MAX)];
    proptest::collection::vec(time, 1..40)
}

fn additives() -> impl Strategy<Value = Additive> {
    let decay = prop_oneof![Just(1.0), Just(0.99), Just(f64::MIN_POSITIVE), 0.001..1.0];
    (weights(), 0.001..99.999, decay).prop_map(|(weights, start, decay)| {
        let scoring = Additive::default().weights(weights).and_then(|scoring| scoring.start(start));
        scoring.and_then(|scoring| scoring.hourly_decay(decay)).expect("all of these are allowed")
    })
}

fn bayesians() -> impl Strategy<Value = Bayesian> {
    let seconds = prop_oneof![1..100_u64, 1..=366 * 24 * 3600_u64];
    (weights(), 0.001..99.999, 1.0..=1000.0, seconds, 1.0..=1000.0).prop_map(
        |(weights, prior, events, seconds, memory)| {
            let scoring = Bayesian::default().weights(weights);
            let scoring = scoring.and_then(|scoring| scoring.prior(prior, events));
            let scoring = scoring.and_then(|scoring| scoring.half_life(Duration::from_secs(seconds)));
            scoring.and_then(|scoring| scoring.memory(memory)).expect("all of these are allowed")
        },
    )
}

/// Holds a scoring to what its users count on, from any state and at any time.
fn holds(scoring: &dyn Scoring, mut state: u64, deeds: &[Deed], times: &[u32]) -> Result<(), TestCaseError> {
    for (deed, at) in deeds.iter().zip(times.iter().copied()) {
        let before = scoring.score(state, at);
        let judged = scoring.judged(state, deed, at);
        let after = scoring.score(judged, at);
        prop_assert!((0.0..=100.0).contains(&after.get()), "{after:?}");
        prop_assert_eq!(scoring.judged_with_score(state, deed, at), (judged, after));
        prop_assert!((0.0..=1.0).contains(&scoring.confidence(judged, 3)));
        let worth = match deed.kind() {
            crate::deed::Kind::Points(points) => points,
            _ => match deed.outcome() {
                Outcome::Success => 1.0,
                Outcome::Failure(_) | Outcome::Throttled => -1.0,
                Outcome::Ignored | Outcome::Cancelled => 0.0,
            },
        };
        if worth >= 0.0 {
            prop_assert!(after >= before, "{deed:?} lowered {before:?} to {after:?}");
        }
        if worth <= 0.0 {
            prop_assert!(after <= before, "{deed:?} raised {before:?} to {after:?}");
        }
        state = judged;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn g1_f1_no_failure_raises_points_and_no_success_lowers_them(
        scoring in additives(),
        state in any::<u64>(),
        deeds in proptest::collection::vec(deeds(), 40),
        times in times(),
    ) {
        holds(&scoring, scoring.fresh(), &deeds, &times)?;
        holds(&scoring, state, &deeds, &times)?;
    }

    #[test]
    fn g1_f1_no_failure_raises_a_share_and_no_success_lowers_it(
        scoring in bayesians(),
        state in any::<u64>(),
        deeds in proptest::collection::vec(deeds(), 40),
        times in times(),
    ) {
        holds(&scoring, scoring.fresh(), &deeds, &times)?;
        holds(&scoring, state, &deeds, &times)?;
    }

    #[test]
    fn w59_whoever_can_be_above_a_floor_is_among_the_hopeful(
        points in additives(),
        shares in bayesians(),
        mut states in proptest::collection::vec(any::<u64>(), 0..=64),
        by in 0.0..=1.0_f64,
        level in 0..64_usize,
        times in times(),
        at in 0..40_usize,
    ) {
        let (since, at) = (times[0], times[at % times.len()]);
        for scoring in [&points as &dyn Scoring, &shares] {
            let of = |state: &u64| scoring.score(*state, at);
            // Some that such a scoring makes, as any word is one of hardly any of them.
            let made = (0..32).map(|step| scoring.set(Score::new(f64::from(step) * 100.0 / 31.0), since));
            states.splice(0..states.len().min(32), made);
            states.truncate(64);
            // A floor that is anywhere, and one that is a score itself.
            for floor in [Score::new(100.0 * by), of(&states[level % states.len()])] {
                let hopeful = scoring.hopeful(&states, at, floor);
                for (place, state) in states.iter().enumerate() {
                    let listed = hopeful >> place & 1 == 1;
                    prop_assert!(listed || of(state) <= floor, "{state:#x} and {floor:?}");
                }
            }
        }
    }

    #[test]
    fn g1_what_is_set_is_the_score(scoring in additives(), score in 0.0..=100.0, at in any::<u32>()) {
        let score = Score::new(score);
        let set = scoring.score(scoring.set(score, at), at);
        prop_assert!((set.get() - score.get()).abs() < 1e-7, "{set:?} of {score:?}");
    }
}
