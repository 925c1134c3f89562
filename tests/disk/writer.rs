//! A process that writes until it is killed, or until its disk is full.

#![allow(clippy::unwrap_used, reason = "it fails by panicking")]

mod model;

use buttress::Tick;
use buttress::disk::{Lines, Loaded, StateFile, lines};
use buttress::failure_log::{Config, FailureLogLayer, Handle};
use buttress::registry::Registry;
use model::{Note, State, states};
use std::fs;
use std::future::ready;
use std::io::{Error, ErrorKind, Write};
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;
use tower::{Layer, Service, service_fn};

const LONG: Duration = Duration::from_secs(60);

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let folder = Path::new(&arguments[2]);
    match arguments[1].as_str() {
        "states" => save_states(folder),
        "lines" => write_lines(folder),
        "full" => fill(folder),
        "read-only" => find_read_only(folder),
        "failures" => fail_often(folder),
        other => panic!("what is `{other}`?"),
    }
}

/// Says what is done, at once.
fn tell(number: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{number}").unwrap();
    out.flush().unwrap();
}

fn save_states(folder: &Path) {
    let file = states(folder);
    let mut number = match file.load::<State>() {
        Loaded::Found(state, _) => state.number(),
        other => panic!("{other:?}"),
    };
    loop {
        number += 1;
        file.save(&State::new(number)).unwrap();
        tell(number);
    }
}

fn write_lines(folder: &Path) {
    let config = lines::Config::builder().unlimited().segment_bytes(256 << 10).build().unwrap();
    let (lines, before) = Lines::<Note>::open(folder, "notes", config).unwrap();
    let mut number = before.lines.last().map_or(0, |note| note.number);
    loop {
        for _ in 0..20 {
            number += 1;
            assert_eq!(lines.push(Note::new(number), Tick::ZERO), lines::Pushed::Queued);
        }
        assert!(lines.flush(LONG));
        tell(number);
    }
}

/// On a disk that has room for little: it gets full, and somebody makes room.
fn fill(folder: &Path) {
    let ballast = folder.join("ballast");
    fs::write(&ballast, vec![0; 24 << 10]).unwrap();
    let file = states(folder);
    file.save(&State::new(1)).unwrap();

    let config = lines::Config::builder().unlimited().build().unwrap();
    let (lines, _) = Lines::<Note>::open(folder, "notes", config).unwrap();
    let mut number = 0;
    // A disk that is not full takes what there is within that time.
    while lines.snapshot().trouble.is_none() && lines.flush(Duration::from_millis(100)) {
        number += 1;
        assert_eq!(lines.push(Note::new(number), Tick::ZERO), lines::Pushed::Queued);
        assert!(number < 1_000, "it is never full");
    }
    let trouble = lines.snapshot();
    assert!(trouble.errors > 0 && trouble.written > 0, "{trouble:?}");
    let full = file.save(&State::new(2)).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    assert!(matches!(file.load::<State>(), Loaded::Found(state, _) if state.number() == 1));

    fs::remove_file(ballast).unwrap();
    assert!(lines.flush(LONG), "{:?}", lines.snapshot());
    file.save(&State::new(2)).unwrap();
    drop(lines);
    let (_, after) = Lines::<Note>::open(folder, "notes", config).unwrap();
    assert!(after.lines.iter().map(|note| note.number).eq(1..=number), "{after:?}");
    assert_eq!(after.foreign, 0);
    println!("{number} lines, {} errors: {}", trouble.errors, trouble.trouble.unwrap());
}

/// Where nothing can be written, and the state that is there is of no use.
fn find_read_only(folder: &Path) {
    let file = StateFile::new(folder.join("state"), "state", 1);
    for _ in 0..2 {
        let Loaded::Unusable { why, put_aside: None } = file.load::<State>() else {
            panic!("it was put aside")
        };
        assert_eq!(why.to_string(), "it is not a state file");
    }
    assert_eq!(file.save(&State::new(1)).unwrap_err().kind(), ErrorKind::ReadOnlyFilesystem);
    let refused = Lines::<Note>::open(folder, "notes", lines::Config::default()).unwrap_err();
    println!("{refused}");
}

/// How often this thread gave the processor away because it waited for something, as the kernel counts it.
fn waits() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    let mut lines = status.lines().filter_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    lines.next().unwrap().trim().parse().unwrap()
}

/// Calls that fail under a layer, while the disk of its log takes nothing and somebody subscribed who never reads.
fn fail_often(folder: &Path) {
    const ROUNDS: u64 = 10;
    let calls: u64 = std::env::var("BUTTRESS_FAILURES").map_or(200_000, |calls| calls.parse().unwrap());
    let unlimited = lines::Config::builder().unlimited().close_within(Duration::ZERO).build().unwrap();
    let log = Handle::open_with("shop", Config::default(), folder, unlimited).unwrap();
    let mut ballast = fs::File::create(folder.join("ballast")).unwrap();
    while ballast.write_all(&[0; 512]).is_ok() {}
    let registry = Registry::new();
    registry.add(log.clone()).unwrap();
    let _stuck = registry.subscribe();

    let empty = |number: u64| {
        let till = char::from(b'a' + (number % 26) as u8);
        ready(Err::<(), _>(Error::other(format!("order {number}: till {till} is empty"))))
    };
    let mut service = FailureLogLayer::new(&log, "charge", "payments").layer(service_fn(empty));
    let cx = &mut Context::from_waker(Waker::noop());
    let mut waited = Vec::new();
    for round in 0..ROUNDS {
        let before = waits();
        for number in round * calls / ROUNDS..(round + 1) * calls / ROUNDS {
            assert!(service.poll_ready(cx).is_ready());
            assert!(pin!(service.call(number)).poll(cx).is_ready());
        }
        waited.push(waits() - before);
    }
    // Now and then a page of memory is not there; a lock that is held or a disk would be met each time.
    assert!(waited.contains(&0), "{waited:?}");
    while log.written().unwrap().trouble.is_none() {
        std::thread::yield_now();
    }
    let files = log.written().unwrap();
    assert_eq!((files.written, files.queued + files.full), (0, calls), "{files:?}");
    assert_eq!((log.snapshot().recorded, log.classes(&Default::default()).len()), (calls, 26));
    println!("{calls} failures, {waited:?} waits: {}", files.trouble.unwrap());
}
