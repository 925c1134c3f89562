//! Members that do worse than the others are left out for a while, and come back.

use crate::dice::Rolls;
use crate::outlier::{self, Rule, SuccessRate};
use crate::selection::{Config, Selection};
use crate::sync::{Mutex, lock};
use crate::{Change, CostRules, FailureKind, Ledger, Outcome, PeerEvent, Tick, breaker, clock, presets};
use std::sync::Arc;
use std::time::Duration;

const MEMBERS: usize = 10;

/// A minute and a half of 300 calls a second, of which the first member fails three of ten for 25 s: how often each was picked in each second,
/// and what was told of whom, since when. All are inserted again every so many seconds.
fn minutes(rules: Option<outlier::Config>, again: u64) -> (Vec<[u32; MEMBERS]>, Vec<(usize, Change)>, Tick) {
    // Failures cost nothing by themselves, which would send most calls elsewhere before there are enough to compare.
    let free = CostRules::default().failure_cost(Duration::from_micros(1)).expect("a microsecond is allowed");
    let ledger = presets::router().to_builder().breaker(breaker::Kind::Off).cost(free).outlier(rules);
    let ledger = Ledger::new("outliers", ledger.build().expect("each of these is allowed"));
    let told: Arc<Mutex<Vec<(usize, Change)>>> = Arc::default();
    let listening = ledger.on_event({
        let told = Arc::clone(&told);
        move |key: &usize, event: &PeerEvent| lock(&told).push((*key, event.change))
    });
    let selection = Selection::new(&ledger, Config::default().tier_cost(1.0).expect("one is allowed"));
    let (mut rolls, began) = (Rolls::of(7), clock::now());
    let mut picks = vec![[0; MEMBERS]; 90];
    for call in 0..90 * 300_u64 {
        if call % (again * 300) == 0 {
            selection.extend((0..MEMBERS).map(|member| (member, ())));
        }
        let now = began + Duration::from_micros(call * 1_000_000 / 300);
        let picked = selection.pick_at(now, rolls.next(), |_| true).expect("most of them may be asked");
        let (member, second) = (*picked.key(), (call / 300) as usize);
        picks[second][member] += 1;
        let fails = member == 0 && second < 25 && rolls.share() < 0.3;
        let outcome = if fails { Outcome::Failure(FailureKind::Response) } else { Outcome::Success };
        picked.record_at(outcome, Some(Duration::from_millis(10)), now + Duration::from_millis(1));
    }
    drop(listening);
    let mut told = std::mem::take(&mut *lock(&told));
    told.retain(|(_, change)| !matches!(change, Change::Tier { .. }));
    (picks, told, began)
}

#[test]
fn a_member_that_fails_more_often_than_the_others_is_left_out_and_comes_back() {
    let rate = SuccessRate { request_volume: 20, ..SuccessRate::default() };
    let (picks, told, began) =
        minutes(Some(outlier::Config::builder().success_rate(rate).build().unwrap()), 90);
    // The first interval ends after 10 s; half a minute later, to the second, it is back.
    let back = began + Duration::from_secs(40);
    let [(0, Change::Ejected { by: Rule::SuccessRate, until }), (0, Change::Readmitted)] = told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(until.max(back), until);
    assert!(until.since(back) < Duration::from_millis(100), "{until}");
    assert!(picks[1][0] > 0, "{picks:?}");
    assert!(picks[11..40].iter().all(|second| second[0] == 0), "{picks:?}");
    assert!(picks[42..].iter().all(|second| second[0] > 0), "{picks:?}");
    let shares: u32 = picks[60..].iter().map(|second| second[0]).sum();
    assert!(shares >= 24 * 30, "{shares} of {}", 30 * 30);
}

#[test]
fn a_member_that_is_found_again_and_again_is_judged_all_the_same() {
    let rate = SuccessRate { request_volume: 20, ..SuccessRate::default() };
    let rules = outlier::Config::builder().success_rate(rate).build().unwrap();
    let (_, told, _) = minutes(Some(rules), 3);
    assert!(matches!(told[..], [(0, Change::Ejected { .. }), (0, Change::Readmitted)]), "{told:?}");
}

#[test]
fn without_rules_nobody_is_left_out() {
    let (picks, told, _) = minutes(None, 90);
    assert_eq!(told, []);
    assert!(picks[11..40].iter().map(|second| second[0]).sum::<u32>() > 0, "{picks:?}");
}

#[test]
fn whoever_is_told_of_an_ejection_may_change_the_selection() {
    let rate = SuccessRate { request_volume: 1, ..SuccessRate::default() };
    let rules = outlier::Config::builder().success_rate(rate).build().unwrap();
    let ledger = presets::router().to_builder().breaker(breaker::Kind::Off).outlier(rules).build().unwrap();
    let ledger = Ledger::new("outliers", ledger);
    let selection: Selection<usize> = Selection::new(&ledger, Config::default());
    selection.extend((0..MEMBERS).map(|member| (member, ())));
    let removed = Arc::new(Mutex::new(Vec::new()));
    let listening = ledger.on_event({
        let (selection, removed) = (selection.clone(), Arc::clone(&removed));
        move |key, event| {
            if matches!(event.change, Change::Ejected { .. }) {
                lock(&removed).push((*key, selection.remove(key)));
            }
        }
    });
    let began = clock::now();
    let pick = |now: Tick, only: usize| selection.pick_at(now, 1, |member| member.key == only).unwrap();
    drop(pick(began, 0));
    for member in 0..MEMBERS {
        let outcome = if member == 0 { Outcome::Failure(FailureKind::Response) } else { Outcome::Success };
        pick(began + Duration::from_secs(1), member).record_at(outcome, None, began + Duration::from_secs(1));
    }
    drop(pick(began + Duration::from_secs(10), 1));
    assert_eq!(*lock(&removed), [(0, true)]);
    assert_eq!(selection.len(), MEMBERS - 1);
    drop(listening);
}

#[test]
fn w50_a_bad_member_without_room_does_not_have_the_others_without_room_left_out() {
    let rate = SuccessRate { request_volume: 20, ..SuccessRate::default() };
    let rules = outlier::Config::builder().success_rate(rate).build().unwrap();
    let free = CostRules::default().failure_cost(Duration::from_micros(1)).expect("a microsecond is allowed");
    let config = presets::router().to_builder().breaker(breaker::Kind::Off).cost(free).capacity(MEMBERS);
    let ledger = Ledger::new("full", config.outlier(Some(rules)).build().expect("each of these is allowed"));
    let selection = Selection::new(&ledger, Config::default().tier_cost(1.0).expect("one is allowed"));
    // The last two find no room, as the others are held.
    selection.extend((0..MEMBERS + 2).map(|member| (member, ())));
    let shared = ledger.enter(&MEMBERS);
    assert!(shared.key().is_none());
    let (mut rolls, began) = (Rolls::of(7), clock::now());
    for call in 0..60 * 300_u64 {
        let now = began + Duration::from_micros(call * 1_000_000 / 300);
        let picked = selection.pick_at(now, rolls.next(), |_| true).expect("most of them may be asked");
        let fails = *picked.key() == MEMBERS;
        let outcome = if fails { Outcome::Failure(FailureKind::Response) } else { Outcome::Success };
        picked.record_at(outcome, Some(Duration::from_millis(10)), now + Duration::from_millis(1));
        assert!(!shared.peer.is_ejected(shared.rules(), now), "left out after {call} calls");
    }
}
