//! How much is told of what is remarkable.

use crate::Tick;
use std::sync::atomic::{AtomicU64, Ordering};

/// Lets a few pass each second: with messages that are all different every failure is a new one, and nobody reads that.
#[derive(Debug, Default)]
pub(super) struct Announcements {
    /// The second that is counted, with how many there were in it in the lowest bits.
    word: AtomicU64,
}

/// As many as a person can take in.
const PER_SECOND: u64 = 10;

const COUNT_BITS: u32 = 4;

impl Announcements {
    /// Whether one more may be told at `now`.
    pub(super) fn may(&self, now: Tick) -> bool {
        let second = now.since(Tick::ZERO).as_secs() << COUNT_BITS;
        let one_more = |word: u64| match word & !((1 << COUNT_BITS) - 1) == second {
            true if word - second < PER_SECOND => Some(word + 1),
            true => None,
            false => Some(second + 1),
        };
        self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn h20_ten_a_second_are_told_and_ten_more_in_the_next() {
        let announcements = Announcements::default();
        for second in [0, 1, 2, 700, 699] {
            let now = Tick::ZERO + Duration::from_secs(second) + Duration::from_millis(999);
            let told = (0..1_000).filter(|_| announcements.may(now)).count();
            assert_eq!(told, 10, "in second {second}");
        }
    }
}
