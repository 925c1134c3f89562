//! A disk that does not take what it is given.

use super::*;
use proptest::prelude::*;

fn push(lines: &Lines<Note>, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        assert_eq!(lines.push(note(number, number), Tick::ZERO), Pushed::Queued);
    }
}

#[test]
fn h20_on_a_full_disk_lines_wait_and_none_is_left_in_half() {
    let desk = Desk::new(Config::builder());
    desk.faults.set(|wrong| wrong.room = Some(500));
    let (lines, _) = desk.open();
    push(&lines, 0..100);
    assert!(lines.shared.wait(LONG, |progress| progress.errors > 0));
    let trouble = lines.snapshot();
    assert_eq!(trouble.trouble.as_deref(), Some("no storage space"));
    assert_eq!(trouble.queued + trouble.written, 100, "{trouble:?}");
    // What fits is whole, and the part of a line that fitted as well is gone.
    assert_eq!(desk.numbers(), (0..trouble.written).collect::<Vec<_>>());
    assert!(desk.files()[0].1.ends_with('\n'));

    desk.faults.set(|wrong| wrong.room = None);
    assert!(lines.flush(LONG));
    assert_eq!(desk.numbers(), (0..100).collect::<Vec<_>>());
    let after = lines.snapshot();
    assert_eq!((after.written, after.trouble, after.lost), (100, None, 0));
}

#[test]
fn h20_what_cannot_be_cut_off_is_followed_by_nothing() {
    let desk = Desk::new(Config::builder());
    desk.faults.set(|wrong| (wrong.room, wrong.keeps_all) = (Some(100), true));
    let (lines, _) = desk.open();
    push(&lines, 0..10);
    assert!(lines.shared.wait(LONG, |progress| progress.errors > 0));
    desk.faults.set(|wrong| wrong.room = None);
    assert!(lines.flush(LONG));
    drop(lines);

    let files = desk.files();
    let [first, second] = &files[..] else { panic!("{files:?}") };
    assert!(!first.1.ends_with('\n') && second.1.ends_with('\n'));
    let (_, before) = desk.open();
    assert_eq!(before.lines.iter().map(|note| note.number).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert_eq!((before.foreign, before.unreadable), (1, 0));
}

#[test]
fn h20_a_file_whose_handle_is_broken_is_opened_anew() {
    let desk = Desk::new(Config::builder());
    let (lines, _) = desk.open();
    push(&lines, [1]);
    assert!(lines.flush(LONG));
    desk.faults.set(|wrong| wrong.stale_before = wrong.opened);
    push(&lines, [2]);
    assert!(lines.flush(LONG));
    assert_eq!((desk.numbers(), desk.names().len(), lines.snapshot().errors), (vec![1, 2], 1, 1));
}

#[test]
fn h20_at_the_end_a_disk_that_takes_nothing_is_asked_once_more() {
    let desk = Desk::new(Config::builder());
    desk.faults.set(|wrong| wrong.room = Some(0));
    let (lines, _) = desk.open();
    push(&lines, 0..10);
    let shared = Arc::clone(&lines.shared);
    drop(lines);
    let end = shared.progress().clone();
    assert_eq!((end.lost, end.settled, end.is_over), (10, 10, true));
    // The folder is free.
    desk.faults.set(|wrong| wrong.room = None);
    let (lines, _) = desk.open();
    push(&lines, 10..20);
    drop(lines);
    assert_eq!(desk.numbers(), (10..20).collect::<Vec<_>>());
}

#[test]
fn h20_a_file_that_somebody_removes_is_begun_anew() {
    let desk = Desk::new(Config::builder());
    let (lines, _) = desk.open();
    push(&lines, [1]);
    assert!(lines.flush(LONG));
    fs::remove_dir_all(desk.folder.path()).unwrap();
    push(&lines, [2]);
    assert!(lines.flush(LONG));
    assert_eq!(desk.numbers(), [2]);
    assert_eq!(lines.snapshot().files, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However little a disk takes at once, and however often it is full, each line is there once, and in order.
    #[test]
    fn h20_no_line_is_lost_twice_there_or_torn(
        bite in 1_usize..300,
        rooms in proptest::collection::vec(0_usize..400, 0..12),
        segment in 256_u64..2_000,
    ) {
        let config = Config::builder().line_bytes(256).segment_bytes(segment).unlimited();
        let desk = Desk::new(config);
        desk.faults.set(|wrong| (wrong.bite, wrong.room) = (Some(bite), Some(0)));
        let (lines, _) = desk.open();
        push(&lines, 0..50);
        for room in rooms {
            let errors = lines.snapshot().errors;
            desk.faults.set(|wrong| wrong.room = Some(room));
            lines.wake();
            let moved = lines.shared.wait(LONG, |progress| progress.errors > errors || progress.settled == 50);
            prop_assert!(moved);
            prop_assert_eq!(desk.numbers(), (0..lines.snapshot().written).collect::<Vec<_>>());
        }
        desk.faults.set(|wrong| wrong.room = None);
        prop_assert!(lines.flush(LONG));
        prop_assert_eq!(desk.numbers(), (0..50).collect::<Vec<_>>());
        prop_assert!(desk.files().iter().all(|(_, text)| text.len() as u64 <= segment));
    }
}
