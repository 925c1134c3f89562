//! Folders and files that lines meet at the start.

use crate::model::Note;
use buttress::Tick;
use buttress::disk::lines::{Config, Pushed};
use buttress::disk::{Lines, lines};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn open(folder: &Path) -> std::io::Result<(Lines<Note>, lines::ReadBack<Note>)> {
    Lines::open(folder, "notes", Config::default())
}

/// The one file of lines.
fn only(folder: &Path) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    let [file] = &files[..] else { panic!("{files:?}") };
    file.clone()
}

#[test]
fn h20_a_file_cut_at_any_byte_of_its_last_line_goes_on_behind_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let (lines, _) = open(folder.path()).unwrap();
    for number in 1..=3 {
        assert_eq!(lines.push(Note::new(number), Tick::ZERO), Pushed::Queued);
    }
    drop(lines);
    let file = only(folder.path());
    let whole = fs::read(&file).unwrap();
    let third = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0 + 1;
    for len in third..=whole.len() {
        fs::write(&file, &whole[..len]).unwrap();
        let (lines, before) = open(folder.path()).unwrap();
        // With all but its end it is a line.
        let left = if len >= whole.len() - 1 { 3 } else { 2 };
        assert!(before.lines.into_iter().eq((1..=left).map(Note::new)), "{len} bytes");
        assert_eq!((before.foreign, lines.snapshot().files), (0, 1));
        assert_eq!(lines.push(Note::new(4), Tick::ZERO), Pushed::Queued);
        drop(lines);
        let text = fs::read_to_string(only(folder.path())).unwrap();
        assert!(text.ends_with('\n') && text.lines().count() == left as usize + 1, "{text:?}");
    }
}

#[test]
fn h20_a_folder_is_made_and_a_file_in_its_place_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    let (lines, before) = open(&below).unwrap();
    assert!(before.lines.is_empty() && lines.folder() == below);
    assert_eq!(lines.push(Note::new(1), Tick::ZERO), Pushed::Queued);
    drop(lines);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&only(&below)), mode(&below.join(".notes.lock")), mode(&below)), (0o600, 0o600, 0o700));

    let file = only(&below);
    let refused = open(&file).unwrap_err();
    assert!(refused.to_string().contains(file.to_str().unwrap()), "{refused}");
    let refused = Lines::<Note>::open(&below, "../notes", Config::default()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_number_outside_its_range_is_refused_by_name() {
    for (config, knob) in [
        (Config::builder().queue(0), "queue"),
        (Config::builder().line_bytes(100), "line_bytes"),
        (Config::builder().segment_bytes(1_000), "line_bytes"),
        (Config::builder().segment_bytes(200 << 20), "total_bytes"),
        (Config::builder().days(0), "days"),
        (Config::builder().at_most(0, std::time::Duration::from_secs(1)), "at_most"),
        (Config::builder().read_back(1_000_000), "read_back"),
        (Config::builder().close_within(std::time::Duration::from_secs(61)), "close_within"),
    ] {
        assert_eq!(config.build().unwrap_err().knob(), knob);
    }
}
