//! What has to hold, and whether it does.

use std::fmt;
use std::time::Duration;

use crate::measure::Figures;

/// What the clients have to see and the origins not to exceed while a fault lasts. All that is set has to hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bar {
    /// The share of requests that are answered well, at least.
    pub good: Option<f64>,
    /// Requests that are answered well in a second, as a share of what the origins can do, at least.
    pub goodput: Option<f64>,
    /// Requests that origins get per request of a client, at most.
    pub hits: Option<f64>,
    /// How many times the p99 from before the fault it may be.
    pub p99: Option<f64>,
    /// From the end of the fault until all goes well, at most.
    pub recovery: Option<Duration>,
    /// Requests that origins got more than once, at most.
    pub duplicates: Option<u64>,
}

/// A bar with nothing in it, to start from.
pub const NO_BAR: Bar =
    Bar { good: None, goodput: None, hits: None, p99: None, recovery: None, duplicates: None };

impl Bar {
    /// Whether the figures hold it. One that asks for what was not seen, such as a recovery that did not come, is missed.
    #[must_use]
    pub fn holds(&self, figures: &Figures) -> bool {
        let p99 = figures.during.p99.zip(figures.before.p99);
        at_least(Some(figures.during.good_share()), self.good)
            && at_least(figures.goodput, self.goodput)
            && at_most(Some(figures.hits), self.hits)
            && at_most(p99.map(|(during, before)| during.as_secs_f64() / before.as_secs_f64()), self.p99)
            && at_most(figures.recovery, self.recovery)
            && at_most(Some(figures.duplicates), self.duplicates)
    }
}

fn at_least<T: PartialOrd>(figure: Option<T>, bar: Option<T>) -> bool {
    bar.is_none_or(|bar| figure.is_some_and(|figure| figure >= bar))
}

fn at_most<T: PartialOrd>(figure: Option<T>, bar: Option<T>) -> bool {
    bar.is_none_or(|bar| figure.is_some_and(|figure| figure <= bar))
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.good.map(|share| format!("≥ {} %", rounded(share * 100.0))),
            self.goodput.map(|share| format!("goodput ≥ {} % of capacity", rounded(share * 100.0))),
            self.hits.map(|hits| format!("hits ≤ {hits}")),
            self.p99.map(|times| format!("p99 ≤ {times} × before")),
            self.recovery.map(|time| format!("recovery ≤ {:.1} s", time.as_secs_f64())),
            self.duplicates.map(|count| format!("duplicates ≤ {count}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// To a tenth, as the bars are written.
fn rounded(percent: f64) -> f64 {
    (percent * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Phase;

    fn figures() -> Figures {
        let phase = |p99| Phase { offered: 100, good: 97, p50: None, p99: Some(Duration::from_millis(p99)) };
        Figures {
            before: phase(10),
            during: phase(15),
            goodput: Some(0.95),
            hits: 1.25,
            recovery: Some(Duration::from_millis(300)),
            duplicates: 0,
            ..Figures::default()
        }
    }

    #[test]
    fn each_part_of_a_bar_is_held_by_what_is_just_enough_and_by_no_less() {
        let ms = Duration::from_millis;
        let parts = [
            (Bar { good: Some(0.97), ..NO_BAR }, Bar { good: Some(0.971), ..NO_BAR }),
            (Bar { goodput: Some(0.95), ..NO_BAR }, Bar { goodput: Some(0.951), ..NO_BAR }),
            (Bar { hits: Some(1.25), ..NO_BAR }, Bar { hits: Some(1.24), ..NO_BAR }),
            (Bar { p99: Some(1.5), ..NO_BAR }, Bar { p99: Some(1.4), ..NO_BAR }),
            (Bar { recovery: Some(ms(300)), ..NO_BAR }, Bar { recovery: Some(ms(299)), ..NO_BAR }),
        ];
        for (held, missed) in parts {
            assert!(held.holds(&figures()), "{held}");
            assert!(!missed.holds(&figures()), "{missed}");
            let both = Bar { duplicates: Some(0), ..missed };
            assert!(!both.holds(&figures()), "{both}");
        }
        let twice = Figures { duplicates: 1, ..figures() };
        assert!(!Bar { duplicates: Some(0), ..NO_BAR }.holds(&twice));
    }

    #[test]
    fn what_was_not_seen_holds_no_bar() {
        let unseen = Figures { recovery: None, goodput: None, before: Phase::default(), ..figures() };
        assert!(!Bar { recovery: Some(Duration::MAX), ..NO_BAR }.holds(&unseen));
        assert!(!Bar { p99: Some(f64::MAX), ..NO_BAR }.holds(&unseen));
        assert!(!Bar { goodput: Some(0.0), ..NO_BAR }.holds(&unseen));
    }
}
