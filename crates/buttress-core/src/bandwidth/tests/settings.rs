//! Settings, and what becomes of debts when they change.

use super::*;
use crate::bandwidth::presets;

#[test]
fn s3_36_s3_37_s3_38_s3_39_s3_40_s3_43_the_preset_has_the_numbers_of_the_peer_network() {
    let preset = presets::peer_network();
    for direction in Direction::ALL {
        assert_eq!((preset.limit(direction), preset.per_peer(direction)), (0, 0));
    }
    assert_eq!((preset.refill_interval(), preset.burst().get()), (Duration::from_millis(100), 10));
    assert_eq!(preset.difference(&Config::default()), None);
}

#[test]
fn wrong_settings_are_refused_by_name() {
    let wrong = |to: Builder| to.build().unwrap_err().to_string();
    assert_eq!(wrong(Config::builder().burst(0)), "burst is 0, allowed is at least 1 refill");
    for interval in [Duration::ZERO, Duration::from_micros(999), Duration::from_secs(3_601)] {
        let text = wrong(Config::builder().refill_interval(interval));
        assert_eq!(text, format!("refill_interval is {interval:?}, allowed is 1ms to 1h"));
    }
}

#[test]
fn two_settings_differ_by_the_name_of_a_knob() {
    let base = Config::default();
    for (knob, other) in [
        ("upload", config(|to| to.upload(1))),
        ("download", config(|to| to.download(1))),
        ("per_peer_upload", config(|to| to.per_peer_upload(1))),
        ("per_peer_download", config(|to| to.per_peer_download(1))),
        ("refill_interval", config(|to| to.refill_interval(Duration::from_millis(50)))),
        ("burst", config(|to| to.burst(9))),
    ] {
        assert_eq!(base.difference(&other).unwrap().knob, knob);
        assert_eq!(other.to_builder().build(), Ok(other));
    }
}

#[test]
fn s3_45_a_change_keeps_the_debt_and_not_the_rate() {
    let line = bandwidth(|to| to.upload(1_000));
    assert_eq!(line.take(UP, 1_000, None, at(0)), Ok(1_000));
    // Half of the debt is worked off at the old rate, the rest at the new one.
    line.set(&config(|to| to.upload(100)), Tick::from_nanos(SECOND / 2));
    let wait = line.try_consume(UP, 100, None, at(SECOND / 2)).unwrap_err().wait;
    assert_eq!(wait, Duration::from_secs(5));
    // More passes at once as soon as the burst is larger.
    line.set(&config(|to| to.upload(2_000)), Tick::from_nanos(SECOND / 2));
    assert_eq!(line.lane(UP, Tick::from_nanos(SECOND / 2)).available, Some(1_500));
    // Setting the same again and again gives nothing away.
    assert_eq!(line.take(UP, 5_000, None, at(SECOND / 2)), Ok(1_500));
    for _ in 0..100 {
        line.set(&config(|to| to.upload(2_000)), Tick::from_nanos(SECOND / 2));
        assert_eq!(line.lane(UP, Tick::from_nanos(SECOND / 2)).available, Some(0));
    }
    // Without a limit there is no debt.
    line.set(&config(|to| to), Tick::from_nanos(SECOND / 2));
    assert_eq!(line.take(UP, 5_000, None, never), Ok(5_000));
    line.set(&config(|to| to.upload(10)), Tick::from_nanos(SECOND / 2));
    assert_eq!(line.lane(UP, Tick::from_nanos(SECOND / 2)).available, Some(10));
}

#[test]
fn s3_45_the_debt_of_a_peer_is_worked_off_at_the_rate_of_its_time() {
    let line = bandwidth(|to| to.per_peer_upload(10));
    let peer = Peer::new();
    line.consume(UP, 110, Some(&peer), at(0));
    // A second at 10, then one at 30, without a look in between.
    line.set(&config(|to| to.per_peer_upload(30)), Tick::from_nanos(SECOND));
    assert_eq!(line.available_to(&peer, UP, Tick::from_nanos(2 * SECOND)), Some(0));
    let wait = line.wait_of(UP, 1, &peer, Tick::from_nanos(2 * SECOND)).unwrap();
    assert_eq!(wait.as_nanos() as u64, (70 - 30 + 1) * SECOND / 30 + 1);
    peer.reset();
    assert_eq!(line.available_to(&peer, UP, Tick::from_nanos(2 * SECOND)), Some(30));
    line.consume(UP, 3, None, at(0));
    line.reset();
    assert_eq!(line.lane(UP, Tick::ZERO).bytes, 113, "what passed stays counted");
}
