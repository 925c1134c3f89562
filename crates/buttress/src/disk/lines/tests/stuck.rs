//! A disk that does not answer, and who pushes all the same.

use super::*;

/// How often this thread gave the processor away because it waited for something, as the kernel counts it.
fn waits() -> u64 {
    let Ok(status) = fs::read_to_string("/proc/thread-self/status") else { return 0 };
    let mut lines = status.lines().filter_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    lines.next().map_or(0, |count| count.trim().parse().unwrap())
}

#[test]
fn h20_ten_million_lines_pass_a_disk_that_is_stuck() {
    const LINES: u64 = 10_000_000;
    let desk = Desk::new(Config::builder().unlimited().close_within(Duration::ZERO));
    desk.faults.set(|wrong| wrong.is_stuck = true);
    let (lines, _) = desk.open();
    let is_queued = |number| {
        let note = Note { class: 0, number, text: String::new(), suppressed: 0 };
        lines.push(note, Tick::ZERO) == Pushed::Queued
    };
    let (mut queued, mut waited) = (0, Vec::new());
    for round in 0..10 {
        let before = waits();
        let numbers = round * LINES / 10..(round + 1) * LINES / 10;
        queued += numbers.filter(|number| is_queued(*number)).count() as u64;
        waited.push(waits() - before);
    }
    // Now and then a page of memory is not there; a lock that is held or a disk would be met each time.
    assert!(waited.contains(&0), "{waited:?}");
    let stuck = lines.snapshot();
    assert_eq!((stuck.queued, stuck.full, stuck.written), (queued, LINES - queued, 0));
    // The queue, and what the thread took before it got stuck.
    assert!(queued < 2 * 4_096, "{queued}");

    // Nobody waits for it at the end either, and nobody else writes while it may still.
    let shared = Arc::clone(&lines.shared);
    drop(lines);
    assert!(!shared.progress().is_over);
    let taken = desk.try_open().unwrap_err();
    assert_eq!(taken.kind(), io::ErrorKind::ResourceBusy);
    desk.faults.set(|wrong| wrong.is_stuck = false);
    assert!(shared.wait(LONG, |progress| progress.is_over));
    assert_eq!(shared.progress().written, queued);
    assert_eq!(desk.open().1.lines.len(), 1_000);
}

#[test]
fn h20_whoever_pushes_does_not_wait_for_the_lock_of_the_quotas() {
    let desk = Desk::new(Config::builder().at_most(1, LONG));
    let (lines, _) = desk.open();
    let held = lines.shared.quotas.as_ref().unwrap().lock().unwrap();
    // Judged by the thread, when it has the lock.
    assert_eq!([1, 2, 3].map(|number| lines.push(note(7, number), Tick::ZERO)), [Pushed::Queued; 3]);
    drop(held);
    assert!(lines.flush(LONG));
    assert_eq!(desk.numbers(), [1]);
    assert_eq!(lines.snapshot().suppressed, 2);
    assert_eq!(lines.push(note(7, 4), Tick::ZERO + LONG), Pushed::Queued);
    assert!(lines.flush(LONG));
    assert_eq!(desk.notes()[1].suppressed, 2);
}

#[test]
fn h20_a_line_tells_of_those_before_it_that_found_no_place() {
    let desk = Desk::new(Config::builder().queue(4).at_most(1_000, LONG));
    desk.faults.set(|wrong| wrong.is_stuck = true);
    let (lines, _) = desk.open();
    let full = (0..1_500).filter(|number| lines.push(note(7, *number), Tick::ZERO) == Pushed::Full).count();
    assert!(full > 1_000, "{full}");
    desk.faults.set(|wrong| wrong.is_stuck = false);
    assert!(lines.flush(LONG));
    assert_eq!(lines.push(note(7, 1_500), Tick::ZERO), Pushed::Queued);
    assert!(lines.flush(LONG));
    assert_eq!(desk.notes().iter().map(|note| 1 + note.suppressed).sum::<u64>(), 1_501);
}

#[test]
fn a_line_wakes_the_thread_that_sleeps() {
    let desk = Desk::new(Config::builder().unlimited());
    let (lines, _) = desk.open();
    for number in 1..=10_000 {
        assert_eq!(lines.push(note(0, number), Tick::ZERO), Pushed::Queued);
        assert!(lines.shared.wait(LONG, |progress| progress.settled >= number), "{number} is not seen");
    }
}

#[test]
fn a_million_lines_of_four_threads_balance() {
    const EACH: u64 = 250_000;
    let desk = Desk::new(Config::builder().at_most(1_000, LONG));
    let (lines, _) = desk.open();
    thread::scope(|scope| {
        for class in 0..4 {
            let lines = &lines;
            scope.spawn(move || {
                for number in 0..EACH {
                    // Some meet the same class, and each goes through many periods.
                    let _ = lines.push(note(class / 2, number), Tick::from_nanos(number * 20_000_000));
                }
            });
        }
    });
    assert!(lines.flush(LONG));
    let end = lines.snapshot();
    assert_eq!(end.written + end.suppressed + end.full, 4 * EACH, "{end:?}");
    assert_eq!((end.queued, end.unfit, end.too_long, end.lost, end.errors), (0, 0, 0, 0, 0));
    let notes = desk.notes();
    assert_eq!(notes.len() as u64, end.written);
    // A line that found no place is told of like one that was left out, unless another thread had the lock.
    let told = notes.iter().map(|note| note.suppressed).sum::<u64>();
    assert!(told <= end.suppressed + end.full, "{told} of {end:?}");
}
