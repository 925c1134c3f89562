//! A budget in a file.

use crate::{FAILED, HOUR, calls, config, record};
use buttress::Outcome;
use buttress::error_budget::persist::{Found, Kept};
use buttress::error_budget::{Handle, presets};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that goes with the test.
pub(crate) fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budget.json");
    (folder, path)
}

fn open(path: &Path) -> Kept {
    Kept::open(path, "orders", config())
}

/// The file of a budget of ten calls, three of them bad.
fn three_of_ten() -> (tempfile::TempDir, PathBuf) {
    let (folder, path) = folder();
    let kept = open(&path);
    assert!(matches!(kept.found(), Found::Nothing));
    record(kept.handle(), Outcome::Success, 7);
    record(kept.handle(), FAILED, 3);
    drop(kept);
    (folder, path)
}

#[test]
fn g5_a_budget_goes_on_where_the_process_before_ended() {
    let (_folder, path) = three_of_ten();
    for _ in 0..2 {
        let kept = open(&path);
        assert!(matches!(kept.found(), Found::State { age } if *age < HOUR / 60));
        assert_eq!((calls(kept.handle()), kept.handle().is_exhausted()), ((10, 3), true));
    }
    let kept = open(&path);
    record(kept.handle(), Outcome::Success, 100);
    kept.save().unwrap();
    let saves = kept.saves();
    assert!(saves.saved >= 1 && saves.last.is_some() && (saves.failed, saves.trouble) == (0, None));
    // The level is that of what was found, and of what came since.
    assert_eq!((calls(kept.handle()), kept.handle().is_exhausted()), ((110, 3), false));
}

#[test]
fn g5_a_reset_is_saved_without_a_call_and_without_waiting() {
    let (folder, path) = three_of_ten();
    let kept = open(&path);
    kept.handle().reset();
    assert_eq!(calls(kept.handle()), (0, 0));
    drop(kept);
    assert_eq!(calls(open(&path).handle()), (0, 0), "it was reset, and nobody called since");

    // Nor does it take until the next time: who is killed a moment later has it saved.
    let kept = open(&path).every(HOUR);
    record(kept.handle(), FAILED, 3);
    kept.save().unwrap();
    kept.handle().reset();
    while kept.saves().saved < 2 {
        std::thread::yield_now();
    }
    let on_the_disk = folder.path().join("copy.json");
    fs::copy(&path, &on_the_disk).unwrap();
    assert_eq!(calls(open(&on_the_disk).handle()), (0, 0));
}

#[test]
fn g5_who_comes_second_counts_from_what_there_is_and_overwrites_nothing() {
    let (folder, path) = three_of_ten();
    let first = open(&path);
    let second = open(&path);
    assert!(matches!(second.found(), Found::State { .. }));
    let trouble = second.handle().saves().unwrap().trouble.unwrap();
    assert!(trouble.contains(".budget.json.lock is held by another"), "{trouble}");
    record(first.handle(), FAILED, 1);
    first.save().unwrap();
    let saved = fs::read(&path).unwrap();
    record(second.handle(), Outcome::Success, 5);
    assert_eq!(second.save().unwrap_err().kind(), std::io::ErrorKind::ResourceBusy);
    assert_eq!((calls(second.handle()), second.saves().failed), ((15, 3), 1));
    assert_eq!(fs::read(&path).unwrap(), saved, "it is the first one's");
    // Nor is a file that it cannot use put aside, or what the first has begun to write.
    let begun = folder.path().join(".budget.json.begun.tmp");
    fs::write(&begun, "").unwrap();
    fs::write(&path, "half").unwrap();
    assert!(matches!(open(&path).found(), Found::Unusable { put_aside: None, .. }));
    assert!(begun.exists() && path.exists());

    // Whoever is left keeps it.
    drop(first);
    second.save().unwrap();
    assert_eq!((second.saves().trouble, second.saves().saved), (None, 1));
    drop(second);
    assert_eq!(calls(open(&path).handle()), (15, 3));
}

#[test]
fn g5_an_action_that_was_due_is_due_again_after_a_restart() {
    let (_folder, path) = three_of_ten();
    let kept = open(&path);
    let retries = buttress::retry::Budget::default();
    kept.handle().shrink_retries(&retries, buttress::Ratio::ZERO, buttress::Ratio::ZERO);
    assert_eq!(retries.snapshot().balance, 0);
}

#[test]
fn g5_objectives_are_known_by_their_names() {
    let (_folder, path) = folder();
    let kept = Kept::of(&path, "orders", [("a", config()), ("b", presets::standard())]);
    record(kept.handle(), FAILED, 3);
    drop(kept);
    let kept = Kept::of(&path, "orders", [("c", config()), ("a", config())]);
    let totals: Vec<_> =
        kept.handle().snapshot().objectives.iter().map(|of| (of.name, of.budget.total)).collect();
    assert_eq!(totals, [("orders.c", 0), ("orders.a", 3)]);
}

#[test]
fn g6_no_file_keeps_a_budget_from_its_start() {
    let (folder, path) = three_of_ten();
    let whole = fs::read(&path).unwrap();
    let aside = folder.path().join("budget.json.unusable");
    let mut spoilt: Vec<Vec<u8>> = (0..whole.len()).map(|end| whole[..end].to_vec()).collect();
    spoilt.extend((0..whole.len() * 8).map(|bit| {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    }));
    let text = String::from_utf8(whole).unwrap();
    spoilt.push(text.replace("error_budget 1", "error_budget 2").into_bytes());
    spoilt.push(vec![b'x'; 9 << 20]);
    for file in spoilt {
        fs::write(&path, &file).unwrap();
        let kept = open(&path);
        assert!(matches!(kept.found(), Found::Unusable { put_aside: Some(_), .. }), "{:?}", kept.found());
        assert_eq!(calls(kept.handle()), (0, 0));
        assert_eq!(fs::read(&aside).unwrap(), file);
        // Nothing was counted, so nothing is written that the next start would find.
        drop(kept);
    }
}

#[test]
fn g6_a_folder_that_is_none_costs_the_file_and_nothing_else() {
    let (folder, _) = folder();
    let not_a_folder = folder.path().join("file");
    fs::write(&not_a_folder, "").unwrap();
    let kept = open(&not_a_folder.join("budget.json"));
    record(kept.handle(), FAILED, 1);
    assert!(kept.save().is_err());
    let saves = kept.handle().saves().unwrap();
    assert!(saves.failed >= 1 && saves.trouble.is_some_and(|why| !why.is_empty()) && saves.last.is_none());
    assert_eq!(calls(kept.handle()), (1, 1));
}

#[test]
fn f1_a_state_from_the_future_is_as_old_as_now() {
    let (_folder, path) = three_of_ten();
    let saved = fs::read_to_string(&path).unwrap();
    let state = saved.lines().nth(1).unwrap().to_owned();
    let file = |saved_at: &str| {
        // As the file is written: a checksum over all that follows it.
        let sealed = format!("error_budget 1 {saved_at}\n{state}\n");
        format!("buttress-state 1 {:08x} {sealed}", crc32fast::hash(sealed.as_bytes()))
    };
    fs::write(&path, file("99999999999999")).unwrap();
    let kept = open(&path);
    assert!(matches!(kept.found(), Found::State { age } if age.is_zero()));
    assert_eq!(calls(kept.handle()), (10, 3));
    drop(kept);
    // And one that is older than its window is as good as none.
    fs::write(&path, file("0")).unwrap();
    let kept = open(&path);
    assert!(matches!(kept.found(), Found::State { age } if *age > HOUR));
    assert_eq!(calls(kept.handle()), (0, 0));
}

#[test]
fn b6_the_thread_ends_with_its_owner() {
    let (_folder, path) = folder();
    let kept = open(&path);
    let weak = kept.handle().clone();
    record(&weak, Outcome::Success, 1);
    drop(kept);
    // What comes later is for nobody to save.
    record(&weak, Outcome::Success, 1);
    assert_eq!(calls(open(&path).handle()), (1, 0));
    let _: Handle = weak;
}
