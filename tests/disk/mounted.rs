//! Real disks that are full or cannot be written, as small file systems in memory that this user may mount for itself.

use crate::writer;
use std::process::Command;

/// Runs the writer on a file system of its own, after `prepare` in its folder. Nothing where that is not allowed, as in some
/// containers; what is asked of a full disk is then asked in the crate's own tests alone.
fn on_a_disk(options: &str, prepare: &str, what: &str) -> Option<String> {
    let own = ["--user", "--map-root-user", "--mount"];
    let may = Command::new("unshare").args(own).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("no file system can be mounted here");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let script =
        format!("mount -t tmpfs -o {options} tmpfs \"$3\" && cd \"$3\" && {prepare} && \"$1\" \"$2\" \"$3\"");
    let writer = writer(what, folder.path());
    let run = Command::new("unshare")
        .args(own)
        .args(["sh", "-c", &script, "sh"])
        .arg(writer.get_program())
        .args(writer.get_args())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    Some(String::from_utf8(run.stdout).unwrap())
}

#[test]
fn h20_a_full_disk_costs_no_line_and_no_state() {
    if let Some(told) = on_a_disk("size=64k", "true", "full") {
        assert!(told.contains("No space left on device"), "{told}");
    }
}

#[test]
fn h20_a_folder_that_cannot_be_written_is_told_when_it_is_opened() {
    let prepare = "echo nothing > state && mount -o remount,ro tmpfs \"$3\"";
    if let Some(told) = on_a_disk("size=64k", prepare, "read-only") {
        assert!(
            told.starts_with("cannot keep `notes` in /") && told.contains("Read-only file system"),
            "{told}"
        );
    }
}

/// With `BUTTRESS_FAILURES=10000000`, the ten million of the rule.
#[test]
fn f5_w09_no_call_that_fails_waits_for_a_disk_that_is_full_or_for_somebody_who_does_not_read() {
    if let Some(told) = on_a_disk("size=64k", "true", "failures") {
        assert!(told.contains("No space left on device"), "{told}");
    }
}
