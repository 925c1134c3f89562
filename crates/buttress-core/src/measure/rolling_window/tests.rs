use super::*;

const WIDTH: u64 = 1_000;

fn window() -> RollingWindow {
    RollingWindow::new(WIDTH, BUCKETS, false)
}

fn position(epoch: u64) -> u64 {
    epoch * WIDTH + WIDTH / 2
}

#[test]
fn s1_05_a_failure_leaves_after_the_window_and_not_before() {
    let window = window();
    assert!(window.add_bad(window.place(position(7), 0)));
    assert_eq!(window.tally(position(7 + 9), 0).bad, 1);
    assert_eq!(window.tally(position(7 + 10), 0).bad, 0);
}

#[test]
fn a_lap_overwrites_exactly_its_own_bucket_and_the_lifetime_keeps_all() {
    let window = window();
    for epoch in 0..25 {
        for _ in 0..=epoch {
            assert!(window.add_ok(window.place(position(epoch), 0)));
        }
    }
    assert_eq!(window.tally(position(24), 0).ok, (16..=25).sum::<u64>());
    assert_eq!(window.lifetime().ok, (1..=25).sum::<u64>());
}

#[test]
fn d4_a_place_of_another_generation_is_taken_back() {
    let window = window();
    let stale = window.place(position(3), 0);
    assert!(window.add_ok(stale));
    window.clear(1);
    assert!(window.add_ok(window.place(position(3), 1)));
    assert!(!window.add_ok(stale));
    assert_eq!(window.tally(position(3), 1).ok, 1);
    assert_eq!(window.lifetime().ok, 3);
}

#[test]
fn f1_when_the_clock_goes_back_nothing_expires_and_new_calls_count() {
    let window = window();
    window.add_bad(window.place(position(1_000_000), 0));
    assert!(window.add_bad(window.place(position(990_000), 0)));
    assert_eq!(window.tally(position(990_000), 0).bad, 2);
    assert_eq!(window.lifetime().bad, 2);
}

#[test]
fn d8_any_gap_up_to_a_hundred_years_clears_the_window() {
    const YEAR: u64 = 31_557_600 * 1_000_000_000;
    for (length, short) in [
        (100_000_000, true),
        (1_400_000_000, true),
        (1_500_000_000, false),
        (10_000_000_000, false),
        (120_000_000_000, false),
        (YEAR, false),
    ] {
        let width = length / BUCKETS;
        for gap in [length + width, 2 * length, length + 3_600_000_000_000, 50 * YEAR, 99 * YEAR, 100 * YEAR]
        {
            let window = RollingWindow::new(width, BUCKETS, short);
            let start = YEAR;
            window.add_bad(window.place(start, 0));
            assert_eq!(window.tally(start + gap, 0).bad, 0, "{length} ns window, {gap} ns gap");
            window.add_bad(window.place(start + gap, 0));
            assert_eq!(window.tally(start + gap, 0).bad, 1, "{length} ns window, {gap} ns gap");
        }
    }
}

#[test]
fn d8_any_number_of_calls_since_a_failure_takes_it_out_of_a_window_of_calls() {
    for (width, span) in [(1, 5), (1, BUCKETS), (3, BUCKETS), (111_111_112, BUCKETS)] {
        for gap in
            [10 * BUCKETS * width, BUCKETS << 31, BUCKETS << 32, BUCKETS << 35, 1 << 50, (1 << 50) + 12_345]
        {
            let window = RollingWindow::new(width, span, false);
            window.add_bad(window.place(5 * width, 0));
            assert_eq!(window.tally(5 * width + gap, 0).bad, 0, "width {width}, {gap} calls later");
        }
    }
}

#[test]
fn f7_a_full_bucket_stays_full_and_never_reaches_its_tag() {
    let window = window();
    let place = window.place(position(5), 3);
    let last = low(window.count_bits - 1);
    window.ok.buckets[place.bucket].store(place.tag | (last - 1), Ordering::Relaxed);
    for _ in 0..10 {
        assert!(window.add_ok(place));
    }
    assert_eq!(window.tally(position(5), 3).ok, last + 1);
    assert_eq!(window.lifetime().ok, last + 9);
}

#[test]
fn f7_a_bucket_has_room_for_a_million_calls_a_second_in_windows_of_any_length() {
    for (length_ms, short_laps) in
        [(100, true), (1_499, true), (1_500, false), (10_000, false), (366 * 86_400_000, false)]
    {
        let window = RollingWindow::new(length_ms * 1_000_000 / BUCKETS, BUCKETS, short_laps);
        let room = low(window.count_bits - 1);
        assert!(room >= length_ms * 1_000 / BUCKETS, "{room} in a tenth of {length_ms} ms");
    }
}

#[test]
fn a_window_of_calls_holds_the_last_ones_exactly() {
    let window = RollingWindow::new(1, 5, false);
    // The call's number is its position, starting at one.
    for call in 1..=100 {
        let place = window.place(call, 0);
        if call % 2 == 0 {
            window.add_ok(place)
        } else {
            window.add_bad(place)
        };
        let seen = window.tally(call, 0);
        assert_eq!(seen.calls(), call.min(5), "after call {call}");
    }
}

#[test]
fn every_count_survives_threads_over_wiped_laps() {
    let window = window();
    let (threads, laps, each) = (4, 300, 50);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for lap in 0..laps {
                    for _ in 0..each {
                        window.add_ok(window.place(position(lap * BUCKETS), 0));
                    }
                }
            });
        }
    });
    assert_eq!(window.lifetime().ok, threads * laps * each);
}
