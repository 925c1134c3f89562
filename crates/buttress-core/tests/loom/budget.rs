//! A retry budget whose slots change hands.
//!
//! Here a window is two slots of deposits and three of withdrawals, so epoch 4 has the slot of epoch 1.

use super::*;
use buttress_core::retry::Budget;
use buttress_core::retry::budget;

const SLOT: u64 = 500_000_000;

/// In the middle of that slot.
const fn epoch(number: u64) -> Tick {
    Tick::from_nanos(number * SLOT + SLOT / 2)
}

/// A share of the requests and a few for nothing, from the first epoch on.
fn budget(ratio: f64, floor: u32) -> Arc<Budget> {
    let config = budget::Config::new(ratio, floor.into(), Duration::from_secs(1)).expect("valid");
    Arc::new(Budget::new(config, epoch(1)))
}

fn balance(budget: &Budget, number: u64) -> u64 {
    budget.snapshot(epoch(number)).balance
}

fn take(budget: &Budget, number: u64) -> bool {
    budget.withdraw(epoch(number)).is_some()
}

#[test]
fn e2_two_withdrawals_at_the_edge_of_a_slot_do_not_both_get_the_last_token() {
    explore("last token, edge", |[early, late], step_back| {
        let budget = budget(0.0, 1);
        let other = thread::spawn({
            let budget = budget.clone();
            move || take(&budget, 1)
        });
        step_back();
        let mine = take(&budget, 2);
        let others = other.join().expect("no panic");
        early.note(others);
        late.note(mine);
        assert!(mine != others, "one of them and not both");
        assert_eq!((balance(&budget, 2), balance(&budget, 3)), (0, 0));
        // Granted in the first or in the second epoch, it counts for three.
        assert!(balance(&budget, 4) == 1 || balance(&budget, 5) == 1);
    });
}

#[test]
fn e2_withdrawals_from_three_sides_of_two_edges_leave_nothing_and_owe_nothing() {
    explore_within(Some(3), "two tokens, three hands", |[oldest_refused, newest_refused], step_back| {
        let budget = budget(0.0, 2);
        let withdrawing = [1, 2].map(|number| {
            let budget = budget.clone();
            thread::spawn(move || take(&budget, number))
        });
        step_back();
        let third = take(&budget, 3);
        let [first, second] = withdrawing.map(|thread| thread.join().expect("no panic"));
        oldest_refused.note(!first);
        newest_refused.note(!third);
        assert_eq!([first, second, third].into_iter().filter(|granted| *granted).count(), 2);
        assert_eq!(balance(&budget, 3), 0);
        assert_eq!(budget.snapshot(epoch(3)).refused, 1);
    });
}

#[test]
fn e2_a_withdrawal_beside_the_end_of_its_slot_is_remembered() {
    explore("withdrawal, next slot", |[before, after], step_back| {
        let budget = budget(0.0, 1);
        let other = thread::spawn({
            let budget = budget.clone();
            // It only tells the time: the ratio is zero.
            move || budget.deposit(epoch(3))
        });
        step_back();
        assert!(take(&budget, 1));
        other.join().expect("no panic");
        assert_eq!(balance(&budget, 3), 0);
        // Granted in the first epoch it is over with the third, granted in the third with the fifth.
        before.note(balance(&budget, 4) == 1);
        after.note(balance(&budget, 4) == 0);
        assert_eq!(balance(&budget, 6), 1);
    });
}

#[test]
fn e2_two_deposits_that_both_find_an_old_slot_are_both_counted() {
    explore("deposit, deposit", |[done], step_back| {
        let budget = budget(1.0, 0);
        budget.deposit(epoch(1));
        let other = thread::spawn({
            let budget = budget.clone();
            move || budget.deposit(epoch(4))
        });
        step_back();
        budget.deposit(epoch(4));
        other.join().expect("no panic");
        let snapshot = budget.snapshot(epoch(4));
        assert_eq!((snapshot.balance, snapshot.deposits), (2, Some(3)));
        done.note(true);
    });
}

#[test]
fn e2_a_late_deposit_beside_the_one_that_takes_its_slot_is_counted_once() {
    explore("late deposit, wipe", |[gone, arrived], step_back| {
        let budget = budget(1.0, 0);
        let late = thread::spawn({
            let budget = budget.clone();
            move || budget.deposit(epoch(1))
        });
        step_back();
        budget.deposit(epoch(4));
        late.join().expect("no panic");
        let snapshot = budget.snapshot(epoch(4));
        gone.note(snapshot.balance == 1);
        arrived.note(snapshot.balance == 2);
        assert!((1..=2).contains(&snapshot.balance));
        assert_eq!(snapshot.deposits, Some(2));
    });
}

#[test]
fn e2_a_deposit_is_no_money_in_the_old_slot_that_it_strays_into() {
    explore("stray, withdrawal", |[granted, refused], step_back| {
        let budget = budget(1.0, 0);
        budget.deposit(epoch(1));
        assert!(take(&budget, 1));
        let other = thread::spawn({
            let budget = budget.clone();
            move || budget.deposit(epoch(4))
        });
        step_back();
        let mine = take(&budget, 1);
        other.join().expect("no panic");
        granted.note(mine);
        refused.note(!mine);
        // What was granted was granted in the fourth epoch, for the deposit made in it.
        assert_eq!(balance(&budget, 4), u64::from(!mine));
    });
}

#[test]
fn e2_the_number_of_deposits_shown_is_never_too_large() {
    explore_within(Some(3), "snapshot, strays", |[fewer, all], step_back| {
        let budget = budget(1.0, 0);
        budget.deposit(epoch(1));
        let depositing = [4, 4].map(|number| {
            let budget = budget.clone();
            thread::spawn(move || budget.deposit(epoch(number)))
        });
        step_back();
        let shown = budget.snapshot(epoch(1)).deposits.expect("a window counts them");
        fewer.note(shown < 3);
        all.note(shown == 3);
        assert!(shown <= 3, "{shown}");
        for thread in depositing {
            thread.join().expect("no panic");
        }
        assert_eq!(budget.snapshot(epoch(4)).deposits, Some(3));
    });
}

#[test]
fn e2_the_number_of_deposits_shown_never_falls() {
    explore("snapshots, wipe", |[fewer, all], step_back| {
        let budget = budget(1.0, 0);
        budget.deposit(epoch(1));
        let other = thread::spawn({
            let budget = budget.clone();
            move || budget.deposit(epoch(4))
        });
        step_back();
        let [first, second] = [(); 2].map(|()| budget.snapshot(epoch(1)).deposits);
        fewer.note(second < Some(2));
        all.note(first == Some(2));
        assert!(first <= second && second <= Some(2), "{first:?} {second:?}");
        other.join().expect("no panic");
    });
}

#[test]
fn e2_e9_a_late_refund_does_not_make_room_in_the_next_lap() {
    explore("late refund, refund", |[done], step_back| {
        let budget = budget(0.0, 2);
        let late = budget.withdraw(epoch(1)).expect("there is room");
        let [kept, given_back] = [(); 2].map(|()| budget.withdraw(epoch(4)).expect("there is room"));
        let other = thread::spawn({
            let budget = budget.clone();
            move || budget.refund(late)
        });
        step_back();
        budget.refund(given_back);
        other.join().expect("no panic");
        assert_eq!((balance(&budget, 4), balance(&budget, 6), balance(&budget, 7)), (1, 1, 2));
        drop(kept);
        done.note(true);
    });
}

#[test]
fn e2_e9_a_withdrawal_beside_a_refund_gets_what_comes_back_or_leaves_it() {
    explore("refund, withdrawal", |[granted, refused], step_back| {
        let budget = budget(0.0, 1);
        let held = budget.withdraw(epoch(1)).expect("there is room");
        let other = thread::spawn({
            let budget = budget.clone();
            move || budget.refund(held)
        });
        step_back();
        let mine = take(&budget, 2);
        other.join().expect("no panic");
        granted.note(mine);
        refused.note(!mine);
        assert_eq!(balance(&budget, 2), u64::from(!mine));
    });
}

#[test]
fn e2_e9_a_refund_is_not_seen_before_its_withdrawal() {
    explore("withdrawal and refund, withdrawal", |[both, one], step_back| {
        let budget = budget(0.0, 1);
        let other = thread::spawn({
            let budget = budget.clone();
            move || {
                let withdrawal = budget.withdraw(epoch(1));
                let granted = withdrawal.is_some();
                withdrawal.into_iter().for_each(|withdrawal| budget.refund(withdrawal));
                granted
            }
        });
        step_back();
        let mine = take(&budget, 1);
        let others = other.join().expect("no panic");
        both.note(mine && others);
        one.note(mine != others);
        assert!(mine || others);
        assert_eq!(balance(&budget, 1), u64::from(!mine));
    });
}

#[test]
fn e2_a_bucket_gives_its_last_token_once() {
    explore("bucket", |[mine_last, others_last], step_back| {
        let config = budget::Config::token_bucket(1, 0.5).expect("valid");
        let budget = Arc::new(Budget::new(config, epoch(1)));
        let other = thread::spawn({
            let budget = budget.clone();
            move || {
                budget.deposit(epoch(1));
                take(&budget, 1)
            }
        });
        step_back();
        let mine = take(&budget, 1);
        let others = other.join().expect("no panic");
        mine_last.note(mine);
        others_last.note(others);
        // Half a token came on top if there was room for it.
        assert!(mine != others);
    });
}
