//! Any settings and any calls: level, alerts and changes are those of the oracle, after each of them.

use super::oracle::{Oracle, PARTS, Settings, kind, pair};
use super::*;
use buttress_core::ErrorBudget;
use buttress_core::error_budget::{Changes, Config};
use proptest::prelude::*;

fn settings() -> impl Strategy<Value = Settings> {
    // A thirtieth of each is a whole number of tenths of a second.
    let times = prop::sample::subsequence(vec![3_u64, 6, 15, 21, 30, 60, 300, 999, 3_600, 40_002], 2..5);
    let alert = (1_u64..400, times).prop_map(|(rate, times)| (rate, times[1], times[0]));
    (
        prop::sample::select(vec![0, 1, 10, 100, 500]),
        prop::sample::select(vec![60, 63, 90, 600, 3_600, 86_400]),
        any::<bool>(),
        prop::collection::vec(alert, 0..=4).prop_map(of_different_times),
        0_u64..20,
        prop::sample::select(vec![
            [10, 0, 5],
            [0, 0, 0],
            [50, 50, 0],
            [60, 20, 40],
            [100, 0, 0],
            [90, 30, 10],
        ]),
    )
        .prop_map(|(allowed, window, tumbling, alerts, minimum_calls, thresholds)| Settings {
            allowed,
            window,
            tumbling,
            alerts,
            minimum_calls,
            thresholds,
        })
}

fn of_different_times(mut alerts: Vec<(u64, u64, u64)>) -> Vec<(u64, u64, u64)> {
    alerts.sort_unstable_by_key(|(_, long, short)| (*long, *short));
    alerts.dedup_by_key(|(_, long, short)| (*long, *short));
    alerts
}

fn percent(percent: u64) -> Ratio {
    Ratio::of(percent, 100).unwrap()
}

fn config(settings: &Settings) -> Config {
    let alerts: Vec<_> = settings.alerts.iter().copied().map(pair).collect();
    let [low, exhausted, hysteresis] = settings.thresholds;
    Config::builder()
        .objective(Ratio::of(1_000 - settings.allowed, 1_000).unwrap())
        .window(secs(settings.window))
        .tumbling(settings.tumbling)
        .alerts(&alerts)
        .minimum_calls(u32::try_from(settings.minimum_calls).unwrap())
        .low(percent(low))
        .exhausted(percent(exhausted))
        .hysteresis(percent(hysteresis))
        .build()
        .unwrap()
}

#[derive(Clone, Debug)]
enum Act {
    Calls {
        good: bool,
        number: u64,
    },
    Check,
    Reset,
    Wait(u64),
    /// The clock goes back for one call.
    Late(bool, u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (any::<bool>(), 1_u64..12).prop_map(|(good, number)| Act::Calls { good, number }),
        4 => (1_u64..200).prop_map(|number| Act::Calls { good: true, number }),
        6 => (1_u64..60 * PARTS).prop_map(Act::Wait),
        2 => (1_u64..100_000 * PARTS).prop_map(Act::Wait),
        3 => Just(Act::Check),
        1 => (any::<bool>(), 1_u64..100 * PARTS).prop_map(|(good, back)| Act::Late(good, back)),
        1 => Just(Act::Reset),
    ]
}

/// The time in tenths of a second.
fn tick(parts: u64) -> Tick {
    Tick::from_nanos(parts * (SECOND / PARTS))
}

proptest! {
    #[test]
    fn s2_06_s2_83_s2_85_c22_c23_levels_alerts_and_changes_are_those_of_a_list_of_all_calls(
        settings in settings(),
        acts in prop::collection::vec(act(), 1..60),
        began in 0_u64..1_000,
    ) {
        let mut now = began * PARTS;
        let budget = ErrorBudget::new(config(&settings), tick(now));
        let mut oracle = Oracle::new(settings.clone(), now);
        let kinds = |changes: Changes| changes.into_iter().map(kind).collect::<Vec<_>>();
        for act in acts {
            let mut told = Vec::new();
            let mut expected = Vec::new();
            let mut call = |good, at| {
                told.extend(budget.record(good, tick(at)).map(kinds).unwrap_or_default());
                expected.extend(oracle.record(good, at));
            };
            match act {
                Act::Calls { good, number } => (0..number).for_each(|_| call(good, now)),
                Act::Late(good, back) => call(good, now.saturating_sub(back)),
                Act::Wait(time) => now += time,
                Act::Check => {
                    told.extend(kinds(budget.check(tick(now))));
                    expected.extend(oracle.check(now));
                }
                Act::Reset => {
                    told.extend(kinds(budget.reset(tick(now))));
                    expected.extend(oracle.reset(now));
                }
            }
            prop_assert_eq!(&told, &expected);
            prop_assert_eq!(budget.level(), oracle.level);
            if let Act::Check | Act::Reset = act {
                let snapshot = budget.snapshot(tick(now));
                let window = oracle.window();
                prop_assert_eq!((snapshot.total, snapshot.bad), (window.good + window.bad, window.bad));
                prop_assert_eq!(snapshot.level, oracle.level);
                for (burn, (fires, long, _)) in snapshot.burn.iter().zip(oracle.alerts()) {
                    prop_assert_eq!((burn.firing, burn.long_volume), (fires, long.good + long.bad));
                }
                prop_assert_eq!(snapshot.met, window.is_met(settings.allowed));
                prop_assert_eq!(budget.is_met(tick(now)), snapshot.met);
                let whole = snapshot.remaining.get() + snapshot.consumed.get();
                prop_assert!((whole - 1.0).abs() < 1e-9, "{}", whole);
            }
        }
        let totals = budget.totals();
        prop_assert!(totals.recovered <= totals.low + 2 * totals.exhausted);
        prop_assert!(totals.cooled <= totals.burning);
    }
}
