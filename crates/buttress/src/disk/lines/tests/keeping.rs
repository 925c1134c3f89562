//! What is kept, and for how long.

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn s0_63_a_file_is_of_one_day_and_kept_for_so_many() {
    let desk = Desk::new(Config::builder().days(30));
    let (lines, _) = desk.open();
    for number in 0..33 {
        desk.pass(if number == 0 { Duration::ZERO } else { DAY });
        assert_eq!(lines.push(note(0, number), Tick::ZERO), Pushed::Queued);
        assert!(lines.flush(LONG));
    }
    // That of the last day, and the thirty before it.
    assert_eq!(desk.numbers(), (2..33).collect::<Vec<_>>());
    assert_eq!(desk.names().first().unwrap(), "notes-2026-11-24.000003.jsonl");
    assert_eq!(desk.names().last().unwrap(), "notes-2026-12-24.000033.jsonl");
}

#[test]
fn s0_63_what_is_too_old_goes_without_a_new_line_too() {
    let desk = Desk::new(Config::builder().days(1));
    let (lines, _) = desk.open();
    assert_eq!(lines.push(note(0, 1), Tick::ZERO), Pushed::Queued);
    assert!(lines.flush(LONG));
    drop(lines);
    desk.pass(2 * DAY);
    let (_lines, before) = desk.open();
    assert_eq!((before.lines.len(), desk.names().len()), (0, 0));
}

#[test]
fn h20_all_files_together_stay_below_the_bytes_they_may_have() {
    let desk =
        Desk::new(Config::builder().line_bytes(256).segment_bytes(1_000).total_bytes(5_000).unlimited());
    let (lines, _) = desk.open();
    for number in 0..2_000 {
        assert_eq!(lines.push(note(0, number), Tick::ZERO), Pushed::Queued);
        if number % 50 == 0 {
            assert!(lines.flush(LONG));
            let bytes = desk.files().iter().map(|(_, text)| text.len() as u64).sum::<u64>();
            assert!(bytes <= 5_000, "{bytes}");
            assert_eq!(lines.snapshot().bytes, bytes);
        }
    }
    assert!(lines.flush(LONG));
    let numbers = desk.numbers();
    assert!(numbers.len() > 30, "{}", numbers.len());
    assert_eq!(numbers, (2_000 - numbers.len() as u64..2_000).collect::<Vec<_>>(), "the newest");
}

#[test]
fn h20_rotation_under_load_loses_no_line_that_was_accepted() {
    const EACH: u64 = 10_000;
    let config = Config::builder().line_bytes(256).segment_bytes(4_000).queue(65_536).unlimited();
    let desk = Desk::new(config);
    let (lines, _) = desk.open();
    thread::scope(|scope| {
        for class in 0..4 {
            let lines = &lines;
            scope.spawn(move || {
                for number in 0..EACH {
                    assert_eq!(lines.push(note(class, number), Tick::ZERO), Pushed::Queued);
                }
            });
        }
    });
    assert!(lines.flush(LONG));
    let (files, notes) = (desk.files(), desk.notes());
    assert!(files.len() > 100 && files.iter().all(|(_, text)| text.len() <= 4_000), "{}", files.len());
    for class in 0..4 {
        let of_class = notes.iter().filter(|note| note.class == class).map(|note| note.number);
        assert!(of_class.eq(0..EACH), "of {class} a line is missing, twice there or out of order");
    }
}

#[test]
fn s0_63_the_newest_lines_are_read_back_and_what_is_foreign_is_passed_over() {
    let desk = Desk::new(Config::builder().line_bytes(256).segment_bytes(1_000).read_back(20).unlimited());
    let (lines, _) = desk.open();
    for number in 0..50 {
        assert_eq!(lines.push(note(0, number), Tick::ZERO), Pushed::Queued);
    }
    drop(lines);
    let newest = desk.folder.path().join(desk.names().pop().unwrap());
    let mut text = fs::read_to_string(&newest).unwrap();
    text.insert_str(0, &format!("not json\n{}\n\0\0\0\n", "x".repeat(300)));
    fs::write(&newest, text + "{\"class\":0,\"num").unwrap();
    // Neither is one of the files, whatever their names say.
    fs::create_dir(desk.folder.path().join("notes-2026-11-22.999999.jsonl")).unwrap();
    fs::write(desk.folder.path().join("notes-old.jsonl"), "{}").unwrap();

    let (lines, before) = desk.open();
    assert_eq!(before.lines.iter().map(|note| note.number).collect::<Vec<_>>(), (30..50).collect::<Vec<_>>());
    assert_eq!((before.foreign, before.unreadable), (3, 0));
    assert_eq!(lines.push(note(0, 50), Tick::ZERO), Pushed::Queued);
    assert!(lines.flush(LONG));
    assert!(!fs::read_to_string(&newest).unwrap().contains("num\n"), "the half line is gone");
}

#[test]
fn s0_63_all_that_was_written_can_be_cleared() {
    let desk = Desk::new(Config::builder().line_bytes(256).segment_bytes(1_000).unlimited());
    let (lines, _) = desk.open();
    for number in 0..50 {
        assert_eq!(lines.push(note(0, number), Tick::ZERO), Pushed::Queued);
    }
    assert!(lines.clear(LONG));
    assert_eq!(desk.names(), [""; 0]);
    assert_eq!(lines.push(note(0, 50), Tick::ZERO), Pushed::Queued);
    assert!(lines.flush(LONG));
    let after = lines.snapshot();
    assert_eq!((desk.numbers(), after.queued, after.written + after.lost), (vec![50], 0, 51));
}

#[test]
fn h20_a_value_that_cannot_be_written_costs_only_its_own_line() {
    #[derive(Deserialize)]
    struct Odd(u64);

    impl Serialize for Odd {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                1 => Err(serde::ser::Error::custom("no")),
                2 => panic!("a value that panics"),
                3 => to.serialize_str(&"x".repeat(300)),
                other => to.serialize_u64(other),
            }
        }
    }

    impl Line for Odd {
        fn class(&self) -> u64 {
            self.0
        }

        fn suppressed(&mut self, _: u64) {}
    }

    let folder = tempfile::tempdir().unwrap();
    let config = Config::builder().line_bytes(256).build().unwrap();
    let (lines, _) = Lines::<Odd>::open(folder.path(), "odd", config).unwrap();
    for number in 0..5 {
        assert_eq!(lines.push(Odd(number), Tick::ZERO), Pushed::Queued);
    }
    assert!(lines.flush(LONG));
    let end = lines.snapshot();
    assert_eq!((end.written, end.unfit, end.too_long, end.queued), (2, 2, 1, 0));
    drop(lines);
    let (_, before) = Lines::<Odd>::open(folder.path(), "odd", config).unwrap();
    assert_eq!(before.lines.iter().map(|odd| odd.0).collect::<Vec<_>>(), [0, 4]);
}
