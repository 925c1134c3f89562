//! Which origin misbehaves in which second, and how.

use std::fmt;
use std::time::Duration;

use super::DemoError;
use super::load::RATE;

/// The shortest demo in which each breaker has time to open, to probe and to close again.
pub(super) const MINIMUM: Duration = Duration::from_secs(12);

/// Calm seconds after the last fault at least: the preset's breaker stays open for up to a
/// second, and its last failing probe may take the attempt timeout.
const RECOVERY: u64 = 2;

/// What the three origins are called, in the order of the faults.
pub(super) const NAMES: [&str; 3] = ["a", "b", "c"];

/// The faults in the order in which they happen; the n-th befalls the n-th origin.
const FAULTS: [Behaviour; 3] = [Behaviour::Answers503, Behaviour::Refuses, Behaviour::Hangs];

/// How an origin treats whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Answers 200 with the whole body.
    Well,
    /// Answers 503 at once.
    Answers503,
    /// Nobody listens on its port.
    Refuses,
    /// Accepts the connection, reads the request and says nothing.
    Hangs,
}

/// One origin's misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Index of the origin.
    pub(super) origin: usize,
    pub(super) behaviour: Behaviour,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.behaviour {
            Behaviour::Well => "is well",
            Behaviour::Answers503 => "answers 503",
            Behaviour::Refuses => "refuses connections",
            Behaviour::Hangs => "never answers",
        };
        write!(f, "{} {what}", NAMES[self.origin])
    }
}

/// The plan of one demo: calm, fault, calm, fault, calm, fault, calm. A calm stretch takes a tenth
/// of the length, a fault a third of what is left, all in whole seconds so that each second is
/// either faulty or healthy from end to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    length: Duration,
}

impl Schedule {
    /// # Errors
    ///
    /// When `length` is under [`MINIMUM`].
    pub(super) fn new(length: Duration) -> Result<Self, DemoError> {
        if length < MINIMUM { Err(DemoError::TooShort { length }) } else { Ok(Self { length }) }
    }

    pub(super) fn length(&self) -> Duration {
        self.length
    }

    /// Requests that arrive in that time.
    pub(super) fn requests(&self) -> u64 {
        (self.length.as_secs_f64() * RATE as f64) as u64
    }

    /// The fault that fills `second`, the first one being 1.
    pub(super) fn fault_in(&self, second: u64) -> Option<Fault> {
        let length = self.length.as_secs();
        let calm = length / 10;
        let fault = (length - 3 * calm - calm.max(RECOVERY)) / 3;
        FAULTS.iter().enumerate().find_map(|(origin, &behaviour)| {
            let before = calm + (fault + calm) * origin as u64;
            (before + 1..=before + fault).contains(&second).then_some(Fault { origin, behaviour })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(seconds: u64) -> Vec<Option<usize>> {
        let schedule = Schedule::new(Duration::from_secs(seconds)).unwrap();
        (1..=seconds).map(|second| schedule.fault_in(second).map(|fault| fault.origin)).collect()
    }

    #[test]
    fn thirty_seconds_are_six_of_each_fault_with_three_calm_ones_around() {
        let planned = faults(30);
        let mut expected = vec![None; 3];
        for origin in 0..3 {
            expected.extend([Some(origin); 6]);
            expected.extend([None; 3]);
        }
        assert_eq!(planned, expected);
    }

    #[test]
    fn every_length_gives_each_fault_two_seconds_and_the_last_one_two_calm_ones_after_it() {
        for seconds in 12..=200 {
            let planned = faults(seconds);
            for origin in 0..3 {
                let filled = planned.iter().filter(|fault| **fault == Some(origin)).count();
                assert!(filled >= 2, "{seconds} s: origin {origin} fails for {filled} s");
            }
            let calm_between = planned.windows(2).all(|pair| match pair {
                [Some(before), Some(after)] => before == after,
                _ => true,
            });
            assert!(calm_between, "{seconds} s: {planned:?}");
            assert_eq!(planned[0], None, "{seconds} s");
            assert!(planned.ends_with(&[None, None]), "{seconds} s: {planned:?}");
        }
    }

    #[test]
    fn a_length_under_the_minimum_is_refused_with_both_numbers() {
        let error = Schedule::new(Duration::from_secs(3)).unwrap_err();
        assert_eq!(error.to_string(), "a demo of 3s is too short to show three faults, the shortest is 12s");
    }
}
