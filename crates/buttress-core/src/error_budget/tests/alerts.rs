//! How fast it burns.

use super::*;

/// One alert of a rate of 10 over an hour and five minutes, of one call of a hundred.
fn hour(change: impl FnOnce(Builder) -> Builder) -> ErrorBudget {
    let pair = Pair { rate: 10.0, long: secs(3_600), short: secs(300) };
    budget(|to| change(to.objective(share(0.99)).alerts(&[pair])))
}

fn firing(budget: &ErrorBudget, second: u64) -> bool {
    budget.snapshot(at(second)).burn[0].firing
}

#[test]
fn the_burn_rate_is_the_share_of_bad_calls_among_those_that_may_be() {
    let budget = hour(|to| to);
    assert_eq!(budget.burn_rate(secs(3_600), at(0)), None);
    calls(&budget, true, 80, 10);
    calls(&budget, false, 20, 10);
    calls(&budget, true, 100, 1_000);
    let rate = |window, now| budget.burn_rate(secs(window), at(now)).map(|rate| (rate * 1e6).round() / 1e6);
    assert_eq!(rate(3_600, 1_000), Some(10.0));
    assert_eq!(rate(300, 1_000), Some(0.0));
    assert_eq!(rate(300, 2_000), None, "without calls");
    assert_eq!(rate(3_600, 4_000), Some(0.0), "what was bad is over");
    assert_eq!(rate(30 * 86_400, 4_000), Some(10.0));
    assert_eq!(rate(60 * 86_400, 4_000), None, "so much is not kept");
}

#[test]
fn an_alert_takes_both_its_times_and_calls_enough() {
    // A rate of 10 is one call of ten.
    let budget = hour(|to| to);
    calls(&budget, true, 81, 0);
    calls(&budget, false, 9, 0);
    let _ = budget.check(at(1));
    assert!(!firing(&budget, 1), "90 calls are too few");
    calls(&budget, true, 9, 1);
    let pair = budget.config().alerts().next().unwrap();
    let exhausted = Change::Exhausted { bad: 10, total: 100 };
    assert_eq!(calls(&budget, false, 1, 1), [exhausted, Change::Burning { pair }]);
    assert!(budget.check(at(2)).is_empty(), "told by the last call");
    assert!(budget.check(at(3)).is_empty(), "told once");
    // A good call more, and the rate is not reached.
    calls(&budget, true, 1, 4);
    assert_eq!(budget.check(at(5)).into_iter().collect::<Vec<_>>(), [Change::Cooled { pair }]);
    // More bad calls are looked at when the next bucket begins.
    assert!(calls(&budget, false, 10, 6).iter().all(|change| !matches!(change, Change::Burning { .. })));
    assert!(firing(&budget, 6));
    assert_eq!(calls(&budget, false, 1, 10), [Change::Burning { pair }]);
    // It ends with the short time, however bad the long one was.
    assert!(!firing(&budget, 400));
    calls(&budget, true, 10, 400);
    let snapshot = budget.snapshot(at(400));
    assert!(snapshot.burn[0].long_rate > Some(10.0) && snapshot.burn[0].short_rate == Some(0.0));
    let totals = budget.totals();
    assert_eq!((totals.burning, totals.cooled), (2, 2));
}

#[test]
fn a_rate_out_of_reach_never_fires() {
    let pair = Pair { rate: 10.0, long: secs(3_600), short: secs(300) };
    let budget = budget(|to| to.objective(share(0.5)).alerts(&[pair]));
    calls(&budget, false, 1_000, 0);
    assert!(!firing(&budget, 0));
    assert_eq!(budget.snapshot(at(0)).burn[0].long_rate, Some(2.0));
}

#[test]
fn changes_are_told_in_words() {
    let [hour, ..] = Pair::STANDARD;
    let words = [
        Change::Low { remaining: share(0.08) },
        Change::Exhausted { bad: 12, total: 1_000 },
        Change::Recovered { from: Level::Spent, to: Level::Careful, remaining: share(0.06) },
        Change::Burning { pair: hour },
        Change::Cooled { pair: Pair { rate: 1.0, long: secs(90), short: Duration::from_millis(1_500) } },
    ];
    let words = words.map(|change| change.to_string());
    assert_eq!(
        words,
        [
            "low, 8.0 % left",
            "exhausted, 12 of 1000 calls were bad",
            "recovered, spent -> careful, 6.0 % left",
            "burns at 14.4 on 1h and 5m",
            "burns no more at 1 on 90s and 1.5s",
        ]
    );
}
