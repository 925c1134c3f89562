//! Real disks that are full or cannot be written, as small file systems in memory that this user may mount for itself.

use crate::{live, open};
use buttress_reputation::persist::Found;
use std::env;
use std::path::Path;
use std::process::Command;

/// Set for the process that has such a disk: where it is.
const DISK: &str = "BUTTRESS_TEST_DISK";

/// Runs the test of this name with a file system of its own, after `prepare` in its folder. Nothing where that is not allowed, as in
/// some containers.
fn on_a_disk(options: &str, prepare: &str, test: &str) {
    let own = ["--user", "--map-root-user", "--mount"];
    let may = Command::new("unshare").args(own).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("no file system can be mounted here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "mount -t tmpfs -o {options} tmpfs \"${DISK}\" && cd \"${DISK}\" && {prepare} && exec \"$@\""
    );
    let run = Command::new("unshare")
        .args(own)
        .args(["sh", "-c", &script, "sh"])
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(DISK, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&run.stderr)
    );
}

#[test]
fn on_a_small_disk() {
    let Some(disk) = env::var_os(DISK) else { return };
    let path = Path::new(&disk).join("peers.json");
    let kept = open(&path);
    live(kept.ledger());
    kept.save().unwrap();
    (0..2_000).for_each(|id| kept.ledger().record_failure(&format!("peer {id}")));
    let refused = kept.save().unwrap_err().to_string();
    assert!(refused.contains("No space left on device"), "{refused}");
    assert!(kept.saves().trouble.is_some_and(|why| why.contains("No space left")));
    assert!(kept.ledger().is_banned("oscar") && kept.ledger().len() > 2_000);
    drop(kept);
    // What is there was whole when it was saved: the first time, or behind the back of those that came since.
    let kept = open(&path);
    assert!(matches!(kept.found(), Found::State { .. }), "{:?}", kept.found());
    assert!(kept.ledger().is_banned("oscar") && kept.ledger().len() < 2_000);
}

#[test]
fn on_a_disk_to_read() {
    let Some(disk) = env::var_os(DISK) else { return };
    let kept = open(&Path::new(&disk).join("peers.json"));
    assert!(matches!(kept.found(), Found::Unusable { put_aside: None, .. }), "{:?}", kept.found());
    live(kept.ledger());
    let refused = kept.save().unwrap_err().to_string();
    assert!(refused.contains("Read-only file system"), "{refused}");
    assert!(kept.ledger().is_banned("oscar"));
}

#[test]
fn g6_a_disk_that_is_full_costs_what_is_new_and_no_start() {
    on_a_disk("size=256k", "true", "mounted::on_a_small_disk");
}

#[test]
fn g6_a_disk_that_cannot_be_written_costs_no_start() {
    let prepare = "echo nothing > peers.json && mount -o remount,ro tmpfs .";
    on_a_disk("size=64k", prepare, "mounted::on_a_disk_to_read");
}
