//! The usual choice, in which there is nothing to decide but which one of two is the better one.

use super::choice::{Candidate, Choice, DRAWS};
use crate::dice::Rolls;

impl<'a, C: Candidate> Choice<'a, C> {
    /// The one that [`make`](Self::make) chooses by this roll, where it is one of the first two that are drawn; `None` wherever
    /// there may be more to it. It asks only for what is known at once, and nothing that takes a lock or tells anybody.
    #[inline]
    pub(super) fn quick(&self, roll: u64, wanted: impl Fn(&C) -> bool) -> Option<&'a C> {
        let mut rolls = Rolls::of(roll);
        let count = self.candidates.len();
        if count < 2 || rolls.share() < self.rules.explore_share.get() {
            return None;
        }
        let at = rolls.below(count);
        let other = (1..DRAWS).map(|_| rolls.below(count)).find(|other| *other != at)?;
        let (one, other) = (&self.candidates[at], &self.candidates[other]);
        if !(one.is_clear() && other.is_clear() && wanted(one) && wanted(other)) {
            return None;
        }
        let (stands, challenges) =
            (one.standing(self.prices, self.now), other.standing(self.prices, self.now));
        let stays = rolls.share() < stands.share_beside(challenges);
        let (best, stands) = if stays { (one, stands) } else { (other, challenges) };
        // More are drawn where neither is good.
        (!stands.is_dear).then_some(best)
    }
}
