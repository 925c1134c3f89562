//! State files that are not as they were written.

use buttress::disk::state_file::Unusable;
use buttress::disk::{Loaded, StateFile};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

fn file(folder: &Path) -> StateFile {
    StateFile::new(folder.join("budget"), "error_budget", 3)
}

/// Loads what is no state, twice: it is put aside the first time, and the second start does not meet it.
fn unusable(file: &StateFile) -> Unusable {
    let was = fs::metadata(file.path()).unwrap().len();
    let Loaded::Unusable { why, put_aside: Some(aside) } = file.load::<Vec<u64>>() else {
        panic!("it is used")
    };
    assert_eq!(fs::metadata(aside).unwrap().len(), was, "it is there for a person to look at");
    assert!(matches!(file.load::<Vec<u64>>(), Loaded::None));
    why
}

#[test]
fn g6_a_state_cut_at_any_byte_or_with_any_bit_flipped_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path());
    file.save(&[993_u64, 7]).unwrap();
    let whole = fs::read(file.path()).unwrap();
    for len in 0..whole.len() {
        fs::write(file.path(), &whole[..len]).unwrap();
        let why = unusable(&file);
        assert!(matches!(why, Unusable::NotOurs | Unusable::Damaged), "{len} bytes: {why:?}");
    }
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(file.path(), &flipped).unwrap();
        let why = unusable(&file);
        assert!(matches!(why, Unusable::NotOurs | Unusable::Damaged), "bit {bit}: {why:?}");
    }
    fs::write(file.path(), whole).unwrap();
    assert!(matches!(file.load::<Vec<u64>>(), Loaded::Found(state, _) if state == [993, 7]));
}

#[test]
fn g6_a_state_of_something_else_or_another_version_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path());
    let path = file.path().to_owned();
    StateFile::new(&path, "reputation", 3).save(&[1_u64]).unwrap();
    assert_eq!(unusable(&file).to_string(), "it is the state of `reputation`");
    StateFile::new(&path, "error_budget", 4).save(&[1_u64]).unwrap();
    assert_eq!(unusable(&file).to_string(), "it is of version 4");
    file.save(&["not a number"]).unwrap();
    assert!(unusable(&file).to_string().starts_with("it does not fit: invalid type: string"));
    fs::write(&path, [0; 4_096]).unwrap();
    assert_eq!(unusable(&file).to_string(), "it is not a state file");
}

#[test]
fn g6_a_state_of_a_gigabyte_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path());
    File::create(file.path()).unwrap().set_len(1 << 30).unwrap();
    assert_eq!(unusable(&file).to_string(), "it has 1073741824 bytes, at most 67108864 are read");

    // Nor is one saved that would not be read.
    let small = file.clone().at_most(100);
    small.save(&[1_u64]).unwrap();
    let refused = small.save(&vec![1_u64; 100]).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidData);
    assert!(matches!(small.load::<Vec<u64>>(), Loaded::Found(state, _) if state == [1]));
}

#[test]
fn g6_what_is_no_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path());
    fs::create_dir(file.path()).unwrap();
    let Loaded::Unusable { why, put_aside: None } = file.load::<Vec<u64>>() else { panic!("it is used") };
    assert_eq!(why.to_string(), "it is not a regular file");
    assert!(file.save(&[1_u64]).is_err());
    // A file where the folder should be.
    fs::write(folder.path().join("file"), "").unwrap();
    let below = StateFile::new(folder.path().join("file/budget"), "error_budget", 3);
    let Loaded::Unusable { why, put_aside: None } = below.load::<Vec<u64>>() else { panic!("it is used") };
    assert!(matches!(why, Unusable::Unreadable(_)), "{why:?}");
    assert!(below.save(&[1_u64]).is_err());
}

#[test]
fn s0_63_folders_are_made_and_only_the_owner_reads_what_is_in_them() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/budget");
    let file = StateFile::new(&path, "error_budget", 3);
    assert!(matches!(file.load::<Vec<u64>>(), Loaded::None));
    file.save(&[1_u64]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
}
