//! What was written before.

use super::segments::Listed;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

/// The newest lines that were there at the start, and what could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadBack<T> {
    /// Oldest first.
    pub lines: Vec<T>,
    /// So many lines on the way there are of somebody else, damaged or cut off, and were passed over.
    pub foreign: u64,
    /// So many files on the way there could not be read to their end.
    pub unreadable: u64,
}

/// The newest lines of these files, which are oldest first. Takes the memory of the lines that are kept and of one more.
pub(super) fn newest<T: DeserializeOwned>(
    files: &[Listed],
    at_most: usize,
    line_bytes: usize,
) -> ReadBack<T> {
    let mut found = VecDeque::new();
    let (mut foreign, mut unreadable) = (0, 0);
    for file in files.iter().rev() {
        let room = at_most - found.len();
        if room == 0 {
            break;
        }
        let mut of_file = VecDeque::new();
        let outcome = each_line(&file.path, line_bytes, |line| {
            match line.and_then(|line| serde_json::from_slice(line).ok()) {
                Some(line) => {
                    of_file.push_back(line);
                    if of_file.len() > room {
                        of_file.pop_front();
                    }
                }
                None => foreign += 1,
            }
        });
        unreadable += u64::from(outcome.is_err());
        of_file.append(&mut found);
        found = of_file;
    }
    ReadBack { lines: found.into(), foreign, unreadable }
}

/// Calls `with` for each line; with nothing for one that is longer than any that is written.
fn each_line(path: &Path, longest: usize, mut with: impl FnMut(Option<&[u8]>)) -> io::Result<()> {
    let mut file = BufReader::with_capacity(64 << 10, File::open(path)?);
    let mut line = Vec::new();
    let mut is_too_long = false;
    loop {
        let read = file.fill_buf()?;
        if read.is_empty() {
            break;
        }
        let end = read.iter().position(|byte| *byte == b'\n');
        let part = &read[..end.unwrap_or(read.len())];
        is_too_long |= line.len() + part.len() > longest;
        if !is_too_long {
            line.extend_from_slice(part);
        }
        let used = part.len() + usize::from(end.is_some());
        file.consume(used);
        if end.is_some() {
            with((!is_too_long).then_some(&line));
            line.clear();
            is_too_long = false;
        }
    }
    if is_too_long || !line.is_empty() {
        with((!is_too_long).then_some(&line));
    }
    Ok(())
}
