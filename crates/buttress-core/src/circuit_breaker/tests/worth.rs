//! F4: what is lost when a breaker is forgotten.

use super::*;
use crate::keyed::{Store, Worth};
use std::num::NonZeroUsize;
use std::sync::Arc;

impl Rig {
    fn worth(&self) -> Worth {
        self.breaker.worth(self.now())
    }
}

#[test]
fn f4_a_closed_breaker_is_worth_what_its_window_holds() {
    let rig = Rig::with(|b| b);
    assert_eq!(rig.worth(), Worth::Nothing);
    rig.succeed();
    assert_eq!(rig.worth(), Worth::Memory);
    rig.pass(secs(10));
    assert_eq!(rig.worth(), Worth::Nothing, "the window is empty again, and the totals decide nothing");
    rig.fail();
    rig.pass(secs(10));
    assert_eq!(rig.worth(), Worth::Memory, "the window is empty, the run of failures goes on");
    rig.pass(secs(51));
    assert_eq!(rig.worth(), Worth::Nothing, "and that is over as well");
    rig.call(Outcome::Ignored);
    assert_eq!(rig.worth(), Worth::Nothing);
}

#[test]
fn f4_a_window_of_calls_remembers_for_ever() {
    let rig = Rig::with(|b| b.window_of_calls(10));
    assert_eq!(rig.worth(), Worth::Nothing);
    rig.succeed();
    rig.pass(secs(1_000_000));
    assert_eq!(rig.worth(), Worth::Memory);
}

#[test]
fn f4_an_open_breaker_is_a_penalty_until_nobody_has_come_back_for_long() {
    let rig = Rig::with(|b| b.open_for(secs(30))).opened();
    assert_eq!(rig.worth(), Worth::Penalty);
    rig.pass(secs(30));
    assert_eq!(rig.worth(), Worth::Penalty, "it may still be found to fail");
    rig.pass(secs(10));
    assert_eq!(rig.worth(), Worth::Penalty);
    rig.pass(millis(1));
    assert_eq!(rig.worth(), Worth::Memory);
}

#[test]
fn f4_a_half_open_breaker_is_a_penalty_until_its_probes_are_long_lost() {
    let rig = Rig::with(|b| b).due();
    let _lost = rig.ticket();
    assert_eq!((rig.state(), rig.worth()), (State::HalfOpen, Worth::Penalty));
    rig.pass(secs(20));
    assert_eq!(rig.worth(), Worth::Penalty);
    rig.pass(millis(1));
    assert_eq!(rig.worth(), Worth::Memory);
    rig.succeed();
    assert_eq!(rig.worth(), Worth::Penalty, "a probe was here");
}

#[test]
fn f4_an_escalation_is_a_penalty_as_long_as_it_is_remembered() {
    let rig = Rig::with(|b| b.escalation(2.0, secs(60))).due();
    rig.fail().expect("a failed probe reopens");
    rig.pass(secs(2));
    rig.successes(3);
    assert_eq!((rig.state(), rig.worth()), (State::Closed, Worth::Penalty));
    rig.pass(secs(10) - Duration::from_nanos(1));
    assert_eq!(rig.worth(), Worth::Penalty);
    rig.pass(Duration::from_nanos(1));
    assert_eq!(rig.worth(), Worth::Nothing);
    let forgiven = Rig::with(|b| b).due();
    forgiven.successes(3);
    assert_eq!((forgiven.state(), forgiven.worth()), (State::Closed, Worth::Nothing), "it did not escalate");
}

#[test]
fn f4_what_an_operator_has_said_is_never_forgotten() {
    let rig = Rig::with(|b| b);
    for force in [CircuitBreaker::force_open, CircuitBreaker::force_closed] {
        force(&rig.breaker, rig.now());
        rig.pass(secs(1_000_000));
        assert_eq!(rig.worth(), Worth::Penalty);
    }
    rig.breaker.reset(rig.now());
    assert_eq!(rig.worth(), Worth::Nothing);
    rig.breaker.set_shadow(true);
    assert_eq!(rig.worth(), Worth::Penalty);
    rig.breaker.set_shadow(false);
    assert_eq!(rig.worth(), Worth::Nothing);
    assert_eq!(Rig::with(|b| b.shadow(true)).worth(), Worth::Nothing, "as it was made");
}

#[test]
fn f4_breakers_by_key_stay_open_through_a_flood_and_share_their_settings() {
    let settings = Arc::new(Config::default());
    let now = Tick::from_nanos(1);
    let store = Store::<u64, CircuitBreaker>::new(NonZeroUsize::new(1_000).unwrap());
    let breaker = |number: u64| {
        let make = |seed: &u64| CircuitBreaker::new(settings.clone(), *seed, now);
        store.get_or_insert_with(std::borrow::Cow::Owned(number), || now, make).unwrap()
    };
    let call = |breaker: &CircuitBreaker, outcome| {
        let ticket = breaker.try_acquire(now).unwrap();
        breaker.record(ticket, outcome, None, now);
    };
    (0..5).for_each(|_| call(&breaker(0), FAILURE));
    (1..100_000).for_each(|number| call(&breaker(number), Outcome::Success));
    assert_eq!(store.get(&0).map(|breaker| breaker.state()), Some(State::Open));
    assert_eq!((store.len(), store.evicted()), (1_000, 99_000));
    assert_eq!(Arc::strong_count(&settings), 1 + 1_000, "those that went gave theirs back");
}
