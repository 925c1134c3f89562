use super::*;
use proptest::prelude::*;
use std::thread;

const GOOD: usize = 0;
const BAD: usize = 1;
const SECOND: u64 = 1_000_000_000;

fn pitch(secs: u64, buckets: u32) -> Pitch {
    Pitch::new(Duration::from_secs(secs), buckets)
}

fn marks(pitches: &[Pitch]) -> Marks<2> {
    Marks::new(pitches, Tick::ZERO)
}

fn at(secs: u64) -> Tick {
    Tick::from_nanos(secs * SECOND)
}

#[test]
fn a_window_is_its_buckets_and_the_current_one() {
    let marks = marks(&[pitch(10, 6)]);
    for second in 0..200 {
        marks.add(GOOD, at(second));
        let oldest = (second / 10).saturating_sub(6) * 10;
        assert_eq!(marks.read(at(second)).within(0, 6), [second + 1 - oldest, 0], "at {second} s");
    }
    assert_eq!(marks.read(at(199)).within(0, 0), [10, 0]);
    let reading = marks.read(at(199));
    assert_eq!(reading.within(0, 100), reading.within(0, 6), "it looks back no further");
    drop(reading);
    assert_eq!(marks.totals(), [200, 0]);
}

#[test]
fn d8_f1_a_gap_of_any_length_shows_no_bucket_of_before() {
    const YEAR: u64 = 31_557_600;
    for gap in [70, 71, 600, 3_600, YEAR, 100 * YEAR] {
        let marks = marks(&[pitch(10, 6), pitch(60, 10)]);
        marks.add(BAD, at(5));
        assert_eq!(marks.read(at(5 + gap)).within(0, 6), [0, 0], "looked at {gap} s later");
        marks.add(GOOD, at(5 + gap));
        assert_eq!(marks.read(at(5 + gap)).within(0, 6), [1, 0], "counted {gap} s later");
    }
}

#[test]
fn f1_when_the_clock_goes_back_nothing_expires_and_calls_count_in_the_newest_bucket() {
    let marks = marks(&[pitch(10, 6)]);
    marks.add(BAD, at(1_000));
    marks.add(BAD, at(3));
    marks.add(BAD, Tick::ZERO);
    assert_eq!(marks.read(at(0)).within(0, 0), [0, 3]);
    marks.add(GOOD, Tick::MAX);
    assert_eq!(marks.read(Tick::MAX).within(0, 6), [1, 0]);
    marks.add(GOOD, Tick::MAX);
    assert_eq!(marks.totals(), [2, 3]);
}

#[test]
fn a_call_is_counted_after_the_mark_that_it_finds_due() {
    let marks = marks(&[pitch(10, 6)]);
    assert_eq!(marks.add(GOOD, at(9)), (0, false));
    assert_eq!(marks.add(GOOD, at(10)), (1, true));
    assert_eq!(marks.add(GOOD, at(11)), (2, false));
    assert_eq!(marks.read(at(11)).before(0, 0), [1, 0]);
}

#[test]
fn after_a_reset_the_first_bucket_begins() {
    let marks = marks(&[pitch(10, 6)]);
    marks.add(BAD, at(7));
    marks.reset(at(17));
    assert_eq!(marks.read(at(17)).within(0, 6), [0, 0]);
    assert!(!marks.add(GOOD, at(26)).1);
    assert!(marks.add(GOOD, at(27)).1);
    assert_eq!(marks.totals(), [2, 1]);
}

#[test]
fn what_came_as_a_bucket_began_is_taken_along_into_that_bucket() {
    let made = [pitch(10, 6), pitch(25, 9)];
    let marks = marks(&made);
    marks.add(GOOD, at(9));
    marks.add(BAD, at(50));
    let points = marks.read(at(50)).points();
    let restored = Marks::restored(&made, &points, 50 * SECOND, at(0));
    for ring in [0, 1] {
        assert_eq!(restored.read(at(0)).within(ring, 0), [0, 1]);
    }
}

/// What the last buckets hold of calls that came at those seconds.
fn listed(calls: &[(u64, usize)], now: u64, pitch: u64, buckets: u64) -> [u64; 2] {
    let oldest = (now / pitch).saturating_sub(buckets) * pitch;
    [GOOD, BAD].map(|kind| calls.iter().filter(|(at, of)| *of == kind && *at >= oldest).count() as u64)
}

proptest! {
    #[test]
    fn d8_windows_of_all_rings_hold_what_a_list_of_all_calls_does(
        steps in prop::collection::vec((0_u64..4, 0_u64..120, 0_usize..2), 1..200),
    ) {
        let pitches = [(10, 6), (25, 9), (60, 30)];
        let marks = marks(&pitches.map(|(secs, buckets)| pitch(secs, buckets)));
        let (mut now, mut calls) = (0, Vec::new());
        for (scale, step, kind) in steps {
            // Mostly close together, now and then hours apart.
            now += step * [0, 1, 1, 90][scale as usize];
            marks.add(kind, at(now));
            calls.push((now, kind));
            let look = now + step / 2;
            let reading = marks.read(at(look));
            for (ring, (secs, buckets)) in pitches.into_iter().enumerate() {
                for buckets in [0, 1, u64::from(buckets)] {
                    prop_assert_eq!(reading.within(ring, buckets), listed(&calls, look, secs, buckets));
                }
            }
        }
    }

    #[test]
    fn what_is_taken_along_is_there_again_less_what_is_over(
        steps in prop::collection::vec((0_u64..40, 0_usize..2), 1..100),
        away in prop_oneof![Just(0), 0_u64..2_000, Just(1_000_000_000)],
        later in 0_u64..500,
    ) {
        let pitches = [(10, 6), (25, 9), (60, 30)];
        let made = pitches.map(|(secs, buckets)| pitch(secs, buckets));
        let marks = marks(&made);
        let (mut now, mut calls) = (0, Vec::new());
        for (step, kind) in steps {
            now += step;
            marks.add(kind, at(now));
            calls.push((now, kind));
        }
        let (points, position) = {
            let reading = marks.read(at(now));
            (reading.points(), reading.position())
        };
        prop_assert!(points.is_sorted_by_key(|point| point.at));
        prop_assert!(points.is_sorted_by_key(|point| point.counts[GOOD]));
        // Another process, whose clock began at another time.
        let began = at(77);
        let restored = Marks::restored(&made, &points, position + away * SECOND, began);
        prop_assert_eq!(restored.totals(), [0, 0]);
        let there = now + away;
        for look in [there, there + later] {
            let reading = restored.read(began + Duration::from_secs(look - there));
            for (ring, (secs, buckets)) in pitches.into_iter().enumerate() {
                let within = reading.within(ring, buckets.into());
                prop_assert_eq!(within, listed(&calls, look, secs, buckets.into()), "{} s later", look - there);
            }
        }
    }
}

#[test]
fn b7_no_call_of_many_threads_is_lost_or_counted_twice_over_marks() {
    let marks = Marks::<2>::new(
        &[Pitch::new(Duration::from_nanos(10), 6), Pitch::new(Duration::from_nanos(70), 9)],
        Tick::ZERO,
    );
    thread::scope(|scope| {
        for kind in [GOOD, BAD, GOOD, BAD] {
            let marks = &marks;
            scope.spawn(move || {
                for nanos in 0..100_000 {
                    marks.add(kind, Tick::from_nanos(nanos));
                }
            });
        }
        for nanos in 0..10_000 {
            let reading = marks.read(Tick::from_nanos(nanos));
            let [few, many] = [reading.within(0, 6), reading.within(1, 9)];
            assert!(
                few.iter().zip(many).all(|(few, many)| *few <= 400_000 && many <= 400_000),
                "{few:?} {many:?}"
            );
        }
    });
    assert_eq!(marks.totals(), [200_000, 200_000]);
}
