//! The figures of one run.

use std::ops::Range;
use std::time::Duration;

use crate::load::Ended;
use crate::origin::{Part, Stage};

/// How fine the course of a run is drawn, and a recovery measured.
pub const BIN: Duration = Duration::from_millis(100);

/// Requests that started later than this after they were due, or more of them than one in a hundred, are the clients'
/// own lag and no longer the program's: there is nothing to report then.
pub const LARGEST_LAG: Duration = Duration::from_millis(20);

/// The share of requests that must be answered well while all is well.
const WELL: f64 = 0.99;

/// How much is offered, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Requests that become due in a second.
    pub rate: u32,
    /// How many times as many become due while the fault lasts.
    pub surge: u32,
    /// Requests that all origins can answer in a second, if that is limited.
    pub capacity: Option<f64>,
    /// While all is well, before the fault.
    pub before: Duration,
    /// While the fault lasts.
    pub during: Duration,
    /// While all is well again.
    pub after: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self { rate: 400, surge: 1, capacity: None, before: secs(3), during: secs(10), after: secs(5) }
    }
}

impl Plan {
    /// When a request is due, from the start.
    #[must_use]
    pub fn due(&self, index: u64) -> Duration {
        let rate = f64::from(self.rate);
        let after = |earlier: u64, rate: f64| Duration::from_secs(1).mul_f64((index - earlier) as f64 / rate);
        let Range { start, end } = self.requests(Part::During);
        match self.part(index) {
            Part::Before => after(0, rate),
            Part::During => self.before + after(start, rate * f64::from(self.surge)),
            Part::After => self.before + self.during + after(end, rate),
        }
    }

    /// The requests of that part.
    #[must_use]
    pub fn requests(&self, part: Part) -> Range<u64> {
        let within = |time: Duration| (time.as_secs_f64() * f64::from(self.rate)).round() as u64;
        let fault = within(self.before);
        let well = fault + within(self.during) * u64::from(self.surge);
        match part {
            Part::Before => 0..fault,
            Part::During => fault..well,
            Part::After => well..well + within(self.after),
        }
    }

    /// How many requests there are in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.requests(Part::After).end
    }

    /// The part to which a request belongs.
    #[must_use]
    pub fn part(&self, index: u64) -> Part {
        let in_part = |part: &Part| self.requests(*part).contains(&index);
        [Part::Before, Part::During].into_iter().find(in_part).unwrap_or(Part::After)
    }
}

/// What clients and origins saw.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// While all was well.
    pub before: Phase,
    /// While the fault lasted.
    pub during: Phase,
    /// While all was well again.
    pub after: Phase,
    /// Answers in a second that were good and came while the fault lasted, as a share of what the origins can do, if that is
    /// limited.
    pub goodput: Option<f64>,
    /// Requests that origins got per request of a client while the fault lasted.
    pub hits: f64,
    /// From the end of the fault until all went well; `None` if it did not.
    pub recovery: Option<Duration>,
    /// POSTs that came to the origins more than once.
    pub duplicates: u64,
    /// How much later than due one request in a hundred started at least.
    pub lag: Duration,
    /// The course of each part, by [`BIN`].
    pub bins: [Vec<Bin>; 3],
}

/// What clients saw in one part of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Phase {
    /// Requests.
    pub offered: u64,
    /// Those answered well.
    pub good: u64,
    /// From the instant a request was due to the last byte, to the error, or to the end of the client's patience.
    pub p50: Option<Duration>,
    /// One in a hundred took longer.
    pub p99: Option<Duration>,
}

/// Requests that were due in one [`BIN`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// How many.
    pub offered: u32,
    /// Those answered well.
    pub good: u32,
}

impl Phase {
    /// The share of requests that were answered well; of none, nothing went wrong.
    #[must_use]
    pub fn good_share(&self) -> f64 {
        if self.offered == 0 { 1.0 } else { self.good as f64 / self.offered as f64 }
    }

    fn of(ended: &[Ended]) -> Self {
        let mut took: Vec<_> = ended.iter().map(|ended| ended.took).collect();
        let good = ended.iter().filter(|ended| ended.good).count() as u64;
        let p50 = percentile(&mut took, 50);
        Self { offered: ended.len() as u64, good, p50, p99: percentile(&mut took, 99) }
    }
}

impl Figures {
    /// Of all requests of a run.
    #[must_use]
    pub fn of(plan: &Plan, mut ended: Vec<Ended>, stage: &Stage) -> Self {
        ended.sort_unstable_by_key(|ended| ended.index);
        let part = |part| {
            let Range { start, end } = plan.requests(part);
            let from = ended.partition_point(|ended| ended.index < start);
            &ended[from..ended.partition_point(|ended| ended.index < end)]
        };
        let [before, during, after] = [Part::Before, Part::During, Part::After].map(part);
        let course = |ended: &[Ended], begins: Duration| bins(plan, ended, begins);
        let after_bins = course(after, plan.before + plan.during);
        let mut lags: Vec<_> = ended.iter().map(|ended| ended.lag).collect();
        Self {
            before: Phase::of(before),
            during: Phase::of(during),
            after: Phase::of(after),
            goodput: plan
                .capacity
                .map(|capacity| good_meanwhile(plan, &ended) as f64 / plan.during.as_secs_f64() / capacity),
            hits: stage.hits(Part::During) as f64 / (during.len().max(1)) as f64,
            recovery: recovery(&after_bins),
            duplicates: stage.duplicates(),
            lag: percentile(&mut lags, 99).unwrap_or_default(),
            bins: [course(before, Duration::ZERO), course(during, plan.before), after_bins],
        }
    }

    /// Why nothing follows from these figures, if that is so.
    #[must_use]
    pub fn doubt(&self) -> Option<String> {
        if self.lag > LARGEST_LAG {
            let (lag, largest) = (self.lag.as_millis(), LARGEST_LAG.as_millis());
            return Some(format!(
                "the clients lagged by {lag} ms, more than {largest} ms: the machine is busy"
            ));
        }
        let well = self.before.good_share();
        let percent = well * 100.0;
        (well < WELL).then(|| format!("{percent:.1} % were answered well before there was any fault"))
    }
}

/// How many good answers came while the fault lasted. One that came later is no work of that time.
fn good_meanwhile(plan: &Plan, ended: &[Ended]) -> usize {
    let meanwhile = plan.before..plan.before + plan.during;
    let came = |ended: &&Ended| meanwhile.contains(&(plan.due(ended.index) + ended.took));
    ended.iter().filter(|ended| ended.good).filter(came).count()
}

fn bins(plan: &Plan, ended: &[Ended], begins: Duration) -> Vec<Bin> {
    let mut bins: Vec<Bin> = Vec::new();
    for ended in ended {
        let bin = (plan.due(ended.index).saturating_sub(begins).as_nanos() / BIN.as_nanos()) as usize;
        if bins.len() <= bin {
            bins.resize(bin + 1, Bin::default());
        }
        bins[bin].offered += 1;
        bins[bin].good += u32::from(ended.good);
    }
    bins
}

/// Until the first bin from which on all goes well.
fn recovery(after: &[Bin]) -> Option<Duration> {
    let bad = after.iter().rposition(|bin| bin.good < bin.offered).map_or(0, |last| last + 1);
    (bad < after.len()).then(|| BIN * bad as u32)
}

/// By nearest rank: that many in a hundred took at most so long.
fn percentile(durations: &mut [Duration], percent: usize) -> Option<Duration> {
    let rank = (durations.len() * percent).div_ceil(100).checked_sub(1)?;
    Some(*durations.select_nth_unstable(rank).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn plan() -> Plan {
        Plan { rate: 100, surge: 1, capacity: None, before: 200 * MS, during: 300 * MS, after: 500 * MS }
    }

    /// One request every 10 ms; those in `bad` went wrong and took long.
    fn figures(bad: &[(u64, u64)]) -> Figures {
        let ended = (0..plan().total()).rev().map(|index| {
            let good = !bad.iter().any(|&(from, to)| (from..to).contains(&index));
            Ended { index, lag: MS, took: if good { 5 * MS } else { 1000 * MS }, good }
        });
        Figures::of(&plan(), ended.collect(), &Stage::default())
    }

    #[test]
    fn every_request_belongs_to_one_part_and_to_the_bin_in_which_it_was_due() {
        let figures = figures(&[(20, 25)]);
        let offered = [&figures.before, &figures.during, &figures.after].map(|phase| phase.offered);
        assert_eq!(offered, [20, 30, 50]);
        assert_eq!((figures.before.good, figures.during.good, figures.after.good), (20, 25, 50));
        assert_eq!(figures.bins.each_ref().map(Vec::len), [2, 3, 5]);
        assert_eq!(figures.bins[1][0], Bin { offered: 10, good: 5 });
        assert_eq!(figures.bins[1][1], Bin { offered: 10, good: 10 });
        for (index, part) in [(0, Part::Before), (19, Part::Before), (20, Part::During), (50, Part::After)] {
            assert_eq!(plan().part(index), part);
        }
    }

    #[test]
    fn a_surge_is_over_with_the_fault_and_what_was_answered_is_held_against_what_the_origins_can() {
        let plan = Plan { surge: 3, capacity: Some(200.0), ..plan() };
        assert_eq!(
            [Part::Before, Part::During, Part::After].map(|part| plan.requests(part)),
            [0..20, 20..110, 110..160]
        );
        let due = [0, 19, 20, 109, 110, 159].map(|index| plan.due(index).as_millis());
        assert_eq!(due, [0, 190, 200, 496, 500, 990]);
        let ended = (0..plan.total()).map(|index| Ended { index, lag: MS, took: MS, good: index % 2 == 0 });
        let figures = Figures::of(&plan, ended.collect(), &Stage::default());
        assert_eq!(figures.goodput, Some(45.0 / 0.3 / 200.0));
        let late = (0..plan.total()).map(|index| Ended { index, lag: MS, took: 100 * MS, good: true });
        let figures = Figures::of(&plan, late.collect(), &Stage::default());
        assert_eq!(figures.during.good, 90);
        assert_eq!(figures.goodput, Some(70.0 / 0.3 / 200.0), "60 of its own, and 10 from before");
        assert_eq!(figures.bins.each_ref().map(Vec::len), [2, 3, 5]);
    }

    #[test]
    fn latencies_are_by_nearest_rank_and_those_of_failures_count() {
        let during = figures(&[(20, 21)]).during;
        assert_eq!((during.p50, during.p99), (Some(5 * MS), Some(1000 * MS)));
        assert_eq!(Phase::of(&[]).p99, None);
    }

    #[test]
    fn recovery_is_the_first_bin_after_which_nothing_goes_wrong() {
        assert_eq!(figures(&[(20, 50)]).recovery, Some(Duration::ZERO));
        assert_eq!(figures(&[(20, 51)]).recovery, Some(100 * MS));
        assert_eq!(figures(&[(20, 51), (79, 80)]).recovery, Some(300 * MS));
        assert_eq!(figures(&[(20, 100)]).recovery, None);
    }

    #[test]
    fn nothing_follows_from_a_run_that_was_not_well_or_whose_clients_lagged() {
        assert_eq!(figures(&[(20, 50)]).doubt(), None);
        assert!(figures(&[(0, 1)]).doubt().is_some(), "5 % went wrong before the fault");
        assert!(Figures { lag: LARGEST_LAG + MS, ..figures(&[]) }.doubt().is_some());
    }
}
