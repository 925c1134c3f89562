//! Windows: so many in any of them, in bounded memory.

use super::*;
use buttress_core::rate_limit::{Window, WindowConfig};

fn log(rate: &str) -> Window {
    Window::new(WindowConfig::log(rate.parse().unwrap()).unwrap())
}

fn counter(rate: &str) -> Window {
    Window::new(WindowConfig::counter(rate.parse().unwrap()).unwrap())
}

/// Everything that was granted, looked through each time.
#[derive(Default)]
struct Granted {
    limit: u64,
    per: u64,
    all: Vec<(u64, u32)>,
}

impl Granted {
    /// In the time of `length` that ends with `now`, and later.
    fn since(&self, now: u64, length: u64) -> u64 {
        let counts = |at: u64| at + length > now;
        self.all.iter().filter(|(at, _)| counts(*at)).map(|(_, cost)| u64::from(*cost)).sum()
    }

    /// The first time at which `cost` fits, after what was granted before.
    fn earliest(&self, cost: u32, now: u64) -> u64 {
        let from = self.all.last().map_or(0, |(at, _)| *at).max(now);
        let ends = self.all.iter().map(|(at, _)| at + self.per);
        let fits = |at: &u64| self.since(*at, self.per) + u64::from(cost) <= self.limit;
        std::iter::once(from).chain(ends.filter(|end| *end > from)).filter(fits).min().unwrap()
    }
}

/// A cost, the time that passes before it is asked for, in hundredths of the window and in nanoseconds, and in hundredths again,
/// those above 100, how long it may take.
type Asked = (u32, u64, u64, u64);

/// A limit, a window, and what is asked.
fn asked() -> impl Strategy<Value = (u64, u64, Vec<Asked>)> {
    let per = prop_oneof![10..2_000_u64, Just(60 * SECOND)];
    let step = (1..8_u32, prop_oneof![3 => 0..30_u64, 1 => 90..130_u64], 0..3_u64, 0..250_u64);
    (1..12_u64, per, prop::collection::vec(step, 1..100))
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn c2_c3_a_log_does_what_a_list_of_all_grants_says((limit, per, asked) in asked()) {
        let rate = Rate::new(limit, Duration::from_nanos(per)).unwrap();
        let window = Window::new(WindowConfig::log(rate).unwrap());
        let mut oracle = Granted { limit, per, ..Granted::default() };
        let mut now = 0;
        for (cost, hundredths, nanos, longest) in asked {
            now += per / 100 * hundredths + nanos;
            let longest = if longest > 100 { per / 100 * longest } else { 0 };
            let answer = window.reserve(cost, Duration::from_nanos(longest), at(now));
            if u64::from(cost) > limit {
                prop_assert_eq!(answer, Err(Refusal::new(Reason::TooLarge)));
                continue;
            }
            let earliest = oracle.earliest(cost, now);
            let told = Duration::from_nanos(earliest - now);
            match answer {
                Ok(waited) => {
                    prop_assert_eq!(waited, told);
                    oracle.all.push((earliest, cost));
                }
                // Longer than it may take, or than a window.
                Err(refusal) => {
                    prop_assert_eq!(wait(refusal), told);
                    prop_assert!(earliest - now > longest.min(per));
                }
            }
        }
    }

    #[test]
    fn c2_a_counter_grants_no_more_than_a_log_and_each_a_tenth_later_at_most((limit, per, asked) in asked()) {
        let rate = Rate::new(limit, Duration::from_nanos(per)).unwrap();
        let window = Window::new(WindowConfig::counter(rate).unwrap());
        let mut granted = Granted { limit, per, ..Granted::default() };
        let (mut now, slot) = (0, per.div_ceil(10));
        for (cost, hundredths, nanos, _) in asked {
            now += per / 100 * hundredths + nanos;
            if u64::from(cost) > limit {
                continue;
            }
            match window.try_acquire(cost, at(now)) {
                Ok(()) => {
                    granted.all.push((now, cost));
                    prop_assert!(granted.since(now, per) <= limit);
                }
                Err(refusal) => {
                    prop_assert!(granted.since(now, per + slot) + u64::from(cost) > limit);
                    let told = wait(refusal).as_nanos() as u64;
                    // Who looks passes the time on, as who asks does.
                    now += told;
                    prop_assert!(window.wait(cost, at(now)).unwrap().is_zero());
                }
            }
        }
    }
}

#[test]
fn c2_five_a_minute_are_five_in_every_minute() {
    let window = log("5/m");
    let seconds = [0, 10, 20, 30, 40, 50, 59, 60, 61, 69, 70];
    let granted: Vec<_> =
        seconds.into_iter().filter(|now| window.try_acquire(1, at(now * SECOND)).is_ok()).collect();
    assert_eq!(granted, [0, 10, 20, 30, 40, 60, 70]);
    assert_eq!(wait(window.try_acquire(1, at(71 * SECOND)).unwrap_err()), Duration::from_secs(9));
    let snapshot = window.snapshot(at(75 * SECOND));
    assert_eq!((snapshot.burst, snapshot.remaining), (5, 0));
    assert_eq!((snapshot.next_in, snapshot.full_in), (Duration::from_secs(5), Duration::from_secs(55)));
    assert_eq!(window.try_acquire(6, at(CENTURY)), Err(Refusal::new(Reason::TooLarge)));
}

#[test]
fn c2_a_counter_lets_go_a_slot_at_a_time() {
    let window = counter("100/10s");
    window.try_acquire(100, at(500_000_000)).unwrap();
    // Kept as if granted at the end of its slot.
    assert_eq!(wait(window.try_acquire(1, at(10 * SECOND)).unwrap_err()), Duration::from_secs(1));
    assert_eq!(window.try_acquire(100, at(11 * SECOND)), Ok(()));
}

#[test]
fn w56_what_is_given_back_is_what_was_taken_for_that_time() {
    let window = log("2/m");
    window.try_acquire(1, at(0)).unwrap();
    window.try_acquire(1, at(30 * SECOND)).unwrap();
    let waited = window.reserve(1, Duration::from_secs(60), at(40 * SECOND)).unwrap();
    assert_eq!(waited, Duration::from_secs(20));
    window.refund(1, at(30 * SECOND));
    // Those of 0 and 60 count, and what comes next comes after them.
    assert_eq!(window.wait(1, at(60 * SECOND)), Ok(Duration::ZERO));
    window.refund(5, at(60 * SECOND));
    assert_eq!(window.snapshot(at(60 * SECOND)).remaining, 2);
}

#[test]
fn f1_a_clock_that_goes_back_gives_a_window_nothing() {
    for window in [log("2/m"), counter("2/m")] {
        window.try_acquire(2, at(90 * SECOND)).unwrap();
        assert!(window.try_acquire(1, Tick::ZERO).is_err());
        assert!(window.try_acquire(1, at(149 * SECOND)).is_err());
        assert_eq!(window.try_acquire(2, at(90 * SECOND + CENTURY)), Ok(()));
        assert_eq!(window.try_acquire(2, Tick::MAX), Ok(()));
    }
}

#[test]
fn a_window_is_paused_and_changed_while_it_counts() {
    let window = log("3/m");
    window.try_acquire(3, at(0)).unwrap();
    window.pause_until(at(70 * SECOND));
    assert_eq!(wait(window.try_acquire(1, at(10 * SECOND)).unwrap_err()), Duration::from_secs(60));
    assert_eq!(window.snapshot(at(65 * SECOND)).remaining, 0);
    window.resume();
    assert_eq!(window.try_acquire(1, at(65 * SECOND)), Ok(()));
    window.set(WindowConfig::log("1/m".parse().unwrap()).unwrap());
    assert_eq!(wait(window.try_acquire(1, at(66 * SECOND)).unwrap_err()), Duration::from_secs(59));
}

#[test]
fn f4_windows_have_bounds_that_are_told() {
    let most = Rate::per_minute(1 << 20).unwrap();
    assert!(WindowConfig::log(most).is_ok());
    let refused = WindowConfig::log(Rate::per_minute((1 << 20) + 1).unwrap()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "rate is 1048577/m, allowed is up to 1048576 in a window that is logged; count it instead"
    );
    assert!(WindowConfig::counter(Rate::per_minute(1 << 32).unwrap()).is_err());
    assert!(WindowConfig::counter(Rate::per_minute((1 << 32) - 1).unwrap()).is_ok());
    // Ahead, as much as a window is reserved and no more.
    for window in [log("3/m"), counter("3/m")] {
        let reserved = (0..100).take_while(|_| window.reserve(1, Duration::MAX, at(0)).is_ok()).count();
        assert_eq!(reserved, 6);
    }
}

#[test]
fn f4_what_costs_nothing_leaves_no_trace() {
    let window = log("5/m");
    let as_new = format!("{window:?}");
    for nanos in 0..1_000 {
        assert_eq!(window.try_acquire(0, at(nanos)), Ok(()));
    }
    assert_eq!(format!("{window:?}"), as_new);
    window.pause_until(at(SECOND));
    assert_eq!(window.wait(0, at(0)), Ok(Duration::ZERO));
}

#[test]
fn s2_04_one_more_comes_when_the_oldest_run_is_over() {
    let window = log("5/m");
    window.try_acquire(2, at(0)).unwrap();
    window.try_acquire(1, at(20 * SECOND)).unwrap();
    let more_in = |now| window.snapshot(at(now * SECOND)).more_in.as_secs();
    assert_eq!((more_in(20), more_in(59), more_in(60), more_in(80)), (40, 1, 20, 0));
    window.pause_until(at(100 * SECOND));
    assert_eq!(more_in(85), 15);
    let bucket = bucket("1/s", 5);
    bucket.try_acquire(3, at(0)).unwrap();
    assert_eq!(bucket.snapshot(at(SECOND / 4)).more_in, Duration::from_millis(750));
    assert_eq!(bucket.snapshot(at(3 * SECOND)).more_in, Duration::ZERO);
}
