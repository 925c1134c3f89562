//! In which order origins are asked for one request.

/// How an origin compares with others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    /// How many seconds it takes; `None` while that is not known, and it is taken for as quick as the quickest of the others.
    pub(super) takes: Option<f64>,
    /// What to multiply that with: more requests that it has, and less trust.
    pub(super) load: f64,
    /// How much of its share it is to get, above 0 and up to 1.
    pub(super) warmth: f64,
    /// Whether it is to be asked whatever it costs, to see how it is.
    pub(super) is_due: bool,
}

/// So many origins are compared at a time.
const WINDOW: usize = 8;

/// What costs no more than this many times the least has its turn. One request more at one of them, or a little more time, is no
/// reason to break the order; and one that hangs or is slow gets two or three requests until that shows.
const ALIKE: f64 = 2.0;

/// An origin that warms up has its turn in as many of these as its share says.
const CYCLES: usize = 10;

/// The origins of `turns`, those first that are to be preferred.
///
/// Each is the one whose turn it is among the next few of those left, as far as they cost about the same: an order by cost alone
/// would send all requests to whichever was the quickest a moment ago. One that is due comes before, and one that warms up lets
/// others go first in most cycles.
pub(super) struct Order<I, F> {
    turns: I,
    /// How often each of them has had its turn.
    cycle: usize,
    standing: F,
    window: [usize; WINDOW],
    length: usize,
}

impl<I: Iterator<Item = usize>, F: Fn(usize) -> Standing> Order<I, F> {
    pub(super) fn new(turns: I, cycle: usize, standing: F) -> Self {
        Self { turns, cycle, standing, window: [0; WINDOW], length: 0 }
    }

    fn fill(&mut self) {
        while self.length < WINDOW
            && let Some(origin) = self.turns.next()
        {
            if !self.window[..self.length].contains(&origin) {
                self.window[self.length] = origin;
                self.length += 1;
            }
        }
    }

    /// Which of those in the window is next.
    fn preferred(&self) -> Option<usize> {
        let left = &self.window[..self.length];
        if left.len() < 2 {
            return (!left.is_empty()).then_some(0);
        }
        let mut standings = [Standing { takes: None, load: 1.0, warmth: 1.0, is_due: false }; WINDOW];
        let standings = &mut standings[..left.len()];
        for (at, origin) in left.iter().enumerate() {
            standings[at] = (self.standing)(*origin);
            if standings[at].is_due {
                return Some(at);
            }
        }
        let least_of = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(f64::INFINITY, f64::min);
        let quickest = least_of(&mut standings.iter().filter_map(|standing| standing.takes));
        let quickest = if quickest.is_finite() { quickest } else { 1.0 };
        let cost = |standing: &Standing| standing.takes.unwrap_or(quickest) * standing.load;
        let least = least_of(&mut standings.iter().map(cost));
        let alike = || standings.iter().enumerate().filter(|(_, standing)| cost(standing) <= least * ALIKE);
        let warmest = alike().map(|(_, standing)| standing.warmth).fold(0.0, f64::max);
        let share = warmest * (self.cycle % CYCLES) as f64 / CYCLES as f64;
        let next = alike().find(|(_, standing)| standing.warmth > share);
        next.or_else(|| alike().next()).map(|(at, _)| at)
    }
}

impl<I: Iterator<Item = usize>, F: Fn(usize) -> Standing> Iterator for Order<I, F> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.fill();
        let at = self.preferred()?;
        let origin = self.window[at];
        self.window.copy_within(at + 1..self.length, at);
        self.length -= 1;
        Some(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Standing = Standing { takes: Some(0.01), load: 1.0, warmth: 1.0, is_due: false };

    /// The order in which `turns` are asked in the first cycle, where they stand like this by their number.
    fn order(turns: &[usize], standings: &[Standing]) -> Vec<usize> {
        Order::new(turns.iter().copied(), 0, |origin| standings[origin]).collect()
    }

    fn costs<const N: usize>(costs: [f64; N]) -> [Standing; N] {
        costs.map(|takes| Standing { takes: Some(takes), ..WELL })
    }

    #[test]
    fn those_that_cost_about_the_same_have_their_turns() {
        let alike = costs([0.01, 0.02, 0.015]);
        assert_eq!(order(&[0, 1, 2], &alike), [0, 1, 2]);
        assert_eq!(order(&[2, 0, 1], &alike), [2, 0, 1]);
        assert_eq!(order(&[1, 0, 1, 2], &alike), [1, 0, 2], "one that is named twice is asked once");
        assert!(order(&[], &[]).is_empty());
    }

    #[test]
    fn one_that_costs_much_more_comes_after_the_others() {
        assert_eq!(order(&[0, 1, 2], &costs([0.5, 0.01, 0.02])), [1, 2, 0]);
        assert_eq!(order(&[0, 1, 2], &costs([0.5, 0.4, 0.01])), [2, 0, 1], "those two are alike");
        assert_eq!(order(&[0, 1], &costs([f64::MAX, 0.0])), [1, 0]);
    }

    #[test]
    fn one_that_has_much_to_do_comes_after_the_others() {
        let busy = Standing { load: 3.0, ..WELL };
        assert_eq!(order(&[0, 1, 2], &[busy, WELL, WELL]), [1, 2, 0]);
        assert_eq!(order(&[0, 1], &[Standing { load: 2.0, ..WELL }, WELL]), [0, 1], "one more is no matter");
        assert_eq!(order(&[0, 1], &[busy, Standing { takes: Some(0.02), ..WELL }]), [0, 1]);
    }

    #[test]
    fn one_of_which_nothing_is_known_is_as_quick_as_the_others_and_no_quicker() {
        let new = Standing { takes: None, ..WELL };
        assert_eq!(order(&[0, 1, 2], &[WELL, WELL, new]), [0, 1, 2]);
        assert_eq!(order(&[2, 0, 1], &[WELL, WELL, new]), [2, 0, 1]);
        assert_eq!(
            order(&[0, 1], &[Standing { takes: Some(1.0), ..WELL }, Standing { load: 3.0, ..new }]),
            [0, 1]
        );
        assert_eq!(order(&[1, 0], &[new, new]), [1, 0]);
    }

    #[test]
    fn one_that_is_due_comes_first_whatever_it_costs() {
        let mut standings = costs([0.01, 0.01, 9.0]);
        standings[2].is_due = true;
        assert_eq!(order(&[0, 1, 2], &standings), [2, 0, 1]);
    }

    #[test]
    fn one_that_warms_up_has_its_turn_in_as_many_cycles_as_it_is_warm() {
        for (warmth, turns) in [(0.1, 1), (0.35, 4), (1.0, 10)] {
            let standings = [Standing { warmth, ..WELL }, WELL];
            let first = |cycle| Order::new([0, 1].into_iter(), cycle, |origin| standings[origin]).next();
            let cycles = (0..CYCLES).filter(|cycle| first(*cycle) == Some(0)).count();
            assert_eq!(cycles, turns, "{warmth}");
        }
        // No more than another is.
        let dear = [Standing { takes: Some(1.0), ..WELL }, Standing { warmth: 0.1, ..WELL }];
        assert!(
            (0..CYCLES).all(|cycle| Order::new([0, 1].into_iter(), cycle, |at| dear[at]).next() == Some(1))
        );
        let cold = [Standing { warmth: 0.1, ..WELL }; 2];
        assert!(
            (0..CYCLES).all(|cycle| Order::new([0, 1].into_iter(), cycle, |at| cold[at]).next() == Some(0))
        );
    }

    #[test]
    fn of_many_each_is_asked_once() {
        let turns: Vec<_> = (0..100).collect();
        let dear_at_first: Vec<_> =
            (0..100).map(|at| Standing { load: 100.0 / f64::from(at + 1), ..WELL }).collect();
        let mut asked = order(&turns, &dear_at_first);
        assert_ne!(asked, turns);
        asked.sort_unstable();
        assert_eq!(asked, turns);
    }
}
