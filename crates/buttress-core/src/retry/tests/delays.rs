//! What a delay is, and what it never is.

use super::*;
use proptest::prelude::*;

fn plain(change: impl FnOnce(Builder) -> Builder) -> Vec<Duration> {
    waits(&with(|b| change(b).jitter(Jitter::None).cap(secs(60))), 5, 0.5)
}

#[test]
fn s4_06_exponential_waits_double() {
    assert_eq!(plain(|b| b.exponential(secs(1), 2.0)), [1, 2, 4, 8, 16].map(secs));
    assert_eq!(
        plain(|b| b.exponential(millis(100), 1.5)),
        [100_000, 150_000, 225_000, 337_500, 506_250].map(Duration::from_micros)
    );
}

#[test]
fn s4_07_s2_42_c28_linear_waits_grow_by_the_same_whichever_way_it_is_meant() {
    // Base times the number of the retry.
    assert_eq!(plain(|b| b.linear(secs(1), secs(1))), [1, 2, 3, 4, 5].map(secs));
    // A base, and increments after the first retry.
    assert_eq!(plain(|b| b.linear(millis(100), millis(50))), [100, 150, 200, 250, 300].map(millis));
    // An increment before the first retry already is part of the base.
    assert_eq!(plain(|b| b.linear(millis(100 + 50), millis(50))), [150, 200, 250, 300, 350].map(millis));
    let capped = with(|b| b.linear(secs(1), secs(1)).cap(secs(3)).jitter(Jitter::None));
    assert_eq!(waits(&capped, 5, 0.5), [1, 2, 3, 3, 3].map(secs));
    let spread = with(|b| b.linear(secs(1), secs(1)).cap(secs(3)).jitter(Jitter::Additive(share(0.1))));
    assert_eq!(waits(&spread, 4, 0.5), [1_050, 2_100, 3_000, 3_000].map(millis));
}

#[test]
fn s4_08_c28_fixed_waits_stay() {
    assert_eq!(plain(|b| b.fixed(millis(700))), [millis(700); 5]);
}

#[test]
fn s2_43_fibonacci_waits_add_up() {
    let config = with(|b| b.fibonacci(millis(100)).cap(secs(1)).jitter(Jitter::None));
    assert_eq!(waits(&config, 8, 0.5), [100, 100, 200, 300, 500, 800, 1_000, 1_000].map(millis));
    let spread = with(|b| b.fibonacci(millis(100)).jitter(Jitter::Equal));
    assert_eq!(waits(&spread, 5, 0.0), [50, 50, 100, 150, 250].map(millis));
}

#[test]
fn s4_09_a_jittered_exponential_is_one_with_full_jitter() {
    let config = with(|b| b.exponential(secs(1), 2.0).cap(secs(60)));
    assert_eq!(config.jitter(), Jitter::Full);
    for (roll, expected) in
        [(0.0, [0; 4]), (0.5, [500, 1_000, 2_000, 4_000]), (1.0, [1_000, 2_000, 4_000, 8_000])]
    {
        assert_eq!(waits(&config, 4, roll), expected.map(millis));
    }
}

#[test]
fn c10_each_jitter_keeps_to_its_bounds() {
    let bounds = |jitter| {
        let config = with(|b| b.fixed(secs(1)).cap(secs(60)).jitter(jitter));
        [0.0, 1.0].map(|roll| config.delay(1, Duration::ZERO, roll))
    };
    let tenth = share(0.1);
    assert_eq!(bounds(Jitter::None), [1_000, 1_000].map(millis));
    assert_eq!(bounds(Jitter::Symmetric(tenth)), [900, 1_100].map(millis));
    assert_eq!(bounds(Jitter::Additive(tenth)), [1_000, 1_100].map(millis));
    assert_eq!(bounds(Jitter::Full), [0, 1_000].map(millis));
    assert_eq!(bounds(Jitter::Equal), [500, 1_000].map(millis));
    assert_eq!(bounds(Jitter::Decorrelated), [1_000, 3_000].map(millis));
}

#[test]
fn c10_the_cap_is_after_the_jitter_by_default_and_before_it_on_demand() {
    let settings = |jitter| Config::builder().fixed(secs(1)).cap(secs(1)).jitter(jitter);
    let longest = |builder: Builder| builder.build().unwrap().delay(1, secs(1), 1.0);
    for jitter in jitters() {
        assert_eq!(longest(settings(jitter)), secs(1), "{jitter:?}");
        let beyond = matches!(jitter, Jitter::Symmetric(_) | Jitter::Additive(_));
        let expected = if beyond { millis(1_100) } else { secs(1) };
        assert_eq!(longest(settings(jitter).cap_before_jitter()), expected, "{jitter:?}");
    }
}

#[test]
fn full_and_equal_jitter_are_not_lost_above_the_cap() {
    let middle = |jitter| with(|b| b.cap(secs(1)).jitter(jitter)).delay(30, secs(1), 0.5);
    assert_eq!(middle(Jitter::Full), millis(500));
    assert_eq!(middle(Jitter::Equal), millis(750));
}

#[test]
fn decorrelated_jitter_grows_from_the_wait_before() {
    let config = with(|b| b.exponential(millis(100), 2.0).cap(secs(2)).jitter(Jitter::Decorrelated));
    assert_eq!(waits(&config, 5, 1.0), [300, 900, 2_000, 2_000, 2_000].map(millis));
    assert_eq!(waits(&config, 5, 0.0), [millis(100); 5], "the number of the retry plays no part");
    assert_eq!(config.delay(7, millis(400), 0.5), millis(100 + (1_200 - 100) / 2));
}

#[test]
fn a_delay_from_elsewhere_is_spread_and_capped_alike() {
    for jitter in jitters() {
        let config = with(|b| b.fixed(millis(300)).jitter(jitter));
        for roll in [0.0, 0.3, 0.999, 1.0] {
            let own = config.delay(1, millis(50), roll);
            assert_eq!(config.spread(millis(300), millis(50), roll), own, "{jitter:?}");
            assert!(config.spread(Duration::MAX, Duration::MAX, roll) <= config.cap());
        }
    }
}

#[test]
fn e3_a_roll_that_is_none_is_taken_for_the_nearest() {
    let config = with(|b| b.fixed(secs(1)));
    let delay = |roll| config.delay(1, Duration::ZERO, roll);
    for low in [-0.0, -1.0, f64::MIN, f64::NEG_INFINITY] {
        assert_eq!(delay(low), Duration::ZERO, "{low}");
    }
    for high in [1.0, 17.0, f64::INFINITY, f64::NAN, -f64::NAN] {
        assert_eq!(delay(high), secs(1), "{high}");
    }
}

/// Ordinary times, and those at the ends.
fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0..=u64::MAX, 0..1_000_000_000_u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos)),
        4 => (0..=10_000_000_000_u64).prop_map(Duration::from_nanos),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
        1 => Just(Duration::from_nanos(u64::MAX)),
    ]
}

fn backoff() -> impl Strategy<Value = Backoff> {
    let factor = prop_oneof![1.0..=10.0, Just(1.0), Just(1.0 + f64::EPSILON), Just(f64::MAX), 1.0..=f64::MAX];
    prop_oneof![
        time().prop_map(Backoff::Fixed),
        (time(), time()).prop_map(|(base, increment)| Backoff::Linear { base, increment }),
        (time(), factor).prop_map(|(base, factor)| Backoff::Exponential { base, factor }),
        time().prop_map(|base| Backoff::Fibonacci { base }),
    ]
}

fn jitter() -> impl Strategy<Value = Jitter> {
    let share = || prop_oneof![0.0..=1.0, Just(0.0), Just(1.0)].prop_map(share);
    prop_oneof![
        Just(Jitter::None),
        share().prop_map(Jitter::Symmetric),
        share().prop_map(Jitter::Additive),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
    ]
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 0..=100_u32, 4 => 0..=u32::MAX, 1 => Just(u32::MAX), 1 => 90..=95_u32]
}

fn roll() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.0..1.0, 1 => any::<f64>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn e3_every_delay_is_within_the_cap(
        backoff in backoff(), jitter in jitter(), cap in time(), retry in number(),
        elsewhere in time(), previous in time(), roll in roll(),
    ) {
        let builder = Config::builder().cap(cap).backoff(backoff).jitter(jitter);
        let config = builder.build().expect("the builder raises the cap to the base");
        prop_assert!(config.cap() >= cap);
        prop_assert!(config.delay(retry, previous, roll) <= config.cap());
        prop_assert!(config.spread(elsewhere, previous, roll) <= config.cap());
        // Before the jitter, the cap still bounds by twice itself; past 584 years everything is the same.
        let loose = builder.cap_before_jitter().build().expect("as valid");
        prop_assert!(loose.delay(retry, previous, roll) <= config.cap().saturating_mul(2));
        if jitter == Jitter::None {
            prop_assert_eq!(loose.delay(retry, previous, roll), config.delay(retry, previous, roll));
            prop_assert!(config.delay(retry, previous, roll) <= config.delay(retry.saturating_add(1), previous, roll));
            prop_assert!(config.delay(retry.max(1), previous, roll) >= backoff.base().min(Duration::from_nanos(u64::MAX)));
        }
    }

    #[test]
    fn e3_every_factor_that_is_none_is_refused(factor in any::<f64>()) {
        let built = Config::builder().exponential(millis(50), factor).build();
        prop_assert_eq!(built.is_ok(), (1.0..f64::INFINITY).contains(&factor));
        let knob = built.err().map(|error| error.knob());
        prop_assert!(knob.is_none_or(|knob| knob == "exponential factor"));
    }
}
