//! Jitter by its distribution, not by its look.

use super::*;

/// The largest distance between the shares of the samples and those of a uniform distribution over `0..=longest`.
fn kolmogorov_smirnov(mut samples: Vec<Duration>, longest: Duration) -> f64 {
    samples.sort_unstable();
    let count = samples.len() as f64;
    let distance = |(index, sample): (usize, &Duration)| {
        let expected = sample.as_secs_f64() / longest.as_secs_f64();
        (expected - index as f64 / count).max((index as f64 + 1.0) / count - expected)
    };
    samples.iter().enumerate().map(distance).fold(0.0, f64::max)
}

fn distance_from_uniform(jitter: Jitter, count: usize) -> f64 {
    let config = with(|b| b.fixed(secs(1)).jitter(jitter));
    let mut dice = Dice(0xb0_77_2e_55);
    let samples = (0..count).map(|_| config.delay(1, Duration::ZERO, dice.roll())).collect();
    kolmogorov_smirnov(samples, secs(1))
}

#[test]
fn e4_full_jitter_is_uniform() {
    // What a uniform distribution exceeds once in a thousand times.
    for (count, limit) in [(1_000, 0.0641), (10_000, 0.0195)] {
        let distance = distance_from_uniform(Jitter::Full, count);
        assert!(distance <= limit, "{distance} at {count}");
        for other in jitters().into_iter().filter(|jitter| *jitter != Jitter::Full) {
            assert!(distance_from_uniform(other, count) > 2.0 * limit, "{other:?} passes as uniform");
        }
    }
}

/// A thousand clients fail at once and try again three times. How many come within the fullest 10 ms of 50 runs.
fn peak(jitter: Jitter) -> usize {
    // The first wait is twice the study's base of 100 ms.
    let config = with(|b| b.exponential(millis(200), 2.0).cap(secs(60)).jitter(jitter));
    let mut dice = Dice(2015);
    let mut run = || {
        let mut bins = std::collections::HashMap::<u128, usize>::new();
        for _ in 0..1_000 {
            let (mut now, mut previous) = (Duration::ZERO, Duration::ZERO);
            for retry in 1..=3 {
                previous = config.delay(retry, previous, dice.roll());
                now += previous;
                *bins.entry(now.as_millis() / 10).or_default() += 1;
            }
        }
        bins.into_values().max().expect("there are clients")
    };
    (0..50).map(|_| run()).max().expect("there are runs")
}

#[test]
fn e4_s4_83_clients_that_failed_together_do_not_come_back_together() {
    let peaks = jitters().map(peak);
    println!("{peaks:?}");
    let [none, symmetric, additive, full, equal, decorrelated] = peaks;
    assert!(full <= 120, "{full}");
    assert!(decorrelated <= 120, "{decorrelated}");
    assert!(equal <= 140, "{equal}");
    // What little jitter or none comes to: this test can tell.
    assert_eq!(none, 1_000);
    assert!(symmetric > 240 && additive > 450, "{symmetric} {additive}");
}

#[test]
fn w21_no_delay_is_above_the_cap() {
    let mut dice = Dice(21);
    for jitter in jitters() {
        let config = with(|b| b.exponential(secs(1), 2.0).cap(secs(10)).jitter(jitter));
        let (mut retry, mut previous, mut longest) = (0, Duration::ZERO, Duration::ZERO);
        for _ in 0..1_000_000 {
            retry = retry % 8 + 1;
            previous = config.delay(retry, previous, dice.roll());
            longest = longest.max(previous);
        }
        assert!(longest <= secs(10), "{jitter:?}: {longest:?}");
        assert!(longest > millis(9_999), "{jitter:?} does not reach the cap: {longest:?}");
    }
}
