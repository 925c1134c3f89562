//! Ledgers of peers in files and in a registry.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod broken;
mod killed;
mod known;
mod mounted;
mod registry;

use buttress_reputation::persist::Kept;
use buttress_reputation::{Config, Ledger};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const MS: Duration = Duration::from_millis(1);

/// A folder that goes with the test.
pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("peers.json");
    (folder, path)
}

pub(crate) fn open(path: &Path) -> Kept {
    Kept::open(path, "swarm", Config::default())
}

/// A peer that does well, one that does not, one whose breaker is open and one that is banned.
pub(crate) fn live(peers: &Ledger) {
    (0..5).for_each(|_| peers.record_success("alice", 20 * MS));
    (0..3).for_each(|_| peers.record_failure("bob"));
    (0..6).for_each(|_| peers.record_failure("carol"));
    assert!(peers.ban("mallory", "sent\ngarbage", HOUR));
    assert!(peers.ban("oscar", "never again", None));
}

/// The same file, as if it had been saved at another time: a checksum over all that follows it.
pub(crate) fn saved_at(path: &Path, millis: u128) {
    let saved = std::fs::read_to_string(path).unwrap();
    let state = saved.lines().nth(1).unwrap();
    let sealed = format!("peers 1 {millis}\n{state}\n");
    std::fs::write(path, format!("buttress-state 1 {:08x} {sealed}", crc32fast::hash(sealed.as_bytes())))
        .unwrap();
}
