//! Settings: what they mean, which are wrong, and in what two differ.

use super::*;

#[test]
fn s2_133_s2_134_s2_135_s2_111_the_presets_have_the_numbers_of_their_source() {
    let hours = |hours: u64| secs(hours * 3_600);
    for (preset, objective, window) in [
        (presets::high_availability(), 0.999_9, hours(30 * 24)),
        (presets::standard(), 0.999, hours(24)),
        (presets::best_effort(), 0.99, hours(1)),
        (presets::slo_availability(), 0.999, hours(24)),
        (presets::slo_latency(), 0.99, hours(1)),
    ] {
        assert_eq!((preset.objective().get(), preset.window()), (objective, window));
        assert_eq!(preset.slower_than(), None);
    }
    let latency = presets::p95_latency();
    // Theirs have no minimum of calls.
    let theirs = [presets::slo_availability(), presets::slo_latency(), latency];
    assert!(theirs.iter().all(|preset| preset.minimum_calls() == 1));
    assert_eq!((latency.objective().get(), latency.slower_than()), (0.95, Some(Duration::from_millis(100))));
}

#[test]
fn the_standard_alerts_are_those_that_fit_the_window_and_others_are_as_asked_for() {
    let alerts = |config: Config| config.alerts().collect::<Vec<_>>();
    assert_eq!(alerts(Config::default()), Pair::STANDARD);
    assert_eq!(alerts(Config::builder().build().unwrap()), Pair::STANDARD);
    assert_eq!(alerts(presets::standard()), Pair::STANDARD[..3]);
    assert_eq!(alerts(presets::best_effort()), Pair::STANDARD[..1]);
    assert_eq!(alerts(config(|to| to.window(secs(60)))), []);
    assert_eq!(alerts(config(|to| to.window(secs(60)).alerts(&Pair::STANDARD))), Pair::STANDARD);
    assert_eq!(
        alerts(presets::standard().to_builder().window(secs(3_600)).build().unwrap()),
        Pair::STANDARD[..3]
    );
    let figures = Pair::STANDARD.map(|pair| pair.to_string());
    assert_eq!(figures, ["14.4 on 1h and 5m", "6 on 6h and 30m", "3 on 1d and 2h", "1 on 3d and 6h"]);
}

#[test]
fn wrong_settings_are_refused_by_name() {
    let wrong = |to: Builder| to.build().unwrap_err().to_string();
    let pair = |rate, long, short| Pair { rate, long, short };
    let alert = |alert| wrong(Config::builder().alerts(&[alert]));
    let to = Config::builder;
    assert_eq!(wrong(to().objective(Ratio::ZERO)), "objective is 0, allowed is above 0 and up to 1");
    assert_eq!(wrong(to().window(secs(59))), "window is 59s, allowed is 1m to 30d");
    assert_eq!(wrong(to().window(secs(31 * 86_400))), "window is 31d, allowed is 1m to 30d");
    assert_eq!(wrong(to().slower_than(Duration::ZERO)), "slower_than is 0ns, allowed is above 0");
    assert_eq!(wrong(to().alerts(&[Pair::STANDARD[0]; 5])), "alerts is 5, allowed is up to 4 of them");
    let twice = [(1.0, 60, 10), (3.0, 90, 10), (2.0, 60, 10)];
    let twice = twice.map(|(rate, long, short)| pair(rate, secs(long), secs(short)));
    let text = wrong(to().alerts(&twice));
    assert_eq!(text, "alerts is 2 on 1m and 10s, allowed is no two of the same times");
    assert_eq!(wrong(to().exhausted(share(0.2))), "exhausted is 0.2, allowed is no more than low");
    assert_eq!(wrong(to().low(Ratio::ONE)), "hysteresis is 0.05, allowed is no more than low leaves of 1");
    for rate in [0.0, -1.0, 1e10, f64::NAN, f64::INFINITY] {
        let text = alert(pair(rate, secs(3_600), secs(60)));
        assert!(text.ends_with("allowed is 0.01 to 1000000000"), "{text}");
    }
    assert_eq!(alert(pair(1.0, secs(31 * 86_400), secs(60))), "long is 31d, allowed is up to 30d");
    assert_eq!(alert(pair(1.0, secs(60), secs(0))), "short is 0ns, allowed is at least 1s");
    assert_eq!(alert(pair(1.0, secs(60), secs(60))), "short is 1m, allowed is less than the long time");
}

/// What a budget makes of two hours of traffic: what was told, and how it stands.
fn lived(config: Config) -> (Vec<String>, String) {
    let budget = ErrorBudget::new(config, at(0));
    let mut told = Vec::new();
    for second in 0..8_000 {
        let bad = match second {
            2_000..2_600 => second % 3 > 0,
            2_600..3_100 => second % 5 == 0,
            _ => false,
        };
        let took = Duration::from_millis(if second % 50 == 0 { 300 } else { 30 });
        let outcome = match second % 400 {
            399 => crate::Outcome::Throttled,
            _ if bad => crate::Outcome::Failure(crate::FailureKind::Error),
            _ => crate::Outcome::Success,
        };
        let Some(good) = config.judge(outcome, false) else { continue };
        let changes = budget.record_lasting(good, took, at(second));
        told.extend(changes.into_iter().flatten().map(|change| format!("{second}: {change}")));
    }
    let snapshot = budget.snapshot(at(8_000));
    (told, format!("{:?} {:?} {:?}", snapshot.remaining, snapshot.level, snapshot.percentiles))
}

#[test]
fn w02_every_knob_changes_what_a_budget_does_also_at_zero_and_is_named_where_two_differ() {
    let pair = |rate| Pair { rate, long: secs(3_600), short: secs(300) };
    let base = config(|to| to.objective(share(0.98)).window(secs(3_600)).alerts(&[pair(5.0)]));
    assert_eq!(base.difference(&base), None);
    for (knob, change) in [
        ("objective", &(|to: Builder| to.objective(share(0.97))) as &dyn Fn(Builder) -> Builder),
        ("objective", &|to| to.objective(Ratio::ONE)),
        ("window", &|to| to.window(secs(1_800))),
        ("tumbling", &|to| to.tumbling(true)),
        ("slower_than", &|to| to.slower_than(Duration::from_millis(100))),
        ("count_rejections", &|to| to.count_rejections(true)),
        ("alerts", &|to| to.alerts(&[])),
        ("alerts", &|to| to.alerts(&[pair(3.0)])),
        ("minimum_calls", &|to| to.minimum_calls(10_000)),
        ("low", &|to| to.low(Ratio::ZERO)),
        ("low", &|to| to.low(share(0.5))),
        ("exhausted", &|to| to.exhausted(share(0.1))),
        ("hysteresis", &|to| to.hysteresis(Ratio::ZERO)),
        ("hysteresis", &|to| to.hysteresis(share(0.4))),
    ] {
        let other = change(base.to_builder()).build().unwrap();
        assert_eq!(base.difference(&other).unwrap().knob, knob);
        assert_eq!(other.to_builder().build(), Ok(other));
        assert_ne!(lived(base), lived(other), "{knob} is {}", base.difference(&other).unwrap().other);
    }
    // 0 asks for no calls, so that the first one of all can fire.
    let first = |minimum| {
        let budget = ErrorBudget::new(base.to_builder().minimum_calls(minimum).build().unwrap(), at(0));
        budget.record(false, at(0)).into_iter().flatten().count()
    };
    assert_eq!((first(0), first(2)), (2, 0));
}
