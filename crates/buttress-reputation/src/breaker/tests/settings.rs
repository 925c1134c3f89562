//! F3: a value that cannot work is refused by the name of its knob.

use super::*;

fn refused(change: impl FnOnce(Builder) -> Builder) -> String {
    let error = change(Config::builder()).build().expect_err("this cannot work");
    assert!(error.to_string().starts_with(error.knob()), "{error}");
    error.knob().to_owned()
}

#[test]
fn f3_d7_what_cannot_work_is_refused_by_name() {
    for share in [-0.1, 1.000_1, 50.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(refused(|b| b.failure_rate(share)), "failure_rate");
        assert_eq!(refused(|b| b.jitter(share)), "jitter");
    }
    assert_eq!(refused(|b| b.failure_threshold(0)), "failure_threshold");
    assert_eq!(refused(|b| b.failure_threshold(1_001)), "failure_threshold");
    for window in [Duration::ZERO, millis(999), secs(366 * 86_400 + 1), Duration::MAX] {
        assert_eq!(refused(|b| b.failure_window(window)), "failure_window");
    }
    assert_eq!(refused(|b| b.open_for(Duration::from_micros(999))), "open_for");
    for factor in [0.0, 0.999, -2.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(|b| b.escalation(factor, secs(60))), "escalation factor");
    }
    assert_eq!(refused(|b| b.open_for(secs(2)).escalation(2.0, secs(1))), "escalation max");
    assert_eq!(refused(|b| b.success_threshold(0)), "success_threshold");
    assert_eq!(refused(|b| b.half_open_max_in_flight(0)), "half_open_max_in_flight");
    assert_eq!(refused(|b| b.failures_to_reopen(0)), "failures_to_reopen");
    assert_eq!(refused(|b| b.lease(Duration::ZERO)), "lease");
}

#[test]
fn f3_a_share_too_small_to_be_counted_is_refused_and_what_is_not_opens() {
    assert_eq!(refused(|b| b.failure_threshold(6).failure_rate(0.01)), "failure_rate");
    let mut rig = Rig::built(|builder| builder.failure_threshold(5).failure_rate(0.01));
    // Of a peer so busy that its counts are halved again and again.
    for call in 0..50_000 {
        rig.call(call % 50 == 0);
        rig.pass(millis(1));
        if rig.breaker.state() == State::Open {
            return;
        }
    }
    panic!("two of a hundred failed, where one opens");
}

#[test]
fn f3_d7_the_largest_values_work() {
    let mut rig = Rig::built(|builder| {
        let builder = builder.failure_threshold(1_000).failure_rate(0.0).failure_window(secs(366 * 86_400));
        let builder = builder.open_for(Duration::MAX).escalation(f64::MAX, Duration::MAX).jitter(1.0);
        let builder = builder.success_threshold(u8::MAX).half_open_max_in_flight(u8::MAX);
        builder.failures_to_reopen(u8::MAX).lease(Duration::MAX).late_failure_extends(true)
    });
    for _ in 0..999 {
        assert!(rig.call(true));
    }
    assert_eq!(rig.breaker.state(), State::Closed);
    rig.open();
    for _ in 0..3 {
        rig.now = Tick::MAX;
        for _ in 0..300 {
            rig.call(true);
        }
    }
}

#[test]
fn settings_go_through_their_builder_unchanged() {
    for rig in [Rig::new(Config::default()), Rig::built(|b| b.failure_rate(0.0).half_open_max_in_flight(7))] {
        assert_eq!(rig.config.to_builder().build(), Ok(rig.config));
    }
    assert_eq!(Config::default().half_open_max_in_flight(), 2, "as many as close");
}
