//! Who has been asked already.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many members are remembered; beyond that the oldest is forgotten. More than a request is sent to in any sensible retry.
const PLACES: usize = 15;

/// Which members one request was sent to, shared by its attempts: the next one goes elsewhere.
///
/// A clone is the same memory. It remembers the last 15, and members by their number ([`Picked::number`](super::Picked::number)),
/// so that one that was removed and came back is another one.
#[derive(Clone, Debug, Default)]
pub struct Tried(Arc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// How many there have been.
    count: AtomicU64,
    /// Their numbers, in a ring; no member has the number zero.
    numbers: [AtomicU64; PLACES],
}

impl Tried {
    /// Nobody so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// It is sent to this member.
    pub fn add(&self, number: u64) {
        let at = self.0.count.fetch_add(1, Ordering::Relaxed) % PLACES as u64;
        self.0.numbers[at as usize].store(number, Ordering::Relaxed);
    }

    /// Whether it was sent to this member.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        self.0.numbers[..self.len()].iter().any(|tried| tried.load(Ordering::Relaxed) == number)
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.0.count.load(Ordering::Relaxed)).unwrap_or(PLACES).min(PLACES)
    }

    /// Whether it was sent to nobody so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_share_what_they_tried_and_forget_the_oldest() {
        let tried = Tried::new();
        let attempt = tried.clone();
        assert!(tried.is_empty() && !tried.contains(0), "zero is nobody's number");
        for number in 1..=16 {
            attempt.add(number);
            assert!(tried.contains(number));
        }
        assert!(!tried.contains(1), "the oldest is forgotten");
        assert!((2..=16).all(|number| tried.contains(number)));
        assert_eq!(tried.len(), 15);
    }
}
