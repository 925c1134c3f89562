//! Findings in all orders.

use super::*;
use crate::Tick;
use proptest::prelude::*;
use std::num::NonZeroU32;
use std::time::Duration;

const TOOK: Duration = Duration::from_millis(10);

fn at(second: u64) -> Tick {
    Tick::ZERO + Duration::from_secs(second)
}

/// The statuses after each finding: `h`, `d`, `u` and `?`.
fn statuses(config: Config, findings: &str) -> String {
    let mut standing = Standing::new(config);
    let findings = findings.chars().zip(1..).map(|(letter, second)| {
        let finding = Finding::ALL.into_iter().find(|finding| letter_of(finding.as_str()) == letter);
        standing.record(finding.unwrap(), TOOK, at(second));
        letter_of(standing.status().as_str())
    });
    findings.collect()
}

fn letter_of(word: &str) -> char {
    if word == "unknown" { '?' } else { word.chars().next().unwrap() }
}

#[test]
fn c24_s0_39_three_failures_in_a_row_are_unhealthy_and_one_success_is_healthy() {
    assert_eq!(Config::default(), presets::walgit());
    assert_eq!(statuses(presets::walgit(), "uuuuhuuhuuu"), "??uuhhhhhhu");
    assert_eq!(statuses(presets::walgit(), "huu?u"), "hhhhu", "what could not be asked ends no run");
    assert_eq!(statuses(presets::walgit(), "????"), "????");
}

#[test]
fn c24_one_finding_is_enough_either_way_where_that_is_asked_for() {
    assert_eq!(statuses(presets::dwcp(), "huhud?dh"), "huhudddh");
}

#[test]
fn c24_degraded_is_between_the_two_and_takes_as_many_findings() {
    let config = Config::builder().unhealthy_after(2).healthy_after(2).build().unwrap();
    assert_eq!(statuses(config, "hhdhddhh"), "?hhhhddh");
    assert_eq!(statuses(config, "uuddhh"), "?uuddh", "it answers again, and not as it should");
    assert_eq!(statuses(config, "hhudud"), "?hhddd", "neither two bad nor two good ones");
    assert_eq!(statuses(config, "uuhdhh"), "?uuddh");
}

#[test]
fn c24_what_is_slow_is_degraded() {
    let config = presets::dwcp().to_builder().degraded_over(TOOK).build().unwrap();
    let mut standing = Standing::new(config);
    let slow = TOOK + Duration::from_nanos(1);
    for (took, status) in [(TOOK, Status::Healthy), (slow, Status::Degraded), (TOOK, Status::Healthy)] {
        standing.record(Finding::Healthy, took, at(1));
        assert_eq!(standing.status(), status, "{took:?}");
    }
    standing.record(Finding::Unhealthy, slow, at(2));
    assert_eq!(standing.status(), Status::Unhealthy, "slowness makes nothing better");
}

#[test]
fn s2_56_a_snapshot_has_the_last_times_the_counts_and_the_rate() {
    let mut standing = Standing::new(Config::default());
    assert_eq!(standing.snapshot(at(9)).in_status_for, None);
    assert_eq!(standing.snapshot(at(9)).totals.success_rate(), None);
    for (finding, second) in
        [Finding::Healthy, Finding::Degraded, Finding::Unhealthy, Finding::Unknown].into_iter().zip(1..)
    {
        standing.record(finding, TOOK, at(second));
    }
    let snapshot = standing.snapshot(at(11));
    assert_eq!(snapshot.totals, Totals { healthy: 1, degraded: 1, unhealthy: 1, unknown: 1 });
    assert_eq!(snapshot.totals.success_rate().unwrap().get(), 2.0 / 3.0);
    assert_eq!((snapshot.checked_at, snapshot.healthy_at), (Some(at(4)), Some(at(2))));
    assert_eq!((snapshot.unhealthy_at, snapshot.in_status_for), (Some(at(3)), Some(Duration::from_secs(10))));
    assert_eq!((snapshot.consecutive_successes, snapshot.consecutive_failures), (0, 1));
}

#[test]
fn s0_40_the_latency_is_the_mean_of_the_last_ten_answers() {
    let mut standing = Standing::new(Config::default());
    assert_eq!(standing.snapshot(at(0)).latency, None);
    for millis in [1_000, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110] {
        standing.record(Finding::Healthy, Duration::from_millis(millis), at(millis));
        standing.record(Finding::Unhealthy, Duration::from_secs(5), at(millis));
    }
    assert_eq!(standing.snapshot(at(0)).latency, Some(Duration::from_millis(65)));
    standing.record(Finding::Healthy, Duration::MAX, at(1));
    assert!(standing.snapshot(at(0)).latency.is_some());
}

#[test]
fn s0_82_after_a_reset_nothing_is_known_and_what_was_counted_stays() {
    let mut standing = Standing::new(presets::walgit());
    for second in 1..=3 {
        standing.record(Finding::Unhealthy, TOOK, at(second));
    }
    assert_eq!(standing.reset(at(4)), Some(Change { from: Status::Unhealthy, to: Status::Unknown }));
    assert_eq!((standing.snapshot(at(4)).totals.unhealthy, standing.reset(at(5))), (3, None));
    standing.record(Finding::Unhealthy, TOOK, at(6));
    assert_eq!(standing.status(), Status::Unknown, "the run began anew");
}

#[test]
fn g8_a_look_ends_before_the_next_can_begin_or_there_is_no_config() {
    let secs = Duration::from_secs;
    let of = |interval, timeout, jitter| {
        Config::builder().interval(secs(interval)).timeout(secs(timeout)).jitter(jitter).build()
    };
    assert!(of(10, 9, 0.0).is_ok() && of(10, 8, 0.1).is_ok());
    for (interval, timeout, jitter) in
        [(10, 10, 0.0), (10, 9, 0.1), (10, 11, 0.0), (10, 5, 0.5), (10, 0, 0.1)]
    {
        assert_eq!(
            of(interval, timeout, jitter).unwrap_err().knob(),
            "timeout",
            "{interval} {timeout} {jitter}"
        );
    }
    for jitter in [-0.1, 0.51, f64::NAN, f64::INFINITY] {
        assert_eq!(of(10, 1, jitter).unwrap_err().knob(), "jitter");
    }
    for interval in [0, 86_401, u64::MAX] {
        assert_eq!(of(interval, 1, 0.1).unwrap_err().knob(), "interval");
    }
    assert_eq!(Config::builder().unhealthy_after(0).build().unwrap_err().knob(), "unhealthy_after");
    assert_eq!(Config::builder().healthy_after(0).build().unwrap_err().knob(), "healthy_after");
    for limit in [Duration::ZERO, secs(5)] {
        assert_eq!(Config::builder().degraded_over(limit).build().unwrap_err().knob(), "degraded_over");
    }
}

#[test]
fn c25_s2_48_ten_seconds_and_five_by_default_and_thirty_where_they_are_asked_for() {
    let config = Config::default();
    assert_eq!((config.interval(), config.timeout()), (Duration::from_secs(10), Duration::from_secs(5)));
    let slower = Config::builder().interval(Duration::from_secs(30)).build().unwrap();
    let difference = config.difference(&slower).unwrap();
    assert_eq!(difference.to_string(), "interval is 10s, not 30s");
    assert_eq!(config.difference(&config), None);
}

#[test]
fn g8_the_time_to_the_next_look_is_spread_around_the_interval() {
    let config = Config::default();
    let millis = [0.0, 0.25, 0.5, 1.0].map(|roll| config.spread(roll).as_millis());
    assert_eq!(millis, [9_000, 9_500, 10_000, 11_000]);
    let exact = Config::builder().jitter(0.0).build().unwrap();
    assert_eq!(exact.spread(0.9), Duration::from_secs(10));
}

#[test]
fn s0_41_s0_42_s0_43_s0_44_advice_follows_the_latency_and_the_health() {
    let under = |status, millis| {
        let conditions = Conditions { status, latency: Some(Duration::from_millis(millis)) };
        let Advice { batch_size, concurrency, retries } = Advice::default().under(conditions);
        (batch_size.get(), concurrency.get(), retries)
    };
    assert_eq!(under(Status::Healthy, 200), (10, 3, 3));
    assert_eq!(under(Status::Healthy, 201), (7, 2, 3));
    assert_eq!(under(Status::Degraded, 501), (5, 1, 4));
    assert_eq!(under(Status::Unhealthy, 1), (2, 1, 5));
    assert_eq!(Advice::default().under(Conditions::default()), Advice::default());
}

proptest! {
    #[test]
    fn s0_42_s0_43_advice_asks_the_unwell_for_no_more_work(
        batch_size in 1..=u32::MAX, concurrency in 1..=u32::MAX, retries: u32, status in 0..4_usize, millis in 0..2_000_u64,
    ) {
        let of = |number| NonZeroU32::new(number).unwrap();
        let usual = Advice { batch_size: of(batch_size), concurrency: of(concurrency), retries };
        let latency = Some(Duration::from_millis(millis));
        let advice = usual.under(Conditions { status: Status::ALL[status], latency });
        let attempts = |advice: Advice| u128::from(advice.concurrency.get()) * (u128::from(advice.retries) + 1);
        prop_assert!(advice.batch_size <= usual.batch_size && advice.concurrency <= usual.concurrency);
        prop_assert!(attempts(advice) <= attempts(usual), "{advice:?}");
    }

    /// What the whole history says, looked at anew after each finding.
    #[test]
    fn g8_c24_the_status_is_what_the_whole_history_says(
        bad in 1..5_u32, good in 1..5_u32, findings in proptest::collection::vec(0..4_usize, 0..60),
    ) {
        let config = Config::builder().unhealthy_after(bad).healthy_after(good).build().unwrap();
        let mut standing = Standing::new(config);
        let (mut said, mut expected) = (Vec::new(), Status::Unknown);
        for (finding, second) in findings.into_iter().map(|number| Finding::ALL[number]).zip(1..) {
            let change = standing.record(finding, TOOK, at(second));
            if finding != Finding::Unknown {
                said.push(finding);
            }
            let last = |run: u32, kinds: &[Finding]| {
                let run = run as usize;
                said.len() >= run && said[said.len() - run..].iter().all(|finding| kinds.contains(finding))
            };
            let before = expected;
            let answers = last(good, &[Finding::Healthy, Finding::Degraded]);
            expected = match before {
                _ if last(bad, &[Finding::Unhealthy]) => Status::Unhealthy,
                Status::Unhealthy if !answers => Status::Unhealthy,
                _ if last(good, &[Finding::Healthy]) => Status::Healthy,
                Status::Unhealthy => Status::Degraded,
                _ if last(bad, &[Finding::Degraded, Finding::Unhealthy]) => Status::Degraded,
                before => before,
            };
            prop_assert_eq!(standing.status(), expected);
            let told = change.map(|change| (change.from, change.to));
            prop_assert_eq!(told, (before != expected).then_some((before, expected)), "told once per change");
        }
    }
}
