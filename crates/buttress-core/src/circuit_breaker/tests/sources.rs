//! The numbers of the sources' breakers, each as three facts: what opens, for how long, and what closes.

use super::*;
use crate::circuit_breaker::presets;

/// Opens at so many failures and not before, for exactly so long, and closes at so many successes and not before.
fn has(config: Config, failures: u32, open_for: Duration, successes: u32) {
    let rig = Rig::new(config);
    rig.failures(failures - 1);
    assert_eq!(rig.state(), State::Closed);
    rig.fail();
    assert_eq!(rig.refusal().retry_after(), Some(open_for));
    rig.pass(open_for - Duration::from_nanos(1));
    let _refused = rig.refusal();
    rig.pass(Duration::from_nanos(1));
    rig.successes(successes - 1);
    assert_ne!(rig.state(), State::Closed);
    rig.succeed();
    assert_eq!(rig.state(), State::Closed);
}

#[test]
fn s0_25_before_sui_five_failures_thirty_seconds_two_successes() {
    has(presets::walgit(), 5, secs(30), 2);
}

#[test]
fn s0_26_before_walrus_three_failures_twenty_seconds_one_success() {
    has(presets::walgit_walrus(), 3, secs(20), 1);
}

#[test]
fn s0_27_before_any_other_network_four_failures_twenty_five_seconds_two_successes() {
    has(presets::walgit_network(), 4, secs(25), 2);
}

#[test]
fn s1_29_s1_33_s1_40_the_network_operations_have_their_own_numbers() {
    has(presets::network_operation(), 3, secs(60), 1);
    has(presets::api_client(), 5, secs(120), 1);
    has(presets::registry(), 3, secs(180), 1);
}

#[test]
fn s2_129_in_production_five_failures_and_a_minute() {
    has(presets::dwcp(), 5, secs(60), 3);
}

#[test]
fn s2_130_while_developing_three_failures_and_thirty_seconds() {
    has(presets::dwcp_development(), 3, secs(30), 3);
}

#[test]
fn s4_56_s4_57_external_apis_five_failures_and_a_minute_databases_three_and_thirty_seconds() {
    has(presets::python_framework(), 5, secs(60), 3);
    has(presets::python_database(), 3, secs(30), 3);
}
