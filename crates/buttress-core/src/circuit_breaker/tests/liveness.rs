//! D5: with a healthy peer and one call a second it closes again, wherever it stands.

use super::*;

/// The generator of Vigna, "Further scramblings of Marsaglia's xorshift generators" (2017), reduced to what a test needs.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) const fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }
}

fn configs() -> Vec<Config> {
    let shy = Config::builder().half_open_probes(1).half_open_successes(1);
    let patient = Config::builder().half_open_failures(3).half_open_successes(9).window_of_calls(20);
    let extending = Config::builder().late_failure_extends(true).count_throttling(true).probe_lease(secs(2));
    let built = [shy, patient, extending].map(|builder| builder.build().expect("valid"));
    let presets = [presets::walgit(), presets::network_recovery(), presets::dwcp(), presets::cyberfly()];
    [Config::default(), presets::proxy()].into_iter().chain(presets).chain(built).collect()
}

const OUTCOMES: [Outcome; 7] = [
    FAILURE,
    FAILURE,
    Outcome::Failure(FailureKind::Timeout),
    Outcome::Success,
    Outcome::Throttled,
    Outcome::Ignored,
    Outcome::Cancelled,
];

/// Does anything that can be done to a breaker, except to force it for good.
fn wander(rig: &Rig, dice: &mut Dice, steps: u64) {
    let mut out = Vec::new();
    for _ in 0..steps {
        match dice.roll(12) {
            0..=4 => out.extend(rig.breaker.try_acquire(rig.now())),
            5..=8 if !out.is_empty() => {
                let ticket = out.swap_remove(dice.roll(out.len() as u64) as usize);
                let hint = (dice.roll(4) == 0).then(|| secs(dice.roll(100)));
                rig.breaker.record(ticket, OUTCOMES[dice.roll(7) as usize], hint, rig.now());
            }
            9 if !out.is_empty() => rig.breaker.release(out.swap_remove(0)),
            10 => rig.pass(millis(dice.roll(20_000))),
            11 if dice.roll(8) == 0 => _ = rig.breaker.reset(rig.now()),
            _ => rig.pass(millis(dice.roll(500))),
        }
    }
    // Whatever is still out never ends.
}

/// Seconds of healthy calls until it is closed.
fn seconds_to_close(rig: &Rig) -> u64 {
    (0..)
        .find(|_| {
            if let Ok(ticket) = rig.breaker.try_acquire(rig.now()) {
                rig.end(ticket, Outcome::Success);
            }
            rig.pass(secs(1));
            rig.state() == State::Closed
        })
        .expect("it closes")
}

fn bound(config: &Config) -> u64 {
    let open = config.open.max.max(config.open.hint_max);
    (open.get() + config.probe_lease.get()).as_secs() + u64::from(config.half_open_successes) + 2
}

#[test]
fn d5_from_any_state_healthy_calls_close_it_within_the_longest_open_time_and_a_lease() {
    let mut from_not_closed = 0;
    for (number, config) in configs().into_iter().enumerate() {
        for seed in 0..300 {
            let rig = Rig::new(config);
            let dice = &mut Dice::new(seed * 31 + number as u64 + 1);
            wander(&rig, dice, 20 + seed);
            from_not_closed += u64::from(rig.state() != State::Closed);
            let (state, took) = (rig.snapshot(), seconds_to_close(&rig));
            assert!(took <= bound(&config), "{took} s, config {number}, seed {seed}, from {state:?}");
        }
    }
    assert!(from_not_closed > 500, "only {from_not_closed} of 2,700 walks ended elsewhere than closed");
}

#[test]
fn d5_probes_that_are_cancelled_ignored_or_never_end_do_not_wedge_it() {
    for config in configs() {
        for ending in [Some(Outcome::Cancelled), Some(Outcome::Ignored), None] {
            let rig = Rig::new(config).due();
            for _ in 0..50 {
                match (rig.breaker.try_acquire(rig.now()), ending) {
                    (Ok(probe), Some(outcome)) => assert_eq!(rig.end(probe, outcome), None),
                    (Ok(lost), None) => drop(lost),
                    (Err(refusal), _) => assert_eq!(refusal.reason(), Reason::HalfOpen),
                }
                rig.pass(secs(1));
            }
            let bound = config.probe_lease.get().as_secs() + u64::from(config.half_open_successes) + 2;
            let took = seconds_to_close(&rig);
            assert!(took <= bound, "{took} s after probes that ended as {ending:?}");
        }
    }
}

#[test]
fn d5_a_peer_that_flaps_is_closed_once_it_stops() {
    for seed in 1..100 {
        let rig = Rig::new(Config::default());
        let dice = &mut Dice::new(seed);
        for _ in 0..500 {
            if let Ok(ticket) = rig.breaker.try_acquire(rig.now()) {
                rig.end(ticket, if dice.roll(2) == 0 { FAILURE } else { Outcome::Success });
            }
            rig.pass(millis(dice.roll(2_000)));
        }
        let took = seconds_to_close(&rig);
        assert!(took <= bound(rig.breaker.config()), "{took} s, seed {seed}");
    }
}

#[test]
fn d5_a_peer_whose_answers_take_longer_than_a_lease_closes_it() {
    for config in configs() {
        let lease = config.probe_lease.get();
        let rig = Rig::new(config).due();
        let mut out: Vec<Ticket> = Vec::new();
        let mut waited = Duration::ZERO;
        while rig.state() != State::Closed {
            out.extend(rig.breaker.try_acquire(rig.now()));
            rig.pass(millis(500));
            waited += millis(500);
            for ticket in std::mem::take(&mut out) {
                if rig.breaker.progress(&ticket, rig.now()) {
                    rig.end(ticket, Outcome::Success);
                } else {
                    out.push(ticket);
                }
            }
            let rounds = u32::from(config.half_open_successes).div_ceil(config.half_open_probes.into());
            assert!(waited <= (lease + secs(1)) * rounds, "{waited:?}, {:?}", rig.snapshot());
        }
        assert_eq!(rig.snapshot().totals.expired_leases, 0);
    }
}

#[test]
fn b2_an_answer_that_has_stopped_coming_loses_its_lease() {
    let rig = Rig::with(|b| b.half_open_probes(1)).due();
    let probe = rig.ticket();
    let lease = rig.breaker.config().probe_lease.get();
    rig.pass(lease / 2);
    assert!(!rig.breaker.progress(&probe, rig.now()));
    rig.pass(lease - millis(1));
    assert_eq!(rig.refusal().retry_after(), Some(millis(1)));
    rig.pass(millis(1));
    drop(rig.ticket());
    // It goes on after all, and has no say any more.
    assert!(!rig.breaker.progress(&probe, rig.now()));
    assert_eq!(rig.end(probe, Outcome::Success), None);
}
