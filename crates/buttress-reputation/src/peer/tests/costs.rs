//! What it costs to ask.

use super::*;
use crate::CostRules;

fn cost(rig: &Rig) -> Option<Duration> {
    rig.peer.cost(&rig.rules, rig.now).map(|nanos| Duration::from_nanos(nanos as u64))
}

fn near(one: Option<Duration>, other: Duration) -> bool {
    one.is_some_and(|one| one.abs_diff(other) < other / 1_000)
}

/// Of costs that fade to a third in 10 s.
fn fading() -> Rig {
    Rig::new(|builder| builder.cost(CostRules::default().decay(secs(10)).expect("it works")))
}

#[test]
fn the_first_sample_is_taken_as_it_is_and_each_worse_one_at_once() {
    let mut rig = Rig::new(|builder| builder);
    assert_eq!(cost(&rig), None);
    for took in [millis(20), millis(30), millis(200)] {
        rig.judge(Deed::call(Outcome::Success).taking(took));
        assert!(near(cost(&rig), took), "{:?}", cost(&rig));
    }
}

#[test]
fn a_better_sample_counts_as_far_as_time_has_passed_and_all_fade() {
    let mut rig = fading();
    rig.judge(Deed::call(Outcome::Success).taking(millis(200)));
    rig.judge(Deed::call(Outcome::Success).taking(millis(20)));
    assert!(near(cost(&rig), millis(200)), "no time has passed");
    rig.pass(secs(10));
    let faded = 200.0 * (-1.0_f64).exp();
    assert!(near(cost(&rig), Duration::from_secs_f64(faded / 1e3)), "{:?}", cost(&rig));
    rig.judge(Deed::call(Outcome::Success).taking(millis(20)));
    let mixed = 20.0 + 180.0 * (-1.0_f64).exp();
    assert!(near(cost(&rig), Duration::from_secs_f64(mixed / 1e3)), "{:?}", cost(&rig));
    for idle in [secs(3_600), secs(78 * 3_600), secs(100 * 366 * 86_400)] {
        rig.pass(idle);
        assert!(cost(&rig) < Some(millis(75)), "after {idle:?}");
    }
}

#[test]
fn many_samples_within_one_unit_of_time_do_not_hold_the_cost_up() {
    let mut rig = fading();
    rig.judge(Deed::call(Outcome::Success).taking(millis(200)));
    for _ in 0..1_000_000 {
        rig.pass(Duration::from_micros(50));
        rig.judge(Deed::call(Outcome::Success).taking(millis(1)));
    }
    // A million roundings are part of it.
    let expected = Duration::from_secs_f64((1.0 + 199.0 * (-5.0_f64).exp()) / 1e3);
    assert!(cost(&rig).unwrap().abs_diff(expected) < expected / 100, "{:?}", cost(&rig));
}

#[test]
fn w46_a_failure_and_a_throttled_call_cost_what_they_are_set_to_however_quick_they_were() {
    for outcome in [FAILURE, Outcome::Throttled] {
        let mut rig = Rig::new(|builder| builder);
        rig.judge(Deed::call(outcome).taking(millis(1)));
        assert!(near(cost(&rig), secs(5)), "{outcome:?}: {:?}", cost(&rig));
        rig.judge(Deed::call(outcome).taking(secs(30)));
        assert!(near(cost(&rig), secs(30)), "a slower one costs its time");
        rig.judge(Deed::call(Outcome::Success).taking(millis(1)));
        assert!(near(cost(&rig), secs(30)), "and one success does not make up for it");
        assert_eq!(rig.peer.latency(), Some(millis(1)), "how long successes take is another matter");
    }
}

#[test]
fn each_call_under_way_costs_as_much_again() {
    let mut rig = Rig::new(|builder| builder);
    rig.judge(Deed::call(Outcome::Success).taking(millis(10)));
    let tickets: Vec<_> = (0..3).map(|_| rig.admit().unwrap()).collect();
    assert!(near(cost(&rig), millis(40)), "{:?}", cost(&rig));
    for ticket in tickets {
        rig.settle(ticket, Outcome::Cancelled, None);
    }
    assert!(near(cost(&rig), millis(10)));
}

#[test]
fn g3_no_cost_fades_while_calls_are_under_way() {
    let mut rig = fading();
    rig.judge(Deed::call(Outcome::Success).taking(millis(100)));
    let ticket = rig.admit().unwrap();
    rig.pass(secs(40));
    assert!(near(cost(&rig), millis(200)), "{:?}", cost(&rig));
    // One that is answered says that it got better all the same.
    let other = rig.admit().unwrap();
    rig.settle(other, Outcome::Success, millis(10));
    let mixed = 10.0 + 90.0 * (-4.0_f64).exp();
    assert!(near(cost(&rig), Duration::from_secs_f64(2.0 * mixed / 1e3)), "{:?}", cost(&rig));
    rig.settle(ticket, Outcome::Cancelled, None);
    assert!(cost(&rig) < Some(millis(12)), "{:?}", cost(&rig));
}

#[test]
fn g3_who_is_back_starts_with_no_cost_and_a_tenth_of_its_share() {
    let rules = CostRules::default().slow_start(secs(10)).unwrap();
    let mut rig = Rig::new(|builder| builder.cost(rules));
    rig.pass(secs(20));
    assert_eq!(rig.peer.warmth(&rig.rules, rig.now), 1.0);
    for _ in 0..5 {
        rig.judge(Deed::call(FAILURE).taking(millis(1)));
    }
    assert_eq!(rig.peer.state(), State::Open);
    rig.pass(secs(2));
    for _ in 0..2 {
        let ticket = rig.admit().expect("a probe is due");
        assert!(cost(&rig).is_some());
        rig.settle(ticket, Outcome::Success, millis(5));
    }
    assert_eq!((rig.peer.state(), cost(&rig)), (State::Closed, None));
    // Its time is kept to 17 ms, of 10 s.
    for (time, warmth) in [(0, 0.1), (5_000, 0.55), (4_900, 0.991), (117, 1.0), (1, 1.0)] {
        rig.pass(millis(time));
        let is = rig.peer.warmth(&rig.rules, rig.now);
        assert!((is - warmth).abs() < 0.002, "{is} and not {warmth}");
    }
    assert_eq!(rig.peer.warmth(&rig.rules, rig.now), 1.0);
}

#[test]
fn f3_costs_that_cannot_work_are_refused_by_name() {
    let rules = CostRules::default();
    for time in [Duration::ZERO, secs(3_601), Duration::MAX] {
        assert_eq!(rules.failure_cost(time).unwrap_err().knob(), "failure_cost");
        assert_eq!(rules.decay(time).unwrap_err().knob(), "cost decay");
    }
    assert_eq!(rules.slow_start(secs(3_601)).unwrap_err().knob(), "slow_start");
    let at_once = rules.slow_start(Duration::ZERO).unwrap();
    assert_eq!(Rig::new(|builder| builder.cost(at_once)).peer_warmth(), 1.0);
}

impl Rig {
    fn peer_warmth(&self) -> f64 {
        self.peer.warmth(&self.rules, self.now)
    }
}
