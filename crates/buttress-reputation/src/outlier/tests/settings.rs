//! Settings that cannot work.

use super::*;

#[test]
fn f3_settings_that_cannot_work_are_refused_by_name() {
    let knob = |builder: Builder| builder.build().unwrap_err().knob();
    let all = Config::builder;
    let (second, none) = (Duration::from_secs(1), Duration::ZERO);
    for wrong in [none, Duration::from_millis(99), Duration::from_secs(86_401), Duration::MAX] {
        assert_eq!(knob(all().interval(wrong)), "interval", "{wrong:?}");
    }
    for wrong in [none, Duration::MAX] {
        assert_eq!(knob(all().ejection(wrong, Duration::MAX)), "base ejection", "{wrong:?}");
    }
    for wrong in [none, second / 2, Duration::MAX] {
        assert_eq!(knob(all().ejection(second, wrong)), "max ejection", "{wrong:?}");
    }
    for wrong in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        assert_eq!(knob(all().max_ejected(wrong)), "max_ejected", "{wrong}");
    }
    let rate = SuccessRate::default();
    for wrong in [f64::NAN, -1.9, 0.0, f64::INFINITY] {
        let rule = SuccessRate { deviations: wrong, ..rate };
        assert_eq!(knob(all().success_rate(rule)), "success_rate deviations", "{wrong}");
    }
    for wrong in [0, 1] {
        let rule = SuccessRate { minimum_hosts: wrong, ..rate };
        assert_eq!(knob(all().success_rate(rule)), "success_rate minimum_hosts");
    }
    let rule = SuccessRate { request_volume: 0, ..rate };
    assert_eq!(knob(all().success_rate(rule)), "success_rate request_volume");
    let percentage = FailurePercentage::default();
    for wrong in [f64::NAN, -85.0, 0.0, 100.1, f64::INFINITY] {
        let rule = FailurePercentage { threshold: wrong, ..percentage };
        assert_eq!(knob(all().failure_percentage(rule)), "failure_percentage threshold", "{wrong}");
    }
    let rule = FailurePercentage { minimum_hosts: 0, ..percentage };
    assert_eq!(knob(all().failure_percentage(rule)), "failure_percentage minimum_hosts");
    let rule = FailurePercentage { request_volume: 0, ..percentage };
    assert_eq!(knob(all().failure_percentage(rule)), "failure_percentage request_volume");
    assert_eq!(all().build().unwrap(), Config::default());
    let error = all().max_ejected(10.0).build().unwrap_err();
    assert_eq!(error.to_string(), "max_ejected is 10, allowed is a share from 0 to 1");
}
