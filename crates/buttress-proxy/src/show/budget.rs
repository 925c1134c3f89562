//! What remains of the error budget, and how fast it goes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Deserialize;

use crate::terminal::words::{count, fine_percent, grouped, percent, seconds};
use crate::terminal::{Cell, Ink, Screen};

/// Cells of the bar that shows what is left.
const BAR: usize = 40;

/// The budgets by name.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Budgets {
    #[serde(default)]
    error_budgets: BTreeMap<String, Budget>,
}

#[derive(Debug, Deserialize)]
struct Budget {
    level: String,
    objectives: BTreeMap<String, Objective>,
}

#[derive(Debug, Deserialize)]
struct Objective {
    objective: f64,
    window: f64,
    slower_than: Option<f64>,
    total: u64,
    bad: u64,
    allowed: f64,
    remaining: f64,
    availability: Option<f64>,
    exhausted: bool,
    low: bool,
    #[serde(default)]
    burn: Vec<Burn>,
    percentiles: Option<Percentiles>,
}

#[derive(Debug, Deserialize)]
struct Burn {
    long: f64,
    short: f64,
    threshold: f64,
    long_rate: Option<f64>,
    short_rate: Option<f64>,
    volume: u64,
    firing: bool,
}

#[derive(Debug, Deserialize)]
struct Percentiles {
    p50: f64,
    p95: f64,
    p99: f64,
}

impl Budgets {
    pub(crate) fn is_exhausted(&self) -> bool {
        self.error_budgets.values().flat_map(|budget| budget.objectives.values()).any(|one| one.exhausted)
    }

    pub(crate) fn show(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        for Budget { level, objectives } in self.error_budgets.values() {
            for (name, objective) in objectives {
                objective.show(name, screen)?;
            }
            if level != "normal" {
                let ink = if level == "careful" { Ink::Yellow } else { Ink::Red };
                screen.line(format_args!("\nlevel: {}", screen.paint.with(ink, level)))?;
            }
        }
        Ok(())
    }

    /// A line for each objective.
    pub(crate) fn summarize(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        for (name, objective) in self.error_budgets.values().flat_map(|budget| &budget.objectives) {
            let left = screen.paint.with(objective.ink(), objective.left());
            screen.line(format_args!("Error budget {name}: {left} of {}.", objective.promise()))?;
        }
        Ok(())
    }
}

impl Objective {
    fn ink(&self) -> Ink {
        match (self.exhausted, self.low) {
            (true, _) => Ink::Red,
            (_, true) => Ink::Yellow,
            _ => Ink::Green,
        }
    }

    fn left(&self) -> String {
        if self.exhausted { "nothing left".to_owned() } else { format!("{} left", percent(self.remaining)) }
    }

    /// `99.9 % of the requests in 30 d to be well`.
    fn promise(&self) -> String {
        let window = seconds(self.window).unwrap_or_else(|| "its window".to_owned());
        format!("{} of the requests in {window} to be well", exact_percent(self.objective))
    }

    fn show(&self, name: &str, screen: &mut Screen<impl Write>) -> io::Result<()> {
        let heading = screen.paint.with(Ink::Bold, format_args!("{name}: {}", self.promise()));
        screen.line(heading)?;
        if let Some(limit) = self.slower_than.and_then(seconds) {
            screen.line(format_args!("  to be well, an answer has to begin within {limit}"))?;
        }
        let left = self.remaining.clamp(0.0, 1.0);
        let cells = (left * BAR as f64).floor() as usize;
        let (bar, rest) = ("█".repeat(cells), "░".repeat(BAR - cells));
        let left = self.left();
        screen.line(format_args!("  {}{rest}  {left}", screen.paint.with(self.ink(), bar)))?;
        let failed = format!(
            "  {} of {} failed; {} may",
            grouped(self.bad),
            count(self.total, "request"),
            grouped(self.allowed.max(0.0) as u64),
        );
        let well = self
            .availability
            .map_or_else(String::new, |share| format!("; {} were well", fine_percent(share)));
        screen.line(format_args!("{failed}{well}"))?;
        if let Some(Percentiles { p50, p95, p99 }) = self.percentiles {
            let said = [("half", p50), ("95 %", p95), ("99 %", p99)]
                .map(|(share, limit)| format!("{share} within {}", seconds(limit).unwrap_or_default()));
            screen.line(format_args!("  answers began: {}", said.join(", ")))?;
        }
        self.burn(screen)
    }

    fn burn(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        if self.burn.is_empty() {
            return Ok(());
        }
        screen.heading("Burn rate (1 uses all of it up in one window)")?;
        let rate = |rate: Option<f64>| rate.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.1}"));
        let rows = self.burn.iter().map(|burn| {
            let over = |time: f64| seconds(time).unwrap_or_default();
            let (state, ink) = if burn.firing { ("burning", Some(Ink::Red)) } else { ("quiet", None) };
            [
                Cell::text(format_args!("{} and {}", over(burn.long), over(burn.short))),
                Cell::number(rate(burn.long_rate)),
                Cell::number(rate(burn.short_rate)),
                Cell::number(burn.threshold),
                Cell::number(grouped(burn.volume)),
                Cell::text(state).ink(ink),
            ]
        });
        screen.table(["over", "long", "short", "alert from", "requests", ""], rows.collect())
    }
}

/// A promise with as many digits as it has.
fn exact_percent(share: f64) -> String {
    let text = format!("{:.6}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_has_as_many_digits_as_it_has() {
        for (share, said) in [(0.999, "99.9 %"), (0.9999, "99.99 %"), (1.0, "100 %"), (0.95, "95 %")] {
            assert_eq!(exact_percent(share), said);
        }
    }
}
