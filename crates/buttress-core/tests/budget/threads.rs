//! Real threads and real atomics.

use super::*;
use buttress_core::ManualClock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const THREADS: u64 = 2;
const ROUNDS: u64 = 200_000;

/// Each makes deposits, withdraws when it can and refunds every third; what was withdrawn for good.
fn spend(budget: &Budget, clock: &ManualClock, step: Duration) -> u64 {
    let mut kept = 0;
    for round in 0..ROUNDS {
        budget.deposit(clock.advance(step));
        for _ in 0..2 {
            let Some(withdrawal) = budget.withdraw(clock.now()) else { continue };
            if round % 3 == 0 {
                budget.refund(withdrawal);
            } else {
                kept += 1;
            }
        }
    }
    kept
}

fn spend_together(budget: &Budget, clock: &ManualClock, step: Duration) -> u64 {
    let kept = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| kept.fetch_add(spend(budget, clock, step), Ordering::Relaxed));
        }
    });
    kept.into_inner()
}

#[test]
fn e2_threads_take_exactly_what_there_is() {
    let budgets = [
        (Config::new(0.2, 1.0, Duration::from_secs(10)), THREADS * ROUNDS / 5 + 10),
        (Config::token_bucket(1_000_000, 0.5), 1_000_000),
    ];
    for (config, most) in budgets {
        let clock = ManualClock::new(Tick::from_nanos(1_000 * SECOND));
        let budget = Budget::new(config.unwrap(), clock.now());
        let mut kept = spend_together(&budget, &clock, Duration::ZERO);
        kept += std::iter::from_fn(|| budget.withdraw(clock.now())).count() as u64;
        let snapshot = budget.snapshot(clock.now());
        assert_eq!((snapshot.balance, snapshot.withdrawn - snapshot.refunded), (0, kept));
        if let Some(deposits) = snapshot.deposits {
            assert_eq!(deposits, THREADS * ROUNDS);
            assert_eq!(kept, most);
        } else {
            // What overflows is lost, so no more than all that was earned.
            assert!((most..=most + THREADS * ROUNDS / 2).contains(&kept), "{kept}");
        }
    }
}

#[test]
fn e2_b7_nothing_is_lost_or_made_while_slots_change_hands() {
    // Two threads, a slot every ten deposits.
    let clock = ManualClock::new(Tick::from_nanos(1_000 * SECOND));
    let config = Config::new(0.2, 1.0, Duration::from_secs(10)).unwrap();
    let budget = Budget::new(config, clock.now());
    let kept = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = budget.snapshot(clock.now());
            while last.deposits < Some(THREADS * ROUNDS) {
                let next = budget.snapshot(clock.now());
                assert!(
                    next.deposits >= last.deposits && next.deposits <= Some(THREADS * ROUNDS),
                    "{next:?} after {last:?}"
                );
                assert!(next.withdrawn >= last.withdrawn && next.refunded >= last.refunded);
                last = next;
            }
        });
        let kept = spend_together(&budget, &clock, Duration::from_millis(100));
        reader.join().unwrap();
        kept
    });
    let snapshot = budget.snapshot(clock.now());
    assert_eq!(snapshot.withdrawn - snapshot.refunded, kept);
    // A fifth of the deposits and one a second, and the reserve.
    let secs = THREADS * ROUNDS / 10;
    assert!(kept <= THREADS * ROUNDS / 5 + secs + 10, "{kept}");
    // Deposits count for a tenth less than the window and withdrawals for a tenth more, but nothing else is lost.
    assert!(kept >= (THREADS * ROUNDS / 5 + secs) * 8 / 10, "{kept}");
}
