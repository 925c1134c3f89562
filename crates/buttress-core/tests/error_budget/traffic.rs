//! Forty days of traffic.

use super::*;
use buttress_core::ErrorBudget;
use buttress_core::error_budget::{Change, Config, Pair};

/// A tenth of the rate, the long and the short time, and the length of the buckets of each.
const ALERTS: [(u64, [u64; 2], [u64; 2]); 4] = [
    (144, [HOUR, 5 * MINUTE], [10, 10]),
    (60, [6 * HOUR, 30 * MINUTE], [240, 10]),
    (30, [DAY, 2 * HOUR], [240, 240]),
    (10, [3 * DAY, 6 * HOUR], [8_640, 240]),
];

/// When something was wrong, for how long, and how many calls of 100,000 failed.
const INCIDENTS: [(u64, u64, u64); 7] = [
    // Everything fails for five minutes, at noon.
    (2 * DAY + 12 * HOUR, 5 * MINUTE, 100_000),
    // At night, when hardly anybody calls.
    (4 * DAY + 2 * HOUR, HOUR, 50_000),
    (7 * DAY + 9 * HOUR, 2 * HOUR, 2_000),
    (12 * DAY + 10 * HOUR, 7 * HOUR, 700),
    (17 * DAY, 36 * HOUR, 350),
    (23 * DAY, 4 * DAY, 150),
    // Half of the calls for a minute: over before the long time has seen enough of it.
    (33 * DAY + 15 * HOUR, MINUTE, 50_000),
];

/// Calls in ten seconds: many by day, few by night, and none at all in every third night.
fn volume(second: u64, dice: &mut Dice) -> u64 {
    let (day, hour) = (second / DAY, second % DAY / HOUR);
    match hour {
        0..5 if day % 3 == 0 => 0,
        0..5 => u64::from(dice.below(20) == 0),
        5..8 | 21..24 => 5 + dice.below(10),
        _ => 40 + dice.below(40),
    }
}

/// What was counted before each ten seconds.
struct Prefix(Vec<[u64; 2]>);

impl Prefix {
    /// Good and bad calls in the window that ends with the ten seconds of `now`.
    fn window(&self, now: u64, window: u64, pitch: u64) -> [u64; 2] {
        let from = (now / pitch).saturating_sub(window / pitch) * pitch;
        let [end, begin] = [self.0[self.0.len() - 1], self.0[usize::try_from(from / 10).unwrap()]];
        [end[0] - begin[0], end[1] - begin[1]]
    }
}

fn burns([good, bad]: [u64; 2], rate: u64) -> bool {
    // One call of a thousand may fail.
    bad > 0 && bad * 10_000 >= rate * (good + bad)
}

#[test]
fn s2_82_every_alert_fires_exactly_when_a_list_of_all_calls_of_forty_days_says_so() {
    let budget = ErrorBudget::new(Config::default(), at(0));
    assert_eq!(budget.config().alerts().collect::<Vec<_>>(), Pair::STANDARD);
    let mut dice = Dice(7);
    let mut counted = Prefix(vec![[0, 0]]);
    let mut firing = [false; 4];
    let mut fired = [0; 4];
    let mut follow = |changes: buttress_core::error_budget::Changes, firing: &mut [bool; 4]| {
        for change in changes {
            let (pair, fires) = match change {
                Change::Burning { pair } => (pair, true),
                Change::Cooled { pair } => (pair, false),
                _ => continue,
            };
            let index = Pair::STANDARD.iter().position(|known| *known == pair).unwrap();
            assert_ne!(firing[index], fires, "{change}, twice");
            firing[index] = fires;
            fired[index] += u32::from(fires);
        }
    };
    let mut exhausted = 0;
    for second in (0..40 * DAY).step_by(10) {
        let failing = INCIDENTS.iter().find(|(from, length, _)| (*from..from + length).contains(&second));
        let failing = failing.map_or(20, |(.., share)| *share);
        let mut now = *counted.0.last().unwrap();
        for call in 0..volume(second, &mut dice) {
            let good = !dice.falls(failing);
            now[usize::from(!good)] += 1;
            let time = Tick::from_nanos(second * SECOND + call * 100_000_000);
            if let Some(changes) = budget.record(good, time) {
                follow(changes, &mut firing);
            }
        }
        counted.0.push(now);
        if second % MINUTE != 50 {
            continue;
        }
        let look = Tick::from_nanos((second + 10) * SECOND - 1);
        follow(budget.check(look), &mut firing);
        let snapshot = budget.snapshot(look);
        for (index, (rate, lengths, pitches)) in ALERTS.into_iter().enumerate() {
            let [long, short] = [0, 1].map(|which| counted.window(second, lengths[which], pitches[which]));
            let expected = long[0] + long[1] >= 100 && burns(long, rate) && burns(short, rate);
            assert_eq!(firing[index], expected, "alert {index} at {second} s: {long:?} {short:?}");
            let burn = &snapshot.burn[index];
            assert_eq!((burn.firing, burn.long_volume), (expected, long[0] + long[1]));
            for (rate, [good, bad]) in [(burn.long_rate, long), (burn.short_rate, short)] {
                let expected = (good + bad > 0).then(|| bad as f64 / (good + bad) as f64 * 1_000.0);
                assert!(
                    (rate.unwrap_or(-1.0) - expected.unwrap_or(-1.0)).abs() < 1e-6,
                    "{rate:?} {expected:?}"
                );
            }
        }
        let [good, bad] = counted.window(second, 30 * DAY, 8_640);
        assert_eq!((snapshot.total, snapshot.bad), (good + bad, bad), "at {second} s");
        exhausted += u32::from(snapshot.exhausted);
    }
    // Each of them had something to do, and something not to fire at.
    assert!(fired.iter().all(|times| (1..50).contains(times)), "{fired:?}");
    assert!(exhausted > 0);
    assert!(!firing.contains(&true), "{firing:?}");
}

#[test]
fn c33_without_calls_nothing_fires_and_everything_is_left() {
    let budget = ErrorBudget::new(Config::builder().minimum_calls(0).build().unwrap(), at(0));
    for hour in 0..60 * 24 {
        assert!(budget.check(at(hour * HOUR)).is_empty());
    }
    let snapshot = budget.snapshot(at(60 * DAY));
    assert_eq!((snapshot.remaining, snapshot.availability), (Ratio::ONE, None));
    assert!(snapshot.burn.iter().all(|burn| burn.long_rate.is_none() && !burn.firing));
    // An outage, and then nobody calls any more.
    let is_burning = |change: &Change| matches!(change, Change::Burning { .. });
    let calls = (0..1_000).filter_map(|_| budget.record(false, at(60 * DAY)));
    let burning = calls.flatten().filter(is_burning).count();
    assert!(budget.snapshot(at(60 * DAY)).burn.iter().all(|burn| burn.firing));
    for minute in 0..40 * 24 * 60 {
        assert!(!budget.check(at(60 * DAY + minute * MINUTE)).into_iter().any(|change| is_burning(&change)));
        if minute > 6 * 60 + 10 {
            assert!(!budget.snapshot(at(60 * DAY + minute * MINUTE)).burn.iter().any(|burn| burn.firing));
        }
    }
    assert_eq!(burning, 4, "once for each, when it happened");
}
