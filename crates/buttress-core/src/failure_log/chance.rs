//! How likely something is without a reason, so that it is not taken for one.

/// The probability of at least `hits` of `tries` when each hits with probability `each`.
pub(super) fn at_least(hits: u64, tries: u64, each: f64) -> f64 {
    if hits == 0 || each >= 1.0 {
        return 1.0;
    }
    if hits > tries || each <= 0.0 {
        return 0.0;
    }
    let choose: f64 = (1..=hits).map(|k| ((tries - hits + k) as f64 / k as f64).ln()).sum();
    let (yes, no) = (each.ln(), (1.0 - each).ln());
    let mut term = (choose + yes * hits as f64 + no * (tries - hits) as f64).exp();
    let mut sum = 0.0;
    for k in hits..=tries {
        sum += term;
        term *= (tries - k) as f64 / (k + 1) as f64 * (each / (1.0 - each));
    }
    sum.min(1.0)
}

/// Whether the later ones of a row of numbers tend to be larger than the first `split`: the rank sum of Mann and Whitney,
/// in standard deviations from what chance makes likely. How much larger does not matter, so a burst is one large number.
pub(super) fn rank_step(ranks: &Ranks, split: usize) -> f64 {
    let (before, after) = (split as f64, (ranks.of.len() - split) as f64);
    let all = before + after;
    let sum: f64 = ranks.of[split..].iter().sum();
    let expected = after * (all + 1.0) / 2.0;
    let variance = before * after / 12.0 * ((all + 1.0) - ranks.ties / (all * (all - 1.0)));
    if variance <= 0.0 { 0.0 } else { (sum - expected) / variance.sqrt() }
}

/// The places of numbers in their order, equal ones sharing theirs.
#[derive(Debug)]
pub(super) struct Ranks {
    of: Vec<f64>,
    /// The sum of t³ − t over all groups of t equal ones.
    ties: f64,
}

impl Ranks {
    pub(super) fn new(numbers: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..numbers.len()).collect();
        order.sort_by(|&one, &other| numbers[one].total_cmp(&numbers[other]));
        let mut of = vec![0.0; numbers.len()];
        let mut ties = 0.0;
        let mut start = 0;
        for group in order.chunk_by(|&one, &other| numbers[one] == numbers[other]) {
            let size = group.len() as f64;
            for &index in group {
                of[index] = start as f64 + (size + 1.0) / 2.0;
            }
            ties += size.powi(3) - size;
            start += group.len();
        }
        Self { of, ties }
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_the_binomial_is_exact() {
        assert_eq!(at_least(0, 5, 0.5), 1.0);
        assert!((at_least(5, 5, 0.5) - 1.0 / 32.0).abs() < 1e-12);
        assert!((at_least(4, 5, 0.5) - 6.0 / 32.0).abs() < 1e-12);
        assert!((at_least(1, 3, 0.1) - (1.0 - 0.729)).abs() < 1e-12);
        assert_eq!((at_least(6, 5, 0.5), at_least(1, 5, 0.0), at_least(3, 5, 1.0)), (0.0, 0.0, 1.0));
        assert!((0.0..1e-100).contains(&at_least(400, 400, 0.5)));
    }

    #[test]
    fn ranks_share_ties_and_a_step_is_far_from_chance() {
        let ranks = Ranks::new(&[3.0, 1.0, 3.0, 2.0]);
        assert_eq!(ranks.of, [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(ranks.ties, 6.0);
        let step: Vec<f64> = (0..96).map(|at| if at < 80 { 0.0 } else { 4.0 }).collect();
        assert!(rank_step(&Ranks::new(&step), 80) > 9.0);
        let one_burst: Vec<f64> = (0..96).map(|at| if at == 90 { 1e6 } else { 0.0 }).collect();
        assert!(rank_step(&Ranks::new(&one_burst), 80) < 3.0);
        assert_eq!(rank_step(&Ranks::new(&[1.0; 8]), 4), 0.0);
    }
}
