//! As many peers as a file holds.

use super::past::Past;
use serde::Serialize;
use std::io::{self, Write};

/// What stands around all of them: the line of the writer, and the names of the fields.
const AROUND: u64 = 1 << 10;

/// Those of `peers` that a file of `at_most` bytes holds. Where that is not all, those stay that something is held against, and
/// those that take little: an id that is as long as the file keeps nobody else out of it.
pub(super) fn into<K: Serialize>(at_most: u64, peers: Vec<(K, Past)>) -> Vec<(K, Past)> {
    let mut left = at_most.saturating_sub(AROUND);
    let mut sized: Vec<_> = peers.into_iter().map(|peer| (size(&peer), peer)).collect();
    let all = sized.iter().fold(0_u64, |all, (size, _)| all.saturating_add(*size));
    if all > left {
        sized.sort_by_key(|(size, (_, past))| (!past.is_penalised(), *size));
        sized.retain(|(size, _)| {
            let fits = *size <= left;
            left -= if fits { *size } else { 0 };
            fits
        });
    }
    sized.into_iter().map(|(_, peer)| peer).collect()
}

/// How much it takes to write, with what divides it from the next one. What cannot be written is for the writer to say.
fn size(peer: &impl Serialize) -> u64 {
    let mut count = Count(1);
    let _ = serde_json::to_writer(&mut count, peer);
    count.0
}

/// Counts what is written to it.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
