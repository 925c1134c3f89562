//! F4: how much memory a flood of failures takes, none like another. In a program of its own, as the memory that is measured is
//! that of the whole process.
#![cfg(all(target_os = "linux", not(buttress_loom)))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress_core::Tick;
use buttress_core::failure_log::{Config, Failure, FailureLog, Filter};
use std::fs;
use std::time::{Duration, SystemTime};

const FLOOD: u64 = 1_000_000;

/// What the page of the settings says that all of it takes at most, and the allocator's own beside.
const MOST: usize = (50 + 10) << 20;

/// Memory of this process that is not on disk, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}

#[test]
fn f4_w09_a_million_messages_and_a_million_operations_take_what_the_settings_allow() {
    let before = resident();
    let log = FailureLog::new(Config::default(), SystemTime::UNIX_EPOCH, Tick::ZERO);
    // Letters, so that no mask makes two of them one.
    let letters = |mut number: u64| {
        let letter = |_| {
            let letter = char::from(b'a' + (number % 20) as u8);
            number /= 20;
            letter
        };
        (0..7).map(letter).collect::<String>()
    };
    let (short, long) = ("and so on".to_owned(), "and so on ".repeat(40));
    for number in 0..FLOOD {
        let name = letters(number);
        let operation = log.operation(&name, "flooded");
        // Over a month, so that there is something in each hour.
        let since = Duration::from_millis(number * 2_592);
        let long = if number % 20 == 0 { &long } else { &short };
        let message = format!("{name} {long}");
        let failure =
            Failure::of(&operation).message(&message).key(long).with("long", long).with("more", long);
        operation.succeeded(Tick::ZERO + since);
        log.record(&failure, SystemTime::UNIX_EPOCH + since, Tick::ZERO + since);
    }
    let grown = resident().saturating_sub(before);
    let snapshot = log.snapshot();
    assert_eq!((snapshot.recorded, snapshot.operations, snapshot.classes), (FLOOD, 257, 256));
    assert_eq!(snapshot.overflowed, FLOOD - 256);
    assert!(snapshot.records <= 1_000, "{snapshot:?}");
    assert!(grown <= MOST, "{grown} bytes, at most {MOST}");
    let classes = log.classes(&Filter::default(), SystemTime::UNIX_EPOCH + Duration::from_secs(2_592_000));
    assert_eq!(classes.iter().map(|class| class.count).sum::<u64>(), FLOOD);
}
