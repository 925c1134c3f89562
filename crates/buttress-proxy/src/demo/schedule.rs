//! Which origin misbehaves in which second, and how.

use std::fmt;
use std::time::Duration;

use super::DemoError;
use super::load::RATE;

/// The shortest demo in which each breaker has time to open, to probe and to close again.
pub(super) const MINIMUM: Duration = Duration::from_secs(14);

/// Calm seconds after the last fault at least: the preset's breaker stays open for up to a
/// second, and its last failing probe may take the attempt timeout.
const RECOVERY: u64 = 2;

/// Seconds of the outage at least, as of any other fault.
const SHORTEST: u64 = 2;

/// What the three origins are called, in the order of the faults.
pub(super) const NAMES: [&str; 3] = ["a", "b", "c"];

/// How the origins fail one after the other; behind that, all of them do at once.
const FAULTS: [Behaviour; NAMES.len()] = [Behaviour::Answers503, Behaviour::Refuses, Behaviour::Hangs];

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

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// One origin misbehaves.
    Of {
        /// Its index.
        origin: usize,
        behaviour: Behaviour,
    },
    /// All origins answer 503.
    Outage,
}

impl Fault {
    /// How the origin of that index behaves meanwhile.
    pub(super) fn behaviour_of(self, origin: usize) -> Behaviour {
        match self {
            Self::Of { origin: befallen, behaviour } if befallen == origin => behaviour,
            Self::Of { .. } => Behaviour::Well,
            Self::Outage => Behaviour::Answers503,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Of { origin, behaviour } = self else { return f.write_str("all answer 503") };
        let what = match behaviour {
            Behaviour::Well => "is well",
            Behaviour::Answers503 => "answers 503",
            Behaviour::Refuses => "refuses connections",
            Behaviour::Hangs => "never answers",
        };
        write!(f, "{} {what}", NAMES[*origin])
    }
}

/// The plan of one demo: calm, fault, calm, fault, calm, fault, calm, outage, calm. A calm stretch and
/// the outage take a tenth of the length each, a fault a third of what is left, all in whole seconds so
/// that each second is either faulty or healthy from end to end.
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
        let outage = calm.max(SHORTEST);
        let fault = (length - 4 * calm - outage - calm.max(RECOVERY)) / FAULTS.len() as u64;
        let one_by_one = FAULTS.iter().enumerate();
        let mut faults: Vec<_> =
            one_by_one.map(|(origin, &behaviour)| (Fault::Of { origin, behaviour }, fault)).collect();
        faults.push((Fault::Outage, outage));
        let mut before = 0;
        faults.into_iter().find_map(|(fault, seconds)| {
            before += calm;
            let happens = (before + 1..=before + seconds).contains(&second);
            before += seconds;
            happens.then_some(fault)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(seconds: u64) -> Vec<Option<Fault>> {
        let schedule = Schedule::new(Duration::from_secs(seconds)).unwrap();
        (1..=seconds).map(|second| schedule.fault_in(second)).collect()
    }

    fn all_faults() -> Vec<Fault> {
        let one_by_one = FAULTS.iter().enumerate();
        let mut faults: Vec<_> =
            one_by_one.map(|(origin, &behaviour)| Fault::Of { origin, behaviour }).collect();
        faults.push(Fault::Outage);
        faults
    }

    #[test]
    fn thirty_seconds_are_four_of_each_fault_three_of_outage_and_three_calm_ones_around() {
        let mut expected = vec![None; 3];
        for fault in all_faults() {
            expected.extend(vec![Some(fault); if fault == Fault::Outage { 3 } else { 4 }]);
            expected.extend([None; 3]);
        }
        assert_eq!(faults(30), expected);
    }

    #[test]
    fn every_length_gives_each_fault_two_seconds_and_the_last_one_two_calm_ones_after_it() {
        for seconds in MINIMUM.as_secs()..=200 {
            let planned = faults(seconds);
            for fault in all_faults() {
                let filled = planned.iter().filter(|planned| **planned == Some(fault)).count();
                assert!(filled >= 2, "{seconds} s: {fault} for {filled} s");
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
        assert_eq!(error.to_string(), "a demo of 3s is too short to show its faults, the shortest is 14s");
    }
}
