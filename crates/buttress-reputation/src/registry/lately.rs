//! How often something happened lately, of what happens seldom.

use crate::Tick;
use buttress::registry::PeerTroubles;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parts of the window, and the one that is under way.
const PARTS: usize = 11;

/// A count per part of the window. Behind a lock: a breaker that opens or a ban is no call.
#[derive(Debug, Default)]
pub(super) struct Lately(Mutex<[Part; PARTS]>);

#[derive(Clone, Copy, Debug, Default)]
struct Part {
    /// Which part of all time it is.
    number: u64,
    count: u64,
}

impl Lately {
    pub(super) fn note(&self, now: Tick) {
        let number = number(now);
        let part = &mut self.lock()[number as usize % PARTS];
        if part.number != number {
            *part = Part { number, count: 0 };
        }
        part.count += 1;
    }

    /// How often within the window, and at most a tenth of it more.
    pub(super) fn count(&self, now: Tick) -> u64 {
        let last = number(now);
        let parts = self.lock();
        let within = parts.iter().filter(|part| (part.number..part.number + PARTS as u64).contains(&last));
        within.map(|part| part.count).sum()
    }

    pub(super) fn clear(&self) {
        *self.lock() = Default::default();
    }

    fn lock(&self) -> MutexGuard<'_, [Part; PARTS]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which part of all time `now` is in.
fn number(now: Tick) -> u64 {
    let part = PeerTroubles::WINDOW.as_nanos() as u64 / (PARTS as u64 - 1);
    now.as_nanos() / part
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn w62_trips_are_forgotten_when_the_window_is_over_however_many_there_were() {
        let (lately, start) = (Lately::default(), Tick::from_nanos(7_000_000_000_000));
        (0..1_000).for_each(|_| lately.note(start));
        let after = |seconds| lately.count(start + Duration::from_secs(seconds));
        assert_eq!([after(0), after(299), after(331)], [1_000, 1_000, 0]);
        lately.note(start + Duration::from_secs(3_600));
        assert_eq!([after(3_600), after(3_930)], [1, 0]);
        // A clock that went back knows of nothing that is to come.
        assert_eq!(lately.count(Tick::ZERO), 0);
        lately.clear();
        assert_eq!(after(3_600), 0);
    }
}
