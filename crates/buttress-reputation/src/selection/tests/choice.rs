use super::{EVEN, T0, Written};
use crate::dice::Rolls;
use crate::selection::choice::{Choice, EXACT, Standing};
use crate::selection::{Config, NoPeer};
use crate::{Ratio, Tick};
use proptest::prelude::*;
use std::time::Duration;

const NO_EXPLORING: (Duration, Ratio) = (Duration::from_secs(1), Ratio::ZERO);

fn choice<'a>(candidates: &'a [Written], rules: &'a Config, now: Tick) -> Choice<'a, Written> {
    Choice { candidates, rules, prices: &EVEN, honoured: usize::MAX, now }
}

/// Which one is chosen, by its place.
fn chosen(choice: &Choice<'_, Written>, roll: u64) -> Result<usize, NoPeer> {
    let place = |candidate: &Written| {
        choice.candidates.iter().position(|other| std::ptr::eq(other, candidate)).expect("it is one of them")
    };
    choice.make(roll, |_| true, |candidate, _| Ok(place(candidate)))
}

/// Which share of 20,000 choices each one gets.
fn shares(candidates: &[Written], rules: &Config, now: Tick) -> Vec<f64> {
    let (choice, mut rolls) = (choice(candidates, rules, now), Rolls::of(1));
    let mut counts = vec![0; candidates.len()];
    for _ in 0..20_000 {
        counts[chosen(&choice, rolls.next()).expect("all may")] += 1;
    }
    counts.into_iter().map(|count| f64::from(count) / 20_000.0).collect()
}

fn about(share: f64, expected: f64) -> bool {
    // Four standard deviations of a count out of 20,000 are below 0.015.
    (share - expected).abs() < 0.015
}

fn quiet() -> Config {
    Config::default().explore(NO_EXPLORING.0, NO_EXPLORING.1).expect("it is allowed")
}

#[test]
fn g4_of_no_members_nobody_is_chosen_and_that_is_said() {
    let nobody = choice(&[], &quiet(), T0).make(7, |_| true, |_, _| Ok(()));
    assert_eq!(nobody, Err(NoPeer { retry_after: None, empty: true }));
    assert_eq!(nobody.unwrap_err().to_string(), "there are no peers");
    assert!(!choice(&[], &quiet(), T0).would_admit(7, |_| true));
}

#[test]
fn g4_where_nobody_may_be_asked_it_is_said_when_the_first_one_may() {
    let mut all = vec![Written::costing(1.0); 5];
    for (candidate, secs) in all.iter_mut().zip([9, 4, 6, 8, 5]) {
        candidate.breaker = Err(Some(Duration::from_secs(secs)));
    }
    all[4].breaker = Err(None);
    let refused = chosen_as_admitted(&all);
    assert_eq!(refused, Err(NoPeer { retry_after: Some(Duration::from_secs(4)), empty: false }));
    assert_eq!(refused.unwrap_err().to_string(), "no peer may be asked now, one of them again in 4s");
    assert!(!choice(&all, &quiet(), T0).would_admit(7, |_| true));
}

/// Admission asks the candidate once more, as that of a peer does.
fn chosen_as_admitted(candidates: &[Written]) -> Result<(), NoPeer> {
    use crate::selection::choice::Candidate;
    choice(candidates, &quiet(), T0).make(7, |_| true, |candidate, despite| candidate.may(despite, T0))
}

#[test]
fn one_that_may_be_asked_is_found_among_any_that_may_not() {
    for count in 1..=EXACT {
        for only in [0, count / 2, count - 1] {
            let mut all = vec![Written { breaker: Err(None), ..Written::costing(1.0) }; count];
            all[only].breaker = Ok(());
            for roll in 0..20 {
                assert_eq!(chosen(&choice(&all, &quiet(), T0), roll), Ok(only), "{only} of {count}");
            }
        }
    }
}

#[test]
fn equals_get_equal_shares_and_twice_the_cost_gets_a_fifth_of_a_pair() {
    let five = vec![Written::costing(3.0); 5];
    for share in shares(&five, &quiet(), T0) {
        assert!(about(share, 0.2), "{share}");
    }
    let pair = [Written::costing(1.0), Written::costing(2.0)];
    let shares = shares(&pair, &quiet(), T0);
    assert!(about(shares[1], 0.2), "{shares:?}");
}

#[test]
fn one_that_nothing_is_known_of_is_neither_preferred_nor_passed_over() {
    let mut pair = [Written::costing(0.001), Written::costing(1.0)];
    pair[1].standing.cost = None;
    let known = shares(&pair, &quiet(), T0);
    assert!(about(known[1], 0.5), "{known:?}");
}

#[test]
fn g3_one_that_nothing_is_known_of_costs_for_each_call_that_it_did_not_answer() {
    let mut pair = [Written::costing(0.001), Written::costing(1.0)];
    (pair[1].standing.cost, pair[1].standing.calls) = (None, 4.0);
    let waiting = shares(&pair, &quiet(), T0);
    assert!(about(waiting[1], 1.0 / 17.0), "{waiting:?}");
    (pair[0].standing.cost, pair[0].standing.calls) = (None, 2.0);
    let both = shares(&pair, &quiet(), T0);
    assert!(about(both[1], 0.2), "{both:?}");
}

#[test]
fn g3_a_cold_one_gets_as_much_less_as_it_is_colder() {
    for (warmth, expected) in [(0.1, 0.05), (0.5, 0.25), (1.0, 0.5)] {
        let mut pair = [Written::costing(1.0), Written::costing(1.0)];
        pair[0].standing.warmth = warmth;
        let shares = shares(&pair, &quiet(), T0);
        assert!(about(shares[0], expected), "{warmth}: {shares:?}");
    }
    // When all of them are new, they share what there is.
    let all = vec![
        Written {
            standing: Standing { cost: None, calls: 1.0, warmth: 0.0, is_dear: false },
            ..Written::costing(1.0)
        };
        4
    ];
    for share in shares(&all, &quiet(), T0) {
        assert!(about(share, 0.25), "{share}");
    }
}

#[test]
fn g3_where_half_failed_lately_a_good_one_is_found_all_the_same() {
    let mut ten = vec![Written::costing(1.0); 10];
    for bad in &mut ten[..5] {
        bad.standing = Standing { cost: Some(1e6), calls: 1.0, warmth: 1.0, is_dear: true };
    }
    let bad = |shares: &[f64]| shares[..5].iter().sum::<f64>();
    // Two of them are all that is drawn in 2 of 9 times; then two more are, and both are bad in about 1 of 5.
    assert!(
        about(bad(&shares(&ten, &quiet(), T0)), 2.0 / 9.0 * 0.25),
        "{}",
        bad(&shares(&ten, &quiet(), T0))
    );
    for bad in &mut ten[..5] {
        bad.standing.is_dear = false;
    }
    assert!(about(bad(&shares(&ten, &quiet(), T0)), 2.0 / 9.0), "the control");
}

#[test]
fn g3_one_that_nobody_asked_for_long_is_asked_by_no_more_picks_than_are_to_explore() {
    let mut five = vec![Written::costing(1.0); 5];
    five[3] = Written { asked: Some(T0), ..Written::costing(1e9) };
    for other in [0, 1, 2, 4] {
        five[other].asked = Some(T0 + Duration::from_millis(1));
    }
    let rules = Config::default();
    let due = T0 + rules.explore_every;
    assert!(about(shares(&five, &rules, due)[3], 0.05));
    assert_eq!(shares(&five, &rules, T0 + (rules.explore_every - Duration::from_nanos(1)))[3], 0.0);
    assert_eq!(shares(&five, &quiet(), due + Duration::from_secs(3_600))[3], 0.0, "without exploring");
}

#[test]
fn w61_of_those_that_are_due_the_one_that_was_never_asked_comes_first() {
    let mut five = vec![Written::costing(1.0); 5];
    five[2] = Written { asked: None, ..Written::costing(1e9) };
    let rules = Config::default().explore(Duration::from_secs(1), Ratio::ONE).unwrap();
    assert_eq!(shares(&five, &rules, T0 + Duration::from_secs(60))[2], 1.0);
}

#[test]
fn a_pick_looks_at_two_of_ten_thousand() {
    let all = vec![Written::costing(1.0); 10_000];
    let rules = quiet();
    let choice = choice(&all, &rules, T0);
    for roll in 0..100 {
        chosen(&choice, roll).expect("all may");
    }
    assert_eq!(all.iter().map(|candidate| candidate.looks.get()).sum::<u32>(), 200);
}

#[test]
fn who_is_not_wanted_or_does_not_admit_after_all_is_passed_over() {
    let all = vec![Written::costing(1.0); 3];
    let all_but_first = |candidate: &Written| !std::ptr::eq(candidate, &all[0]);
    for roll in 0..200 {
        let refuses = |candidate: &Written| std::ptr::eq(candidate, &all[1]);
        let admit =
            |candidate: &Written, _| (!refuses(candidate)).then(|| std::ptr::from_ref(candidate)).ok_or(None);
        let chosen = choice(&all, &quiet(), T0).make(roll, all_but_first, admit).expect("the third does");
        assert!(std::ptr::eq(chosen, &all[2]));
    }
    assert!(choice(&all, &quiet(), T0).would_admit(1, all_but_first));
    assert!(!choice(&all, &quiet(), T0).would_admit(1, |_| false));
}

fn any_candidate() -> impl Strategy<Value = Written> {
    let cost = prop_oneof![
        Just(None),
        Just(Some(f64::MIN_POSITIVE)),
        Just(Some(f64::MAX)),
        (1e-9..1e12_f64).prop_map(Some)
    ];
    let breaker = prop_oneof![3 => Just(Ok(())), 1 => (0..100_u64).prop_map(|secs| Err(Some(Duration::from_secs(secs))))];
    (cost, 0.0..=1.0_f64, breaker, any::<[bool; 2]>(), any::<Option<u64>>()).prop_map(
        |(cost, warmth, breaker, [out, is_dear], asked)| {
            let standing = Standing { calls: 1.0, cost, warmth, is_dear };
            Written { breaker, out, standing, asked: asked.map(Tick::from_nanos), ..Written::costing(1.0) }
        },
    )
}

proptest! {
    #[test]
    fn g4_of_any_members_one_that_may_be_is_chosen_if_there_is_one(
        all in prop::collection::vec(any_candidate(), 0..90),
        honoured in 0..100_usize,
        now: u64,
        roll: u64,
        share in 0.0..=1.0_f64,
        wanted: u64,
    ) {
        use crate::selection::choice::Candidate;
        let rules = Config::default().explore(NO_EXPLORING.0, Ratio::new(share).unwrap()).unwrap();
        let now = Tick::from_nanos(now);
        let choice = Choice { candidates: &all, rules: &rules, prices: &EVEN, honoured, now };
        let place = |candidate: &Written| all.iter().position(|other| std::ptr::eq(other, candidate)).unwrap();
        let is_wanted = |candidate: &Written| wanted >> (place(candidate) % 64) & 1 == 1;
        let may = |at: usize| is_wanted(&all[at]) && all[at].may(at >= honoured, now).is_ok();
        let chosen = choice.make(roll, is_wanted, |candidate, despite| {
            candidate.may(despite, now).map(|()| place(candidate))
        });
        match chosen {
            Ok(at) => prop_assert!(may(at)),
            Err(none) => {
                prop_assert_eq!(none.empty, all.is_empty());
                prop_assert!(all.len() > EXACT || !(0..all.len()).any(may));
            }
        }
    }

    #[test]
    fn g4_the_quick_choice_is_the_one_that_is_made_at_leisure(
        all in prop::collection::vec(any_candidate(), 0..12),
        honoured in 0..12_usize,
        rolls in prop::collection::vec(any::<u64>(), 20),
        share in 0.0..=0.3_f64,
        wanted: u64,
    ) {
        let rules = Config::default().explore(NO_EXPLORING.0, Ratio::new(share).unwrap()).unwrap();
        let choice = Choice { candidates: &all, rules: &rules, prices: &EVEN, honoured, now: T0 };
        let place = |candidate: &Written| all.iter().position(|other| std::ptr::eq(other, candidate)).unwrap();
        let is_wanted = |candidate: &Written| wanted >> place(candidate) & 1 == 1;
        for roll in rolls {
            if let Some(quick) = choice.quick(roll, is_wanted) {
                prop_assert_eq!(Ok(place(quick)), choice.make(roll, is_wanted, |candidate, _| Ok(place(candidate))));
            }
        }
    }
}

#[test]
fn most_choices_are_quick() {
    let (all, rules) = (vec![Written::costing(1.0); 10], Config::default());
    let choice = choice(&all, &rules, T0);
    let quick = (0..10_000).filter(|roll| choice.quick(*roll, |_| true).is_some()).count();
    assert!((9_400..=9_600).contains(&quick), "{quick}: all but those that explore");
}
