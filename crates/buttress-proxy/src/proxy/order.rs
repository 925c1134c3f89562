//! In which order origins are asked for one request.

/// How an origin compares with others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    /// What it costs to ask it, in seconds: how long it takes, once for each request that it has, and more if it fails.
    pub(super) cost: f64,
    /// How much of its share it is to get, above 0 and up to 1.
    pub(super) warmth: f64,
    /// Whether it is to be asked whatever it costs, to see how it is.
    pub(super) is_due: bool,
}

/// So many origins are compared at a time.
const WINDOW: usize = 8;

/// What costs no more than this many times the least has its turn. One request more at one of them, or a little more time, is no
/// reason to break the order; and one that hangs or is slow gets two or three requests until that shows.
const ALIKE: f64 = 2.5;

/// An origin that warms up has its turn in as many of these as its share says.
const CYCLES: usize = 10;

/// The origins of `turns`, those first that are to be preferred.
///
/// Each is the one whose turn it is among the next few of those left, as far as they cost about the same: an order by cost alone
/// would send all requests to whichever was the quickest a moment ago. One that is due comes before.
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
        let mut standings = [Standing { cost: 0.0, warmth: 0.0, is_due: false }; WINDOW];
        let standings = &mut standings[..left.len()];
        for (at, origin) in left.iter().enumerate() {
            standings[at] = (self.standing)(*origin);
            if standings[at].is_due {
                return Some(at);
            }
        }
        let warmest = standings.iter().map(|standing| standing.warmth).fold(0.0, f64::max);
        let cycle = (self.cycle % CYCLES) as f64 / CYCLES as f64;
        let warm = || standings.iter().enumerate().filter(|(_, standing)| standing.warmth > cycle * warmest);
        let least = warm().map(|(_, standing)| standing.cost).fold(f64::INFINITY, f64::min);
        warm().find(|(_, standing)| standing.cost <= least * ALIKE).map(|(at, _)| at).or(Some(0))
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
