//! Bugs that others had.

use super::*;

#[test]
fn c2_governor_107_251_no_extra_cell_after_idle() {
    let bucket = bucket("1/s", 3);
    for idle in [SECOND, 10 * SECOND, CENTURY / 2] {
        let now = at(3 * SECOND + idle * 2);
        let admitted = (0..10).filter(|_| bucket.try_acquire(1, now).is_ok()).count();
        assert_eq!(admitted, 3, "after {idle}");
    }
}

#[test]
fn c2_governor_203_more_than_a_billion_a_second() {
    let bucket = bucket("4294967296/s", 1);
    let mut admitted = 0;
    for now in 0..1_000 {
        admitted += u64::from(bucket.try_acquire(1, at(now)).is_ok());
    }
    // With a burst of one, a call each nanosecond is all that can be asked for.
    assert_eq!(admitted, 1_000);
    let bucket = self::bucket("2500000000/s", 1_000);
    bucket.try_acquire(1_000, Tick::ZERO).unwrap();
    assert_eq!(wait(bucket.try_acquire(1_000, Tick::ZERO).unwrap_err()), Duration::from_nanos(400));
}

#[test]
fn c2_governor_102_the_remaining_burst_is_what_can_be_taken() {
    let bucket = bucket("7/s", 9);
    for now in (0..40).map(|step| step * SECOND / 11) {
        let left = bucket.snapshot(at(now)).remaining;
        if left < 9 {
            assert!(bucket.try_acquire(left + 1, at(now)).is_err());
        }
        assert_eq!(bucket.try_acquire(left.min(3), at(now)), Ok(()));
        assert_eq!(bucket.snapshot(at(now)).remaining, left - left.min(3));
    }
}

#[test]
fn c4_governor_check_n_of_one_more_than_the_burst() {
    let bucket = bucket("10/s", 5);
    assert_eq!(bucket.try_acquire(6, Tick::ZERO).unwrap_err().reason(), Reason::TooLarge);
    assert_eq!(bucket.try_acquire(5, Tick::ZERO), Ok(()));
}

#[test]
fn c2_resilience4j_61_62_the_first_cycle_gives_what_every_other_gives() {
    // Also where the clock begins close to its end or is at zero.
    for start in [0, 1, SECOND, u64::MAX - 2 * SECOND] {
        let bucket = TokenBucket::new(config("10/s", 10), at(start));
        for cycle in 0..2 {
            let now = at(start + cycle * SECOND);
            assert_eq!((0..30).filter(|_| bucket.try_acquire(1, now).is_ok()).count(), 10, "{start}");
        }
    }
}

#[test]
fn c2_tower_438_439_a_limit_that_was_reached_is_open_again_when_its_time_has_come() {
    let bucket = bucket("2/s", 2);
    for round in 0..100 {
        let now = round * SECOND;
        assert_eq!((0..5).filter(|_| bucket.try_acquire(1, at(now)).is_ok()).count(), 2, "{round}");
    }
}
