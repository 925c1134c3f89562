//! What each source system promises of its retries, by its preset.

use super::*;
use crate::retry::presets::*;

/// Attempts, first wait, factor, cap.
fn numbers(config: &Config) -> (u32, Duration, f64, Duration) {
    let Backoff::Exponential { base, factor } = config.backoff() else { panic!("{config:?}") };
    (config.max_attempts().get(), base, factor, config.cap())
}

/// The waits of the last retry that a call has, for the lowest and the highest roll.
fn last_waits(config: &Config) -> [Duration; 2] {
    let last = config.max_attempts().get() - 1;
    [0.0, 1.0].map(|roll| config.delay(last, Duration::ZERO, roll))
}

#[test]
fn c11_s0_29_s2_38_retries_are_one_less_than_attempts() {
    assert_eq!(with(|b| b.retries(3)), with(|b| b.attempts(4)));
    assert_eq!(with(|b| b.retries(0)).max_attempts().get(), 1);
    // Walgit and DWCP count retries, the recovery plan and the Python framework attempts.
    assert_eq!([walgit(), dwcp()].map(|config| config.max_attempts().get()), [4; 2]);
    assert_eq!([network_recovery(), python_http()].map(|config| config.max_attempts().get()), [3; 2]);
}

#[test]
fn s0_29_s0_30_s0_31_s0_84_s0_85_c12_walgit_has_three_sets_of_numbers() {
    assert_eq!(numbers(&walgit()), (4, secs(1), 1.5, secs(30)));
    assert_eq!(numbers(&walgit_impl()), (6, secs(2), 1.5, secs(30)));
    assert_eq!(numbers(&walgit_config()), (6, secs(1), 1.5, secs(30)));
    let middle = waits(&walgit(), 3, 0.5);
    assert_eq!(middle, [1_000, 1_500, 2_250].map(millis));
}

#[test]
fn s0_32_s0_33_walgit_spreads_by_a_tenth_either_way_below_its_cap() {
    for config in [walgit(), walgit_impl(), walgit_config()] {
        assert_eq!(config.jitter(), Jitter::Symmetric(share(0.1)));
    }
    assert_eq!(last_waits(&walgit()), [2_025, 2_475].map(millis));
    // 2 s × 1.5 ^ 6 is 22.8 s, the next one 34.2 s.
    let beyond = [0.0, 0.5, 1.0].map(|roll| walgit_impl().delay(8, Duration::ZERO, roll));
    assert_eq!(beyond, [secs(30); 3]);
}

#[test]
fn s1_19_s1_20_s1_21_s1_22_s1_24_the_recovery_plan_doubles_from_a_second_to_thirty() {
    assert_eq!(numbers(&network_recovery()), (3, secs(1), 2.0, secs(30)));
    assert_eq!(waits(&network_recovery(), 7, 0.5), [1, 2, 4, 8, 16, 30, 30].map(secs));
}

#[test]
fn s1_23_s1_25_c10_its_jitter_comes_after_the_cap_and_exceeds_it() {
    let ends = [0.0, 1.0].map(|roll| network_recovery().delay(7, Duration::ZERO, roll));
    assert_eq!(ends, [secs(27), secs(33)]);
    let small =
        with(|b| b.fixed(secs(1)).cap(secs(1)).cap_before_jitter().jitter(network_recovery().jitter()));
    assert_eq!(small.delay(1, Duration::ZERO, 1.0), millis(1_100));
    // Not below nothing, whatever the share.
    let all = with(|b| b.fixed(secs(1)).jitter(Jitter::Symmetric(Ratio::ONE)));
    assert_eq!(all.delay(1, Duration::ZERO, 0.0), Duration::ZERO);
}

#[test]
fn s1_33_s1_40_its_clients_have_numbers_of_their_own() {
    assert_eq!(numbers(&api_client()), (3, secs(2), 2.0, secs(30)));
    assert_eq!(numbers(&registry()), (5, secs(1), 2.0, secs(30)));
}

#[test]
fn s2_35_s2_131_dwcp_tries_three_times_more_from_a_tenth_of_a_second() {
    assert_eq!(numbers(&dwcp()), (4, millis(100), 2.0, secs(10)));
    assert_eq!(network(), dwcp());
    assert_eq!(waits(&dwcp(), 3, 0.0), [100, 200, 400].map(millis));
}

#[test]
fn s2_37_its_custom_policy_tries_five_times_more() {
    assert_eq!(numbers(&dwcp_custom()), (6, millis(500), 2.0, secs(30)));
}

#[test]
fn s2_126_its_jitter_only_adds_up_to_a_tenth_also_to_the_cap() {
    assert_eq!(last_waits(&dwcp()), [400, 440].map(millis));
    assert_eq!([0.0, 1.0].map(|roll| dwcp().delay(20, Duration::ZERO, roll)), [secs(10), secs(11)]);
}

#[test]
fn s2_132_c13_its_databases_are_asked_again_sooner_and_grow_slower() {
    assert_eq!(numbers(&database()), (6, millis(50), 1.5, secs(5)));
    assert_eq!(waits(&database(), 3, 0.0), [50_000, 75_000, 112_500].map(Duration::from_micros));
}

#[test]
fn c13_factors_and_caps_differ_by_preset_and_not_by_rule() {
    let of = |config: Config| (numbers(&config).2, numbers(&config).3);
    assert_eq!(of(walgit()), (1.5, secs(30)));
    assert_eq!(of(database()), (1.5, secs(5)));
    assert_eq!(of(dwcp()), (2.0, secs(10)));
    assert_eq!(of(python_framework()), (2.0, secs(60)));
    assert_eq!(of(Config::default()), (2.0, secs(2)));
}

#[test]
fn s4_28_s4_29_s4_30_s4_31_s4_32_s4_33_the_python_framework_doubles_from_a_second_to_a_minute() {
    assert_eq!(numbers(&python_framework()), (5, secs(1), 2.0, secs(60)));
    // Its strategy is a knob like the others.
    let linear = python_framework().to_builder().linear(secs(1), secs(1)).build().expect("valid");
    assert_eq!(linear.backoff(), Backoff::Linear { base: secs(1), increment: secs(1) });
    assert_eq!(waits(&linear, 4, 1.0), [1, 2, 3, 4].map(secs));
    assert_eq!(python_framework().jitter(), Jitter::Full);
    assert_eq!(waits(&python_framework(), 4, 1.0), [1, 2, 4, 8].map(secs));
}

#[test]
fn s4_58_http_is_a_jittered_exponential() {
    assert_eq!(numbers(&python_http()), (3, secs(1), 2.0, secs(30)));
    assert_eq!(last_waits(&python_http()), [0, 2].map(secs));
}

#[test]
fn s4_59_databases_are_exponential_and_short() {
    assert_eq!(numbers(&python_database()), (3, millis(500), 2.0, secs(10)));
    assert_eq!(last_waits(&python_database()), [secs(1); 2]);
}

#[test]
fn s4_60_files_are_linear_and_minimal() {
    assert!(matches!(file().backoff(), Backoff::Linear { base, increment } if base == increment));
    assert_eq!(waits(&file(), 2, 0.5), [100, 200].map(millis));
    assert!(file().cap() < python_database().cap());
}

#[test]
fn s4_61_subprocesses_are_exponential_and_moderate() {
    assert_eq!(numbers(&subprocess()), (3, secs(1), 2.0, secs(30)));
    assert_eq!(last_waits(&subprocess()), [secs(2); 2]);
}
