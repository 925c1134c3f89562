//! Which origin misbehaves in which second, and how.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::DemoError;
use super::load::RATE;

/// The shortest demo in which the trouble lasts long enough to see the flapping origin go and come back.
pub(super) const MINIMUM: Duration = Duration::from_secs(14);

/// Seconds of the outage and of the calm behind it at least: the preset's breaker stays open for up to a second, and its
/// last failing probe may take the attempt timeout.
const SHORTEST: u64 = 2;

/// How long the flapping origin is down, and then up, in seconds.
const FLAP: u64 = 2;

/// What the origins are called.
pub(super) const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// How an origin treats whoever calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Answers 200 with the whole body.
    Well,
    /// Answers 503 at once.
    Answers503,
    /// Nobody listens on its port.
    Refuses,
    /// As well, but only after [`SLOW`](super::origins::SLOW).
    Slow,
}

/// What the origins are in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// All of them are well.
    Calm,
    /// One fails at once, one comes and goes, one is slow, and the last one is well.
    Trouble {
        /// Whether the one that comes and goes is there.
        flapper_is_up: bool,
    },
    /// All of them are well again.
    Recovery,
    /// All of them answer 503.
    Outage,
}

/// The seconds that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stretch {
    /// Nothing was wrong so far.
    Calm,
    /// Three of four origins are in trouble.
    Trouble,
    /// They are well again.
    Recovery,
    /// All of them fail.
    Outage,
    /// They are well again after that.
    Return,
}

impl Phase {
    /// How the origin of that index behaves meanwhile.
    pub(super) fn behaviour_of(self, origin: usize) -> Behaviour {
        match (self, origin) {
            (Self::Outage, _) | (Self::Trouble { .. }, 0) => Behaviour::Answers503,
            (Self::Trouble { flapper_is_up: false }, 1) => Behaviour::Refuses,
            (Self::Trouble { .. }, 2) => Behaviour::Slow,
            _ => Behaviour::Well,
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Calm => "all well",
            Self::Trouble { flapper_is_up: false } => "a 503, b down, c slow",
            Self::Trouble { flapper_is_up: true } => "a 503, b up, c slow",
            Self::Recovery => "all well again",
            Self::Outage => "all answer 503",
        })
    }
}

/// The plan of one demo: calm, trouble, recovery, outage, return. Calm, outage and return take a tenth of the length each,
/// trouble half of what is left and recovery the other, all in whole seconds so that the origins behave the same from the
/// beginning of each second to its end.
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

    /// The stretch that `second` belongs to, the first one being 1, and how the origins are then.
    pub(super) fn in_second(&self, second: u64) -> (Stretch, Phase) {
        let length = self.length.as_secs();
        let calm = length / 10;
        let outage = calm.max(SHORTEST);
        let rest = length - calm - 2 * outage;
        let trouble = rest / 2;
        let into_trouble = second.saturating_sub(calm + 1);
        if second <= calm {
            (Stretch::Calm, Phase::Calm)
        } else if second <= calm + trouble {
            (Stretch::Trouble, Phase::Trouble { flapper_is_up: into_trouble / FLAP % 2 == 1 })
        } else if second <= calm + rest {
            (Stretch::Recovery, Phase::Recovery)
        } else if second <= calm + rest + outage {
            (Stretch::Outage, Phase::Outage)
        } else {
            (Stretch::Return, Phase::Recovery)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRETCHES: [Stretch; 5] =
        [Stretch::Calm, Stretch::Trouble, Stretch::Recovery, Stretch::Outage, Stretch::Return];

    fn planned(seconds: u64) -> Vec<(Stretch, Phase)> {
        let schedule = Schedule::new(Duration::from_secs(seconds)).unwrap();
        (1..=seconds).map(|second| schedule.in_second(second)).collect()
    }

    #[test]
    fn thirty_seconds_are_three_calm_ten_of_trouble_eleven_of_recovery_three_of_outage_and_three_behind() {
        let mut expected = vec![(Stretch::Calm, Phase::Calm); 3];
        for flapper_is_up in [false, true, false, true, false] {
            expected.extend([(Stretch::Trouble, Phase::Trouble { flapper_is_up }); 2]);
        }
        expected.extend([(Stretch::Recovery, Phase::Recovery); 11]);
        expected.extend([(Stretch::Outage, Phase::Outage); 3]);
        expected.extend([(Stretch::Return, Phase::Recovery); 3]);
        assert_eq!(planned(30), expected);
    }

    #[test]
    fn every_length_has_all_stretches_in_their_order_and_the_flapper_down_and_up() {
        for seconds in MINIMUM.as_secs()..=200 {
            let planned = planned(seconds);
            assert!(planned.is_sorted_by_key(|(stretch, _)| *stretch), "{seconds} s");
            for stretch in STRETCHES {
                let filled = planned.iter().filter(|(planned, _)| *planned == stretch).count();
                let least = if stretch == Stretch::Calm { 1 } else { 2 };
                assert!(filled >= least, "{seconds} s: {filled} s of {stretch:?}");
            }
            for flapper_is_up in [false, true] {
                let trouble = (Stretch::Trouble, Phase::Trouble { flapper_is_up });
                assert!(planned.contains(&trouble), "{seconds} s: {trouble:?}");
            }
        }
    }

    #[test]
    fn a_length_under_the_minimum_is_refused_with_both_numbers() {
        let error = Schedule::new(Duration::from_secs(3)).unwrap_err();
        assert_eq!(error.to_string(), "a demo of 3s is too short to show its faults, the shortest is 14s");
    }
}
