//! A log that outlives the process.

use crate::records;
use buttress::disk::lines;
use buttress::failure_log::{Config, Export, Failure, Filter, Handle, Operation};
use buttress::metrics::Exporter;
use buttress::registry::Registry;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Longer than any disk takes that answers at all.
const PLENTY: Duration = Duration::from_secs(60);

fn open(folder: &Path) -> Handle {
    Handle::open("shop", Config::default(), folder).unwrap()
}

fn fail(operation: &Operation, number: u32) {
    let message = format_args!("order {number}: the till is empty");
    operation.record(&operation.failure().message(&message).with("till", &7));
}

/// All lines of all files.
fn lines(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    let texts: Vec<_> = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    texts.iter().flat_map(|text| text.lines().map(str::to_owned)).collect()
}

#[test]
fn s0_63_w10_what_one_process_wrote_down_the_next_one_finds_and_goes_on_from() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let charge = log.operation("charge", "payments");
    (1..=3).for_each(|number| fail(&charge, number));
    charge.succeeded();
    let before = records(&log);
    drop((charge, log));

    let log = open(folder.path());
    assert_eq!(records(&log), before);
    let charge = log.operation("charge", "payments");
    let recorded = charge.record(&Failure::message(charge.failure(), &"order 4: the till is empty"));
    assert_eq!((recorded.id, recorded.flags.new), (4, false), "it was seen before");
    let classes = log.classes(&Filter::default());
    assert_eq!((classes.len(), classes[0].count), (1, 4));
    // Nobody knows how many calls there were beside those of before: they are in no rate.
    assert_eq!((charge.counts().failures, log.snapshot().restored), (1, 3));
}

#[test]
fn h14_one_failure_is_one_line_of_json_whatever_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let charge = log.operation("charge\n{}", "pay\u{1b}[31mments");
    let hostile = "first\r\nsecond\u{2028}third\u{85}\u{1b}[2J\"},{\"id\":99";
    charge.record(&charge.failure().message(&hostile).key(&hostile).with("k\ney", &hostile));
    assert!(log.flush(PLENTY));
    let [line] = &lines(folder.path())[..] else { panic!("{:#?}", lines(folder.path())) };
    assert!(line.chars().all(|letter| !letter.is_control()), "{line}");
    let json: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(json["id"], 1);
    let before = records(&log);
    drop((charge, log));
    assert_eq!(records(&open(folder.path())), before);
}

#[test]
fn h20_s0_63_of_a_class_some_are_written_and_the_next_line_tells_how_many_were_not() {
    let folder = tempfile::tempdir().unwrap();
    let config = lines::Config::builder().at_most(10, Duration::from_secs(3600)).build().unwrap();
    let log = Handle::open_with("shop", Config::default(), folder.path(), config).unwrap();
    let charge = log.operation("charge", "payments");
    (0..1_000).for_each(|number| fail(&charge, number));
    assert!(log.flush(PLENTY));
    let written = log.written().unwrap();
    assert_eq!((written.written, written.suppressed, lines(folder.path()).len()), (10, 990, 10));
    assert_eq!((log.snapshot().recorded, charge.counts().failures), (1_000, 1_000), "in memory all count");
    // What is cleared is gone from the disk as well.
    log.clear();
    assert!(log.flush(PLENTY));
    drop((charge, log));
    assert_eq!(records(&open(folder.path())), []);
}

#[test]
fn w09_no_failure_is_written_on_the_thread_of_its_caller_and_all_of_them_arrive() {
    const FAILURES: u32 = 3_000;
    let folder = tempfile::tempdir().unwrap();
    let config = lines::Config::builder().unlimited().build().unwrap();
    let log = Handle::open_with("shop", Config::default(), folder.path(), config).unwrap();
    let charge = log.operation("charge", "payments");
    (0..FAILURES).for_each(|number| fail(&charge, number));
    assert!(log.flush(PLENTY));
    let written = log.written().unwrap();
    assert_eq!((written.written + written.full, written.errors), (FAILURES.into(), 0));
    assert_eq!(lines(folder.path()).len() as u64, written.written);
}

#[test]
fn a_log_that_cannot_be_kept_says_so_where_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "somebody else's").unwrap();
    assert!(Handle::open("shop", Config::default(), &file).is_err());
    let error = Handle::open("../shop", Config::default(), folder.path()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    let _taken = open(folder.path());
    let taken = Handle::open("shop", Config::default(), folder.path()).unwrap_err().to_string();
    assert!(taken.contains("shop"), "{taken}");
}

#[test]
fn s4_45_all_of_it_is_given_away_as_json_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let log = Handle::new("shop", Config::default());
    let charge = log.operation("charge", "payments");
    (1..=3).for_each(|number| fail(&charge, number));
    charge.succeeded();
    let path = folder.path().join("failures.json");
    log.export_json(&Filter::default(), fs::File::create(&path).unwrap()).unwrap();
    let export: Export = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!((&*export.name, export.snapshot), ("shop", log.snapshot()));
    assert_eq!(export.records, records(&log));
    assert_eq!((export.classes.len(), export.classes[0].count), (1, 3));
    assert_eq!((export.operations[0].successes, export.operations[0].failures), (1, 3));
    let later = Filter::default().text("nothing says this");
    assert_eq!(log.export(&later).records, []);
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = log.export_json(&Filter::default(), Full).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

#[test]
fn how_it_stands_with_the_files_is_in_the_status_and_the_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    let registry = Registry::new();
    registry.add(log.clone()).unwrap();
    let charge = log.operation("charge", "payments");
    (0..250).for_each(|number| fail(&charge, number));
    assert!(log.flush(PLENTY));
    let files = registry.status().failure_logs["shop"].files.clone().unwrap();
    assert_eq!((files.written, files.suppressed, files.full), (100, 150, 0));
    let page = Exporter::new(registry).render();
    for line in [
        "buttress_failure_log_written_total{name=\"shop\"} 100\n",
        "buttress_failure_log_suppressed_total{name=\"shop\"} 150\n",
        "buttress_failure_log_records{name=\"shop\"} 100\n",
        "buttress_failure_log_dropped_total{name=\"shop\",why=\"memory\"} 150\n",
        "buttress_failure_log_dropped_total{name=\"shop\",why=\"queue\"} 0\n",
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
}
