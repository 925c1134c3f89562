//! A bucket whose word many exchange, and whose numbers change meanwhile.

use super::*;
use buttress_core::rate_limit::{self, Limiter, Rate, TokenBucket, WindowConfig, try_acquire_all};

fn settings(per_second: u64, burst: u32) -> rate_limit::Config {
    rate_limit::Config::new(Rate::per_second(per_second).expect("valid"), burst).expect("valid")
}

fn bucket(per_second: u64, burst: u32) -> Arc<TokenBucket> {
    Arc::new(TokenBucket::new(settings(per_second, burst), START))
}

fn limiter(burst: u32) -> Arc<Limiter> {
    Arc::new(Limiter::new(settings(1, burst), START))
}

fn left(bucket: &TokenBucket) -> u32 {
    bucket.snapshot(START).remaining
}

#[test]
fn c2_w57_of_two_who_ask_for_the_last_token_one_gets_it() {
    explore("last token of a bucket", |[mine_first, other_first], step_back| {
        let bucket = bucket(1, 1);
        let other = thread::spawn({
            let bucket = bucket.clone();
            move || bucket.try_acquire(1, START).is_ok()
        });
        step_back();
        let mine = bucket.try_acquire(1, START).is_ok();
        let others = other.join().expect("no panic");
        mine_first.note(mine);
        other_first.note(others);
        assert!(mine != others, "one of them and not both");
        assert_eq!(left(&bucket), 0);
    });
}

#[test]
fn c2_several_tokens_are_taken_all_or_none_and_what_is_there_is_not_refused() {
    explore_within(Some(3), "tokens for three", |[both_small, large], step_back| {
        let bucket = bucket(1, 4);
        let taking = [2, 2].map(|cost| {
            let bucket = bucket.clone();
            thread::spawn(move || bucket.try_acquire(cost, START).is_ok())
        });
        step_back();
        let mine = bucket.try_acquire(3, START).is_ok();
        let [one, two] = taking.map(|thread| thread.join().expect("no panic"));
        both_small.note(one && two);
        large.note(mine);
        assert!(mine != (one && two) && (mine || one), "{mine} {one} {two}");
        assert_eq!(left(&bucket), if mine { 1 } else { 0 });
    });
}

#[test]
fn c3_reservations_come_one_after_the_other() {
    explore("two reservations and a refund", |[mine_first, other_first], step_back| {
        let bucket = bucket(1, 1);
        let longest = Duration::from_secs(5);
        let other = thread::spawn({
            let bucket = bucket.clone();
            move || bucket.reserve(1, longest, START).expect("not so long")
        });
        step_back();
        let mine = bucket.reserve(1, longest, START).expect("not so long");
        let others = other.join().expect("no panic");
        mine_first.note(mine < others);
        other_first.note(others < mine);
        assert_eq!((mine.min(others), mine.max(others)), (Duration::ZERO, Duration::from_secs(1)));
        bucket.refund(1);
        assert_eq!(bucket.wait(1, START), Ok(Duration::from_secs(1)));
    });
}

#[test]
fn s2_69_a_change_beside_a_call_loses_no_token_and_makes_none() {
    explore_within(Some(2), "a change beside a call", |[before, after], step_back| {
        let bucket = bucket(1, 4);
        let other = thread::spawn({
            let bucket = bucket.clone();
            move || {
                bucket.set(settings(1, 2), START);
                bucket.wait(2, START).expect("it holds two").is_zero()
            }
        });
        step_back();
        // Taken before the change, two are left; after it, of the two that the new burst holds, none.
        assert_eq!(bucket.try_acquire(2, START), Ok(()));
        let two_left = other.join().expect("no panic");
        let left = left(&bucket);
        before.note(left == 2);
        after.note(left == 0);
        assert!(left == 2 && two_left || left == 0, "{left}");
        assert_eq!(bucket.config(), settings(1, 2));
    });
}

#[test]
fn c3_what_is_told_beside_a_change_is_of_the_old_numbers_or_of_the_new_ones() {
    explore_within(Some(2), "a refusal beside a change", |[before, after], step_back| {
        let bucket = bucket(1, 4);
        let other = thread::spawn({
            let bucket = bucket.clone();
            move || bucket.set(settings(7, 9), START)
        });
        step_back();
        let refused = bucket.try_acquire(9, START).expect_err("there are four");
        before.note(refused.reason() == Reason::TooLarge);
        after.note(refused.reason() == Reason::RateLimited);
        let told = refused.retry_after();
        assert!(told.is_none() || told == Some(Duration::from_nanos(714_285_715)), "{told:?}");
        other.join().expect("no panic");
        assert_eq!(left(&bucket), 4);
    });
}

#[test]
fn c2_a_base_that_moves_on_beside_two_calls_moves_no_token() {
    // At 2³² a second there are 2²³ units in a nanosecond, so a base lasts for two seconds.
    let late = START + Duration::from_secs(3);
    explore_within(Some(2), "a base moves on", move |[both, behind], step_back| {
        let bucket = bucket(1 << 32, 100);
        bucket.try_acquire(100, START).expect("it is full");
        let ahead = thread::spawn({
            let bucket = bucket.clone();
            move || bucket.try_acquire(60, late).is_ok()
        });
        step_back();
        // Still on its way since the start: when the base has moved on, it is asked as if it came then.
        let mine = bucket.try_acquire(60, START).is_ok();
        let others = ahead.join().expect("no panic");
        both.note(others && !mine);
        behind.note(mine);
        assert!(mine != others, "the bucket is full once");
        assert_eq!(bucket.snapshot(late).remaining, 40);
    });
}

#[test]
fn w56_of_two_limits_both_give_or_none() {
    explore("two limits, two callers", |[mine_alone, other_alone], step_back| {
        let (all, own, others_own) = (limiter(1), limiter(5), limiter(5));
        let other = thread::spawn({
            let (all, own) = (all.clone(), others_own.clone());
            // In the other order, so that each may have taken what the other needs.
            move || try_acquire_all([&*own, &*all], 1, START).is_ok()
        });
        step_back();
        let mine = try_acquire_all([&*own, &*all], 1, START).is_ok();
        let others = other.join().expect("no panic");
        mine_alone.note(mine);
        other_alone.note(others);
        assert!(mine != others, "there is one for both");
        let remaining = |limiter: &Limiter| limiter.snapshot(START).remaining;
        assert_eq!(remaining(&all), 0);
        assert_eq!(remaining(&own), 5 - u32::from(mine));
        assert_eq!(remaining(&others_own), 5 - u32::from(others));
    });
}

#[test]
fn w56_windows_and_buckets_give_together() {
    explore("a window and a bucket", |[mine_alone, other_alone], step_back| {
        let minute = WindowConfig::log(Rate::per_minute(1).expect("valid")).expect("valid");
        let limits = Arc::new([Limiter::new(settings(1, 3), START), Limiter::new(minute, START)]);
        let other = thread::spawn({
            let limits = limits.clone();
            move || try_acquire_all(&*limits, 1, START).is_ok()
        });
        step_back();
        let mine = try_acquire_all(&*limits, 1, START).is_ok();
        let others = other.join().expect("no panic");
        mine_alone.note(mine);
        other_alone.note(others);
        assert!(mine != others);
        assert_eq!([0, 1].map(|index| limits[index].snapshot(START).remaining), [2, 0]);
    });
}
