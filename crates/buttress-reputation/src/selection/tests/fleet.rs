use super::{T0, Written};
use crate::selection::Config;
use crate::selection::fleet::Fleet;
use crate::{Ratio, Tick};
use proptest::prelude::*;
use std::time::Duration;

fn members(out: &[bool]) -> Vec<Written> {
    out.iter().map(|out| Written { out: *out, ..Written::costing(1.0) }).collect()
}

/// Which of them are left out after a count.
fn left_out(members: &[Written], rules: &Config) -> Vec<usize> {
    let fleet = Fleet::default();
    fleet.recount(1, members, rules, T0, usize::MAX);
    (0..members.len()).filter(|at| members[*at].out && *at < fleet.honoured()).collect()
}

fn rules(max_ejected: f64, panic_threshold: f64) -> Config {
    let ratio = |share| Ratio::new(share).expect("a share");
    Config::default().max_ejected(ratio(max_ejected)).panic_threshold(ratio(panic_threshold))
}

#[test]
fn g4_half_may_be_left_out_and_where_it_is_more_nobody_is() {
    let rules = Config::default();
    assert_eq!(left_out(&members(&[true, false, true, false]), &rules), [0, 2]);
    assert_eq!(left_out(&members(&[true, false, true, true]), &rules), Vec::<usize>::new(), "panic");
    assert_eq!(left_out(&members(&[true]), &rules), Vec::<usize>::new(), "the only one");
    assert_eq!(left_out(&members(&[]), &rules), Vec::<usize>::new());
}

#[test]
fn g4_a_count_of_many_ends_where_there_are_fewer_by_now() {
    let fleet = Fleet::default();
    fleet.look(1, &members(&[true; 1_000]), &Config::default(), T0);
    assert!(fleet.is_due(T0), "a part of them is counted");
    fleet.look(1, &members(&[true; 10]), &Config::default(), T0);
    assert!(!fleet.is_due(T0));
}

#[test]
fn g4_without_panic_those_that_are_too_many_are_asked_all_the_same() {
    assert_eq!(left_out(&members(&[false, true, true, true, true]), &rules(0.4, 0.0)), [1, 2]);
    assert_eq!(
        left_out(&members(&[true; 3]), &rules(1.0, 0.0)),
        [0, 1, 2],
        "who wants them out has them out"
    );
    assert_eq!(left_out(&members(&[true, false]), &rules(0.0, 0.0)), Vec::<usize>::new());
}

#[test]
fn g4_a_share_is_exact_to_the_member() {
    for percent in 1_u32..=100 {
        let share: f64 = format!("{percent}e-2").parse().unwrap();
        let out = left_out(&members(&[true; 100]), &rules(share, 0.0));
        assert_eq!(out.len(), percent as usize);
    }
}

#[test]
fn many_are_counted_in_slices_and_once_in_a_while() {
    let (mut all, rules, fleet) = (members(&[true; 1_000]), Config::default(), Fleet::default());
    for _ in 0..3 {
        fleet.look(1, &all, &rules, T0);
        assert_eq!(fleet.honoured(), usize::MAX, "the count goes on");
    }
    fleet.look(1, &all, &rules, T0);
    assert_eq!(fleet.honoured(), 0);
    all.iter_mut().for_each(|one| one.out = false);
    let counted = |at: Tick| {
        (0..4).for_each(|_| fleet.look(1, &all, &rules, at));
        fleet.honoured()
    };
    assert_eq!(counted(T0 + Duration::from_millis(99)), 0, "not again so soon");
    assert_eq!(counted(T0 + Duration::from_millis(100)), usize::MAX);
}

#[test]
fn f1_a_clock_that_is_put_back_does_not_stop_the_count() {
    let (all, rules, fleet) = (members(&[true; 4]), Config::default(), Fleet::default());
    fleet.look(1, &members(&[false; 4]), &rules, T0 + Duration::from_secs(3_600));
    fleet.look(1, &all, &rules, T0);
    assert_eq!(fleet.honoured(), 0);
}

#[test]
fn a_change_of_the_members_begins_a_count() {
    let (rules, fleet) = (Config::default(), Fleet::default());
    fleet.look(1, &members(&[false; 4]), &rules, T0);
    fleet.changed(2);
    fleet.look(2, &members(&[true; 3]), &rules, T0);
    assert_eq!(fleet.honoured(), 0);
}

#[test]
fn a_count_is_of_one_list_whoever_reads_which() {
    let (rules, fleet) = (Config::default(), Fleet::default());
    let (old, new) = (members(&[true; 300]), members(&[false; 300]));
    // One that comes before it is said that there are others.
    for (list, all) in [(1, &old), (2, &new), (1, &old), (1, &old)] {
        fleet.look(list, all, &rules, T0);
        assert_eq!(fleet.honoured(), usize::MAX, "two lists are one count");
    }
    assert!(!fleet.recount(1, &old, &rules, T0, usize::MAX), "of a list that is no more");
    fleet.look(2, &new, &rules, T0);
    assert!(!fleet.is_due(T0), "of the new one all were counted");
}

#[test]
fn g4_a_recount_is_for_whoever_found_nobody_also_where_another_came_first() {
    let (rules, fleet) = (Config::default(), Fleet::default());
    fleet.look(1, &members(&[false; 4]), &rules, T0);
    let seen = fleet.honoured();
    // Two that found nobody by the same count.
    let all = members(&[true; 4]);
    assert!(fleet.recount(1, &all, &rules, T0, seen));
    assert!(fleet.recount(1, &all, &rules, T0, seen), "the other one was first");
    assert!(!fleet.recount(1, &all, &rules, T0, fleet.honoured()), "there is nothing left to ignore");
}

#[test]
fn g4_a_recount_begins_with_the_first() {
    let (rules, fleet) = (Config::default(), Fleet::default());
    fleet.look(1, &members(&[false; 500]), &rules, T0);
    assert!(fleet.recount(1, &members(&[true; 500]), &rules, T0, usize::MAX));
    assert_eq!(fleet.honoured(), 0);
}

proptest! {
    #[test]
    fn g4_never_more_are_left_out_than_may_be(
        out in prop::collection::vec(any::<bool>(), 0..200),
        max in 0.0..=1.0_f64,
        panic in 0.0..=1.0_f64,
    ) {
        let all = members(&out);
        let left_out = left_out(&all, &rules(max, panic));
        prop_assert!(left_out.len() as f64 <= max * out.len() as f64 + 1e-9);
        let remain = out.iter().filter(|out| !**out).count();
        if (remain as f64) < panic * out.len() as f64 - 1e-9 {
            prop_assert!(left_out.is_empty(), "panic");
        }
    }
}
