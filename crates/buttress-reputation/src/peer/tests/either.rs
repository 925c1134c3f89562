//! The compact breaker and the whole one answer alike.

use super::*;
use buttress_core::circuit_breaker;
use proptest::prelude::*;

fn compact() -> Kind {
    let config = crate::breaker::Config::builder().failure_threshold(3).failure_rate(0.0);
    let config = config.failure_window(secs(3_600)).open_for(secs(10)).escalation(1.0, secs(10));
    config.jitter(0.0).success_threshold(2).lease(secs(5)).build().expect("it works").into()
}

fn full() -> Kind {
    let config = circuit_breaker::Config::builder().no_rules().failures_in_window(3).window(secs(3_600));
    let config = config.open_for(secs(10)).escalation(1.0, secs(10)).jitter(0.0).probe_lease(secs(5));
    config.half_open_probes(2).half_open_successes(2).half_open_failures(1).build().expect("it works").into()
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Call(Outcome),
    Begin,
    End(Outcome),
    Ask,
    Judge(Outcome),
    Points,
    Pass(u64),
    Reset,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = || {
        prop_oneof![
            2 => Just(Outcome::Success),
            3 => Just(FAILURE),
            1 => Just(Outcome::Ignored),
            1 => Just(Outcome::Cancelled),
            1 => Just(Outcome::Throttled),
        ]
    };
    let step = prop_oneof![
        4 => outcome().prop_map(Step::Call),
        3 => Just(Step::Begin),
        3 => outcome().prop_map(Step::End),
        3 => (0_u64..4).prop_map(Step::Pass),
        1 => Just(Step::Ask),
        2 => outcome().prop_map(Step::Judge),
        1 => Just(Step::Points),
        1 => prop::bool::weighted(0.1).prop_map(|reset| if reset { Step::Reset } else { Step::Begin }),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn d1_both_breakers_admit_alike_and_tell_alike_whoever_asks(steps in steps()) {
        let mut rigs = [compact(), full()].map(|kind| Rig::new(|builder| builder.breaker(kind).ban(None)));
        let mut under_way = [Vec::new(), Vec::new()];
        let mut asked = 0_u32;
        for step in steps {
            let answers = [0, 1].map(|which| {
                let (rig, under_way) = (&mut rigs[which], &mut under_way[which]);
                match step {
                    Step::Call(outcome) => {
                        let ticket = rig.admit();
                        let answer = ticket.as_ref().err().copied();
                        if let Ok(ticket) = ticket {
                            rig.settle(ticket, outcome, None);
                        }
                        return answer;
                    }
                    Step::Begin => match rig.admit() {
                        Ok(ticket) => under_way.push(ticket),
                        Err(refused) => return Some(refused),
                    },
                    Step::End(outcome) => {
                        if let Some(ticket) = under_way.pop() {
                            rig.settle(ticket, outcome, None);
                        }
                    }
                    // Those that take no ticket are told apart from those that do by the whole breaker alone, so there is
                    // only one kind of them at a time.
                    Step::Ask if under_way.is_empty() => return rig.ask().err(),
                    Step::Judge(outcome) if under_way.is_empty() && (asked > 0 || rig.peer.state() == State::Closed) => {
                        rig.judge(Deed::call(outcome));
                    }
                    Step::Points => rig.judge(Deed::points(-1.0)),
                    Step::Ask | Step::Judge(_) => {}
                    Step::Pass(time) => rig.pass(secs(time)),
                    Step::Reset => rig.told.extend(rig.peer.reset(&rig.rules, rig.now).told()),
                }
                None
            });
            asked = match step {
                Step::Ask if under_way[0].is_empty() && answers[0].is_none() => asked + 1,
                Step::Judge(_) => asked.saturating_sub(1),
                _ => asked,
            };
            prop_assert_eq!(answers[0], answers[1], "{:?}", step);
            prop_assert_eq!(rigs[0].peer.state(), rigs[1].peer.state(), "{:?}", step);
            prop_assert_eq!(&rigs[0].told, &rigs[1].told, "{:?}", step);
        }
    }
}

#[test]
fn d2_a_probe_that_nobody_took_a_ticket_for_is_given_back_by_what_ends_it_and_by_no_points() {
    for kind in [compact(), full()] {
        let mut rig = Rig::new(|builder| builder.breaker(kind).ban(None));
        for _ in 0..3 {
            rig.judge(Deed::call(FAILURE));
        }
        rig.pass(secs(10));
        assert_eq!((rig.ask(), rig.ask()), (Ok(()), Ok(())));
        for _ in 0..50 {
            rig.judge(Deed::points(1.0));
            assert!(rig.ask().is_err(), "two probes are out");
        }
        for outcome in [Outcome::Throttled, Outcome::Cancelled, Outcome::Ignored] {
            rig.judge(Deed::call(outcome));
            assert_eq!(rig.ask(), Ok(()), "{outcome:?} says nothing of the peer, and the probe is over");
            assert!(rig.ask().is_err(), "two probes are out");
        }
        assert_eq!(rig.peer.state(), State::HalfOpen);
    }
}

#[test]
fn without_a_breaker_nothing_opens() {
    let mut rig = Rig::new(|builder| builder.breaker(Kind::Off).ban(None));
    for _ in 0..1_000 {
        rig.judge(Deed::call(FAILURE));
    }
    assert_eq!((rig.may(), rig.peer.state()), (Ok(()), State::Closed));
}
