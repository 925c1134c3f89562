//! Durations one by one, of which only buckets are known.

use crate::Durations;

/// The calls since `before` as seconds and how many took that long: each in the bucket it was counted in, and such that
/// all together took as long as they did.
pub(super) fn spread(now: &Durations, before: Option<&Durations>) -> Vec<(f64, usize)> {
    // With other bounds, or fewer calls in a bucket, it is another histogram.
    let before = before.filter(|before| {
        let fewer = now.counts.iter().zip(&before.counts).any(|(now, before)| now < before);
        now.bounds == before.bounds && !fewer
    });
    let sum = now.sum.saturating_sub(before.map(|before| before.sum).unwrap_or_default()).as_secs_f64();
    let earlier = |bucket: usize| before.map_or(0, |before| before.counts[bucket]);
    let counts: Vec<_> =
        now.counts.iter().enumerate().map(|(bucket, count)| count - earlier(bucket)).collect();

    let highs: Vec<_> = now.bounds.iter().map(|bound| bound.as_secs_f64()).collect();
    let low = |bucket: usize| if bucket == 0 { 0.0 } else { highs[bucket - 1] };
    let width = |bucket: usize| highs[bucket] - low(bucket);
    let beyond = counts[highs.len()] as f64;
    // By how much the calls took longer than if each were as short as its bucket allows, and the most of that which the
    // buckets with an end can take.
    let shortest: f64 = counts.iter().enumerate().map(|(bucket, count)| *count as f64 * low(bucket)).sum();
    let excess = (sum - shortest).max(0.0);
    let room: f64 = (0..highs.len()).map(|bucket| counts[bucket] as f64 * width(bucket)).sum();
    // Calls beyond the last bound take at least half of it.
    let filled = if beyond > 0.0 { (excess / (2.0 * room)).min(0.5) } else { excess / room };
    // Above zero, as a bucket does not hold its lower bound.
    let filled = if room > 0.0 { filled.clamp(1e-9, 1.0) } else { 0.0 };
    let longest = highs[highs.len() - 1];
    let above = ((excess - filled * room) / beyond).max(longest * 1e-9);

    let seconds = |bucket: usize| match highs.get(bucket) {
        Some(_) => low(bucket) + filled * width(bucket),
        None => longest + above,
    };
    let some = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    some.map(|(bucket, count)| (seconds(bucket), usize::try_from(*count).unwrap_or(usize::MAX))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bounds, Histogram, Tick};
    use std::time::Duration;

    /// What would come of it in a histogram with the same bounds.
    fn again(calls: &[(f64, usize)]) -> (Vec<u64>, f64) {
        let bounds: Vec<_> = Bounds::default().iter().map(|bound| bound.as_secs_f64()).collect();
        let mut counts = vec![0; bounds.len() + 1];
        for (seconds, calls) in calls {
            counts[bounds.partition_point(|bound| bound < seconds)] += *calls as u64;
        }
        (counts, calls.iter().map(|(seconds, calls)| seconds * *calls as f64).sum())
    }

    #[test]
    fn s2_33_every_call_is_in_its_bucket_and_the_sum_is_right() {
        let histogram = Histogram::new(Bounds::default());
        let mut before = None;
        for millis in
            [&[3, 4, 4, 9, 30, 800][..], &[], &[5], &[5_000, 5_001], &[12_000, 1, 99_000], &[10_001, 11]]
        {
            for millis in millis {
                histogram.record(Tick::ZERO, Tick::ZERO + Duration::from_millis(*millis));
            }
            let now = histogram.snapshot();
            let (counts, sum) = again(&spread(&now, before.as_ref()));
            let grown = |bucket: usize| {
                now.counts[bucket] - before.as_ref().map_or(0, |before: &Durations| before.counts[bucket])
            };
            assert_eq!(counts, (0..now.counts.len()).map(grown).collect::<Vec<_>>(), "{millis:?}");
            let took = millis.iter().sum::<u64>() as f64 / 1_000.0;
            assert!((sum - took).abs() < 1e-6, "{millis:?}: {sum} instead of {took}");
            before = Some(now);
        }
        // Another histogram under the same name.
        let other = Histogram::new(Bounds::default());
        other.record(Tick::ZERO, Tick::ZERO + Duration::from_millis(40));
        let calls = spread(&other.snapshot(), before.as_ref());
        assert_eq!(calls.len(), 1);
        assert!((calls[0].0 - 0.04).abs() < 1e-9, "{calls:?}");
    }

    #[test]
    fn s2_33_other_bounds_are_those_of_another_histogram() {
        let took = |bounds: &[u64]| {
            let bounds: Vec<_> = bounds.iter().copied().map(Duration::from_millis).collect();
            let histogram = Histogram::new(Bounds::new(&bounds).unwrap());
            histogram.record(Tick::ZERO, Tick::ZERO + Duration::from_millis(4));
            histogram.snapshot()
        };
        let bounds = [&[5][..], &[7], &[5, 10], &[1, 2, 3, 5], &[1, 3, 5, 7]];
        for (now, before) in bounds.iter().flat_map(|now| bounds.map(|before| (*now, before))) {
            let calls = spread(&took(now), Some(&took(before)));
            let expected = if now == before { &[][..] } else { &[1] };
            let calls: Vec<_> = calls.iter().map(|(_, calls)| *calls).collect();
            assert_eq!(calls, expected, "{now:?} after {before:?}");
        }
    }
}
