//! Which classes were seen that have no place any more.

use super::Fingerprint;
use super::line::Line;

/// How many sets of [`WAYS`] there are: 4,096 classes in 64 KiB, which are taken when the first one is to be remembered.
const SETS: usize = 1_024;
const WAYS: usize = 4;

/// The classes that were seen last. A class that comes again after so many others passes for one that was never seen.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<Option<(Fingerprint, i32)>>);

impl Seen {
    /// When it was seen last, to the minute; `None` if it was not, or not as far as is remembered.
    pub(super) fn last(&self, fingerprint: Fingerprint) -> Option<Line> {
        let set = self.0.get(Self::set(fingerprint))?;
        let found = set.iter().flatten().find(|(seen, _)| *seen == fingerprint)?;
        Some(Line::of_minute(i64::from(found.1)))
    }

    /// Remembers that it was seen at `last`, in the place of the one of its set that was seen longest ago.
    pub(super) fn remember(&mut self, fingerprint: Fingerprint, last: Line) {
        if self.0.is_empty() {
            self.0 = vec![None; SETS * WAYS];
        }
        let set = &mut self.0[Self::set(fingerprint)];
        let same = set.iter().position(|way| way.is_some_and(|(seen, _)| seen == fingerprint));
        let oldest = || set.iter().enumerate().min_by_key(|(_, way)| way.map(|(_, last)| last));
        let at = same.or_else(|| oldest().map(|(at, _)| at)).unwrap_or(0);
        let minute = i32::try_from(last.minute()).unwrap_or(0);
        set[at] = Some((fingerprint, minute));
    }

    fn set(fingerprint: Fingerprint) -> std::ops::Range<usize> {
        let first = (fingerprint.get() as usize % SETS) * WAYS;
        first..first + WAYS
    }
}
