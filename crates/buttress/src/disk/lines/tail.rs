//! The end of a file whose process was killed while it wrote.

use super::medium::Segment;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Makes a file of so many bytes end with a whole line, and says how long it is then.
///
/// A part of a line is cut off, so that every tool can read the file. A line that lacks nothing but its end, as somebody's
/// editor leaves it, is given that.
pub(super) fn mend<F: Segment>(mut file: F, path: &Path, bytes: u64) -> io::Result<(F, u64)> {
    let mut read = File::open(path)?;
    let whole = end_of_lines(&mut read, bytes)?;
    if whole == bytes {
        return Ok((file, whole));
    }
    read.seek(SeekFrom::Start(whole))?;
    if serde_json::from_reader::<_, serde::de::IgnoredAny>(io::BufReader::new(read)).is_ok()
        && file.write(b"\n").is_ok_and(|written| written == 1)
    {
        return Ok((file, bytes + 1));
    }
    file.truncate(whole)?;
    Ok((file, whole))
}

/// Behind the last end of a line, which is looked for from behind.
fn end_of_lines(file: &mut File, bytes: u64) -> io::Result<u64> {
    let mut block = vec![0; 64 << 10];
    let mut end = bytes;
    while end > 0 {
        let start = end.saturating_sub(block.len() as u64);
        let part = &mut block[..usize::try_from(end - start).unwrap_or(usize::MAX)];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
