//! What is kept in the tests: each value shows by itself whether it is whole.

use buttress::disk::{StateFile, lines};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A state whose parts are all of one saving.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    parts: Vec<u64>,
}

impl State {
    /// Longer than what a disk writes at once.
    pub(crate) fn new(number: u64) -> Self {
        Self { parts: vec![number; 2_000] }
    }

    /// Which one it is.
    pub(crate) fn number(&self) -> u64 {
        assert!(
            self.parts.len() == 2_000 && self.parts.iter().all(|part| *part == self.parts[0]),
            "a mixture"
        );
        self.parts[0]
    }
}

/// The file of such states.
pub(crate) fn states(folder: &Path) -> StateFile {
    StateFile::new(folder.join("state"), "state", 1)
}

/// A line, of some length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) number: u64,
    text: String,
}

impl Note {
    pub(crate) fn new(number: u64) -> Self {
        Self { number, text: "word ".repeat(number as usize % 200) }
    }
}

impl lines::Line for Note {
    fn class(&self) -> u64 {
        self.number
    }

    fn suppressed(&mut self, _: u64) {}
}
