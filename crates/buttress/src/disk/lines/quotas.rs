//! How many lines of a class are written.

use crate::Tick;
use std::collections::HashMap;
use std::time::Duration;

/// How many classes are told apart. Those that come while there are so many share one quota, and of those left out under it no
/// line tells, as each tells of its own class alone.
const CLASSES: usize = 4_096;

/// The quota of each class.
pub(super) struct Quotas {
    at_most: u32,
    period: Duration,
    classes: HashMap<u64, Quota>,
    others: Quota,
    /// Before this it is of no use to look again for classes that can go.
    sweep_at: Tick,
}

#[derive(Clone, Copy)]
pub(super) struct Quota {
    began: Tick,
    written: u32,
    suppressed: u64,
    /// Whether it is one class that has it.
    of_one: bool,
}

impl Quotas {
    pub(super) fn new(at_most: u32, period: Duration) -> Self {
        let others = Quota { began: Tick::ZERO, written: 0, suppressed: 0, of_one: false };
        Self { at_most, period, classes: HashMap::new(), others, sweep_at: Tick::ZERO }
    }

    /// One more of a class: its quota, and with how many left out before it the line may be written.
    pub(super) fn judge(&mut self, class: u64, now: Tick) -> (&mut Quota, Option<u64>) {
        let (at_most, period) = (self.at_most, self.period);
        let quota = self.quota(class, now);
        if now.since(quota.began) >= period {
            (quota.began, quota.written) = (now, 0);
        }
        if quota.written == at_most {
            quota.suppressed += u64::from(quota.of_one);
            return (quota, None);
        }
        quota.written += 1;
        let suppressed = std::mem::take(&mut quota.suppressed);
        (quota, Some(suppressed))
    }

    fn quota(&mut self, class: u64, now: Tick) -> &mut Quota {
        if self.classes.len() >= CLASSES && now >= self.sweep_at && !self.classes.contains_key(&class) {
            // What is to be told of stays until the next line of its class, as long as others can go.
            let over = |quota: &Quota| now.since(quota.began) >= self.period;
            self.classes.retain(|_, quota| quota.suppressed > 0 || !over(quota));
            if self.classes.len() >= CLASSES {
                self.classes.retain(|_, quota| !over(quota));
            }
            self.sweep_at = now + self.period / 16;
        }
        let new = Quota { began: now, written: 0, suppressed: 0, of_one: true };
        if self.classes.len() < CLASSES {
            return self.classes.entry(class).or_insert(new);
        }
        self.classes.get_mut(&class).unwrap_or(&mut self.others)
    }
}

impl Quota {
    /// The line that was let through with so many before it found no place: it is one of those the next line tells of.
    pub(super) const fn give_back(&mut self, suppressed: u64) {
        self.written = self.written.saturating_sub(1);
        if self.of_one {
            self.suppressed = suppressed.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn h20_a_class_has_its_lines_in_each_period_and_the_next_one_tells_of_the_rest() {
        let mut quotas = Quotas::new(2, MINUTE);
        let now = Tick::ZERO + MINUTE;
        let mut judge = |class, now| quotas.judge(class, now).1;
        assert_eq!([1, 1, 1, 2].map(|class| judge(class, now)), [Some(0), Some(0), None, Some(0)]);
        assert_eq!(judge(1, now + MINUTE / 2), None);
        assert_eq!([1, 1, 1].map(|class| judge(class, now + MINUTE)), [Some(2), Some(0), None]);
        assert_eq!(judge(1, now), None, "a clock that goes back opens nothing");
    }

    #[test]
    fn h20_a_line_without_a_place_is_told_of_as_well() {
        let mut quotas = Quotas::new(1, MINUTE);
        let (quota, judgement) = quotas.judge(1, Tick::ZERO);
        quota.give_back(judgement.unwrap());
        assert_eq!(quotas.judge(1, Tick::ZERO).1, Some(1));
    }

    #[test]
    fn h20_what_a_class_left_out_is_told_of_by_none_but_its_own_next_line() {
        let mut quotas = Quotas::new(1, MINUTE);
        let mut judge = |class, now| quotas.judge(class, now).1;
        assert_eq!([1, 1, 1].map(|class| judge(class, Tick::ZERO)), [Some(0), None, None]);
        // So many others that there is no place left, and then some.
        for class in 0..2 * CLASSES as u64 {
            let _ = judge(10 + class, Tick::ZERO);
        }
        assert_eq!(judge(1_000_000, Tick::ZERO + MINUTE), Some(0));
        assert_eq!(judge(1, Tick::ZERO + MINUTE), Some(2), "the sweep left what is to be told");
    }

    #[test]
    fn h20_what_is_left_out_under_the_quota_of_all_others_is_told_of_no_other_class() {
        let mut quotas = Quotas::new(1, MINUTE);
        let mut judge = |class, now| quotas.judge(class, now).1;
        let half = Tick::ZERO + MINUTE / 2;
        for class in 0..CLASSES as u64 {
            assert_eq!(judge(class, half), Some(0));
        }
        assert_eq!([10_000, 10_001, 10_002].map(|class| judge(class, half)), [Some(0), None, None]);
        assert_eq!(judge(10_003, Tick::ZERO + MINUTE), Some(0));
    }

    #[test]
    fn w09_classes_that_are_to_be_told_of_take_no_place_for_ever() {
        let mut quotas = Quotas::new(1, MINUTE);
        for class in 0..CLASSES as u64 {
            assert_eq!([0, 1].map(|_| quotas.judge(class, Tick::ZERO).1), [Some(0), None]);
        }
        let later = Tick::ZERO + MINUTE;
        assert_eq!([10_000, 10_001].map(|class| quotas.judge(class, later).1), [Some(0), Some(0)]);
        assert_eq!(quotas.classes.len(), 2);
    }

    #[test]
    fn w09_a_million_classes_take_the_memory_of_four_thousand() {
        let mut quotas = Quotas::new(1, MINUTE);
        let admitted = (0..1_000_000).filter(|class| quotas.judge(*class, Tick::ZERO).1.is_some()).count();
        assert_eq!((admitted, quotas.classes.len()), (CLASSES + 1, CLASSES));
        // When their period is over, their places are free.
        assert_eq!(quotas.judge(2_000_000, Tick::ZERO + MINUTE).1, Some(0));
        assert_eq!(quotas.classes.len(), 1);
    }
}
