//! Where a row of counts begins to be larger, and stays so.

use super::chance::{Ranks, rank_step};

/// The fewest stretches on either side of a step.
pub(super) const FEWEST: usize = 4;
/// How many stretches from where the ranks differ most the step may be.
const NEAR: usize = 8;
/// How many of the stretches after the step must have failures: a burst is over before that.
const LASTING: f64 = 0.75;
/// How many times as often it must be.
const TIMES: f64 = 3.0;
/// How many failures there must be after the step.
const FAILURES: u64 = 10;
/// How far from chance the step must be, in standard deviations: about one of a hundred million rows by itself, as each
/// of up to a hundred faults is looked at for a step at each of up to a hundred times.
const DEVIATIONS: f64 = 5.5;

/// The failures of one stretch of time, and what they are held against: the calls in it, or its length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub(super) failures: u64,
    pub(super) weight: f64,
}

/// The failures on either side of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// The first stretch after it.
    pub(super) at: usize,
    pub(super) before: u64,
    pub(super) after: u64,
}

/// The step after which there are more failures than before, up to the end and by more than chance brings about.
pub(super) fn step(row: &[Stretch]) -> Option<Step> {
    let last = row.len().checked_sub(FEWEST).filter(|last| *last >= FEWEST)?;
    let shares: Vec<f64> = row.iter().map(|stretch| stretch.failures as f64 / stretch.weight).collect();
    let ranks = Ranks::new(&shares);
    let splits = (FEWEST..=last).map(|split| (split, rank_step(&ranks, split)));
    let (sure, deviations) = splits.max_by(|one, other| one.1.total_cmp(&other.1))?;
    // Ranks tell that there is a step; where it is, the numbers themselves tell better: there the likelihood of two rates
    // is largest.
    let near = sure.saturating_sub(NEAR).max(FEWEST)..=(sure + NEAR).min(last);
    let fit = |split: usize| likelihood(&row[..split]) + likelihood(&row[split..]);
    let at = near.max_by(|&one, &other| fit(one).total_cmp(&fit(other)))?;
    let (earlier, later) = row.split_at(at);
    let step = Step { at, before: failures(earlier), after: failures(later) };
    let with_any = later.iter().filter(|stretch| stretch.failures > 0).count();
    let lasting = with_any as f64 >= later.len() as f64 * LASTING && failures(&row[last..]) > 0;
    // No stretch makes a step by itself.
    let largest = later.iter().map(|stretch| stretch.failures).max().unwrap_or(0);
    let worse = step.after >= FAILURES && largest * 2 <= step.after && rate(later) >= rate(earlier) * TIMES;
    (deviations >= DEVIATIONS && lasting && worse).then_some(step)
}

fn failures(row: &[Stretch]) -> u64 {
    row.iter().map(|stretch| stretch.failures).sum()
}

fn rate(row: &[Stretch]) -> f64 {
    failures(row) as f64 / row.iter().map(|stretch| stretch.weight).sum::<f64>()
}

/// The logarithm of how likely these failures are at their own rate, but for what is the same for each split.
fn likelihood(row: &[Stretch]) -> f64 {
    match failures(row) {
        0 => 0.0,
        failures => failures as f64 * rate(row).ln(),
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    fn row(failures: impl IntoIterator<Item = u64>) -> Vec<Stretch> {
        failures.into_iter().map(|failures| Stretch { failures, weight: 1.0 }).collect()
    }

    #[test]
    fn a_step_up_is_found_where_it_is() {
        let stepped = row((0..96).map(|at| if at < 66 { u64::from(at % 9 == 0) } else { 6 + at % 5 }));
        assert_eq!(step(&stepped), Some(Step { at: 66, before: 8, after: 240 }));
    }

    #[test]
    fn neither_a_burst_nor_a_rush_hour_nor_a_step_down_is_a_step_up() {
        let burst = row((0..96).map(|at| if (90..94).contains(&at) { 500 } else { at % 2 }));
        assert_eq!(step(&burst), None);
        let over = row((0..96).map(|at| if (40..60).contains(&at) { 9 } else { 1 }));
        assert_eq!(step(&over), None, "what is over is no regression");
        let down = row((0..96).map(|at| if at < 50 { 9 } else { 1 }));
        assert_eq!(step(&down), None);
        let twice = row((0..96).map(|at| if at < 50 { 5 } else { 10 }));
        assert_eq!(step(&twice), None, "less than three times as many");
        let busy = (0..96).map(|at| match at {
            ..50 => Stretch { failures: 1, weight: 100.0 },
            _ => Stretch { failures: 9, weight: 900.0 },
        });
        assert_eq!(step(&busy.collect::<Vec<_>>()), None, "nine times as many of nine times as many calls");
        assert_eq!(step(&row([0, 0, 0, 9, 9, 9, 9])), None, "too short to tell");
    }
}
