//! W50 and F4: what a flood of names takes. In a program of its own, as the memory that is measured is that of the process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use buttress_reputation::{Config, Deed, Direction, Ledger};
use std::fs;

const NAMES: u64 = 1_000_000;
const CAPACITY: usize = 10_000;

/// Bytes of an entry: a peer of a quarter of a KiB, its name, its place in the store and on the board.
const ENTRY: usize = 400;

/// What the process may grow by beside that: the allocator's own, and stacks.
const SLACK: usize = 10 << 20;

/// Memory of this process that is not on disk, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() << 10
}

#[test]
fn w50_f4_a_million_names_take_no_more_than_the_capacity_allows() {
    let peers = Ledger::<String>::new("flooded", Config::default());
    let before = resident();
    for number in 0..NAMES {
        let name = format!("12D3KooW-{number:017}");
        assert!(peers.should_communicate(name.as_str()) && peers.check(name.as_str()).is_ok());
        assert!(peers.peer(name.as_str()).is_none());
    }
    assert_eq!(peers.len(), 0, "to be looked at makes no entry");
    for number in 0..NAMES {
        let name = format!("12D3KooW-{number:017}");
        match number % 4 {
            0 => peers.record(name.as_str(), Deed::message(true)),
            1 => peers.record_failure(name.as_str()),
            2 => drop(peers.admit(name.as_str()).unwrap()),
            _ => peers.add_bytes(name.as_str(), Direction::Download, 1),
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(peers.len() <= CAPACITY);
    assert_eq!(peers.len() as u64 + peers.evicted(), NAMES);
    assert!(grown <= ENTRY * CAPACITY + SLACK, "{grown} bytes for {CAPACITY} peers");
    println!("{grown} bytes grown, {} peers", peers.len());
}
