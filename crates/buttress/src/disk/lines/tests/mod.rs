//! Disks that are full, broken and stuck, and clocks that move.

mod faults;
mod keeping;
mod stuck;
mod trouble;

use super::*;
use faults::Faults;
use serde::Deserialize;
use std::fs;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;
use tempfile::TempDir;

/// Longer than anything takes on a machine with much else to do.
const LONG: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    class: u64,
    number: u64,
    text: String,
    suppressed: u64,
}

impl Line for Note {
    fn class(&self) -> u64 {
        self.class
    }

    fn suppressed(&mut self, lines: u64) {
        self.suppressed = lines;
    }
}

fn note(class: u64, number: u64) -> Note {
    Note { class, number, text: "connection\nrefused".into(), suppressed: 0 }
}

/// Lines in a folder of their own, on a disk with faults, by a clock that is set in milliseconds.
struct Desk {
    folder: TempDir,
    faults: Faults,
    clock: Arc<AtomicU64>,
    config: Config,
}

impl Desk {
    fn new(config: Builder) -> Self {
        let clock = Arc::new(AtomicU64::new(1_795_305_600_000));
        let folder = tempfile::tempdir().unwrap();
        Self { folder, faults: Faults::default(), clock, config: config.build().unwrap() }
    }

    fn open(&self) -> (Lines<Note>, ReadBack<Note>) {
        self.try_open().unwrap()
    }

    fn try_open(&self) -> io::Result<(Lines<Note>, ReadBack<Note>)> {
        let clock = Arc::clone(&self.clock);
        let clock = move || SystemTime::UNIX_EPOCH + Duration::from_millis(clock.load(Relaxed));
        let folder = self.folder.path().to_owned();
        Lines::open_on(self.faults.clone(), Box::new(clock), folder, "notes", self.config)
    }

    fn pass(&self, time: Duration) {
        self.clock.fetch_add(time.as_millis() as u64, Relaxed);
    }

    /// The names of the files, oldest first, and what is in them.
    fn files(&self) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn names(&self) -> Vec<String> {
        self.files().into_iter().map(|(name, _)| name).collect()
    }

    /// All lines of all files; each must be one.
    fn notes(&self) -> Vec<Note> {
        let files = self.files();
        files
            .iter()
            .flat_map(|(_, text)| text.lines())
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn numbers(&self) -> Vec<u64> {
        self.notes().iter().map(|note| note.number).collect()
    }
}
