//! Counts in three words.

use super::super::window::{Place, Window};

const PART: u64 = 1_000;

#[test]
fn d8_a_gap_of_any_length_empties_the_window() {
    for gap in [3_000, 3_001, 1 << 40, (1 << 36) * 3, u64::MAX - 10_000] {
        let window = Window::new();
        window.count(Place::new(500, PART, 0), true);
        assert_eq!(window.tally(Place::new(2_999, PART, 0)).failures, 1);
        assert_eq!(window.tally(Place::new(500 + gap, PART, 0)).calls, 0, "after {gap}");
        window.count(Place::new(500 + gap, PART, 0), false);
        assert_eq!(window.tally(Place::new(500 + gap, PART, 0)).calls, 1, "after {gap}");
    }
}

#[test]
fn d4_what_another_closed_state_counted_does_not_count() {
    let window = Window::new();
    window.count(Place::new(500, PART, 3), true);
    assert_eq!(window.tally(Place::new(500, PART, 6)).calls, 0);
    window.count(Place::new(500, PART, 6), false);
    assert_eq!(window.tally(Place::new(500, PART, 6)).failures, 0);
}

#[test]
fn f7_a_full_part_keeps_its_share() {
    let window = Window::new();
    let place = Place::new(500, PART, 0);
    for call in 0..1_000_000_u64 {
        window.count(place, call % 4 == 0);
    }
    let tally = window.tally(place);
    let share = tally.failures as f64 / tally.calls as f64;
    assert!((512..=1_023).contains(&tally.calls) && (0.24..=0.26).contains(&share), "{tally:?}");
}
