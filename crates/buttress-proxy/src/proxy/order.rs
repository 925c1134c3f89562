//! In which order origins are asked for one request.

use super::peers::Standing;

/// So many origins are compared at a time.
const WINDOW: usize = 8;

/// What costs no more than this many times the least may have its turn.
const ALIKE: f64 = 2.0;

/// The origins of `turns`, those first that are to be preferred.
///
/// Each is the one whose turn it is among the next few of those left, as far as they cost about the same: an order by cost alone
/// would send all requests to whichever origin was the quickest a moment ago. One that is due is asked before.
pub(super) struct Order<I, F> {
    turns: I,
    standing: F,
    window: [usize; WINDOW],
    length: usize,
}

impl<I: Iterator<Item = usize>, F: Fn(usize) -> Standing> Order<I, F> {
    pub(super) fn new(turns: I, standing: F) -> Self {
        Self { turns, standing, window: [0; WINDOW], length: 0 }
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
}

impl<I: Iterator<Item = usize>, F: Fn(usize) -> Standing> Iterator for Order<I, F> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.fill();
        let next = match &self.window[..self.length] {
            [] => return None,
            [_] => 0,
            left => {
                let mut standings = [Standing { cost: 0.0, is_due: false }; WINDOW];
                for (standing, origin) in standings.iter_mut().zip(left) {
                    *standing = (self.standing)(*origin);
                }
                preferred(&standings[..left.len()])
            }
        };
        let origin = self.window[next];
        self.window.copy_within(next + 1..self.length, next);
        self.length -= 1;
        Some(origin)
    }
}

fn preferred(standings: &[Standing]) -> usize {
    if let Some(due) = standings.iter().position(|standing| standing.is_due) {
        return due;
    }
    let least = standings.iter().map(|standing| standing.cost).fold(f64::INFINITY, f64::min);
    standings.iter().position(|standing| standing.cost <= least * ALIKE).unwrap_or(0)
}
