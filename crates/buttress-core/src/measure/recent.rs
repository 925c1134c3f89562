//! The last few values and their percentiles, exactly.

/// The last values of a number of them that was chosen when it was made, 16 bytes each. To take one in is a search and a
/// short move, to read a percentile is a look.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    /// As they came; full, a ring whose oldest is at `next`.
    values: Vec<u64>,
    /// The same, ascending.
    sorted: Vec<u64>,
    next: usize,
    capacity: usize,
}

impl Recent {
    /// Keeps the last `capacity` values, at least one.
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { values: Vec::with_capacity(capacity), sorted: Vec::with_capacity(capacity), next: 0, capacity }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Takes one in, and answers the one that goes for it.
    pub(crate) fn push(&mut self, value: u64) -> Option<u64> {
        let gone = if self.values.len() < self.capacity {
            self.values.push(value);
            None
        } else {
            let oldest = std::mem::replace(&mut self.values[self.next], value);
            self.next = (self.next + 1) % self.capacity;
            let place = self.sorted.partition_point(|kept| *kept < oldest);
            self.sorted.remove(place);
            Some(oldest)
        };
        let place = self.sorted.partition_point(|kept| *kept < value);
        self.sorted.insert(place, value);
        gone
    }

    /// The least value that at least `percent` percent of them do not exceed; `None` without any.
    pub(crate) fn percentile(&self, percent: usize) -> Option<u64> {
        let rank = (self.len() * percent).div_ceil(100).max(1);
        self.sorted.get(rank - 1).copied()
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
        self.sorted.clear();
        self.next = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w39_percentiles_of_the_last_values_are_those_of_a_sorted_copy() {
        let mut recent = Recent::new(100);
        let mut all = Vec::new();
        let mut roll = 7_u64;
        for step in 0..1_000 {
            roll = roll.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Few different ones, so that equal values leave and come.
            let value = (roll >> 33) % 50;
            recent.push(value);
            all.push(value);
            let mut last = all[all.len().saturating_sub(100)..].to_vec();
            last.sort_unstable();
            for percent in [0, 1, 50, 95, 99, 100] {
                let below = |limit: u64| last.iter().filter(|value| **value <= limit).count();
                let least = last.iter().copied().find(|value| below(*value) * 100 >= last.len() * percent);
                assert_eq!(recent.percentile(percent), least, "{percent} % at step {step}");
            }
        }
        assert_eq!(recent.len(), 100);
    }

    #[test]
    fn without_values_there_is_no_percentile() {
        let mut recent = Recent::new(0);
        assert_eq!(recent.percentile(95), None);
        recent.push(3);
        recent.push(4);
        assert_eq!((recent.percentile(95), recent.len()), (Some(4), 1));
        recent.clear();
        assert_eq!(recent.percentile(95), None);
    }
}
